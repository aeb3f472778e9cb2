"""From the body of POST /senders/alias to an application (contract section 5, "Senders").

Owns: the shape of that body. The country and the sender are needed, the texts for whoever decides
are not.
"""

from typing import Final

import msgspec

from staffetta.api.json_bodies import InvalidField
from staffetta.api.v2.fields import Fields, decode
from staffetta.compliance.decide_sender import is_country
from staffetta.compliance.register_sender import SenderApplication
from staffetta.domain.errors import InvalidSender
from staffetta.domain.senders import parse_sender

RELATIONSHIP_CHARACTERS_MAX: Final = 60
TEXT_CHARACTERS_MAX: Final = 500


class SenderBody(msgspec.Struct, rename="camel"):
    """The body of POST /senders/alias."""

    country_code: str
    sender: str
    traffic_type: str | None = None
    company_website: str | None = None
    industry: str | None = None
    sender_company_relationship: str | None = None


_DECODER: Final = msgspec.json.Decoder(SenderBody)
_COUNTRY: Final = 'a country by its ISO 3166 code, like "IT"'
_FIELDS: Final[Fields] = {
    "countryCode": (str, True, _COUNTRY),
    "sender": (str, True, "a string, the sender to be approved"),
    "trafficType": (str, False, "a string"),
    "companyWebsite": (str, False, "a string"),
    "industry": (str, False, "a string"),
    "senderCompanyRelationship": (str, False, "a string"),
}


def parse_application(body: bytes) -> SenderApplication:
    """What a body asks for.

    Raises NotAnObject (1000), InvalidField (1001), InvalidSender (2021), NumericSender (2024).
    """
    asked = decode(body, _DECODER, _FIELDS)
    if not is_country(asked.country_code):
        raise InvalidField(f"the field countryCode must be {_COUNTRY}")
    if not asked.sender:
        raise InvalidSender("the sender is empty: write the one that is to be approved")
    return SenderApplication(
        country=asked.country_code,
        sender=parse_sender(asked.sender),
        traffic_type=_text("trafficType", asked.traffic_type),
        company_website=_text("companyWebsite", asked.company_website),
        industry=_text("industry", asked.industry),
        sender_company_relationship=_text(
            "senderCompanyRelationship",
            asked.sender_company_relationship,
            RELATIONSHIP_CHARACTERS_MAX,
        ),
    )


def _text(name: str, text: str | None, characters_max: int = TEXT_CHARACTERS_MAX) -> str:
    if text is not None and len(text) > characters_max:
        raise InvalidField(
            f"the field {name} has {len(text)} characters: {characters_max} are the most"
        )
    return text or ""
