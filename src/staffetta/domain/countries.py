"""Countries as this product names them: the codes that a phone number's country can have."""

from typing import Final

import phonenumbers

# ISO 3166, and 001 for calling codes that belong to no country.
COUNTRIES: Final = frozenset(phonenumbers.SUPPORTED_REGIONS) | {
    phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY
}


class InvalidCountry(ValueError):
    """Text that names no country."""


def parse_country(text: str) -> str:
    """The code in capitals; raises InvalidCountry."""
    code = text.strip().upper()
    if code not in COUNTRIES:
        raise InvalidCountry(f"{text!r} is not a country: write its ISO 3166 code, like IT")
    return code
