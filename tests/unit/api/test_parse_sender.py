"""The body of POST /senders/alias: what is read, and what each refusal says."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.api.json_bodies import InvalidField, NotAnObject
from staffetta.api.v2.parse_sender import parse_application
from staffetta.compliance.register_sender import SenderApplication
from staffetta.domain.errors import InvalidSender, NumericSender

LEAST = {"countryCode": "IT", "sender": "ACME"}
FULL = {
    **LEAST,
    "trafficType": "transactional",
    "companyWebsite": "https://example.com",
    "industry": "parcels",
    "senderCompanyRelationship": "it is our registered name",
}


def parse(body: object) -> SenderApplication:
    return parse_application(json.dumps(body).encode())


def test_a_full_body_is_read():
    assert parse(FULL) == SenderApplication(
        "IT",
        "ACME",
        traffic_type="transactional",
        company_website="https://example.com",
        industry="parcels",
        sender_company_relationship="it is our registered name",
    )


@pytest.mark.parametrize("extra", [{}, dict.fromkeys(set(FULL) - set(LEAST)), {"unknown": 1}])
def test_the_texts_may_be_absent_or_null(extra: dict[str, object]):
    assert parse({**LEAST, **extra}) == SenderApplication("IT", "ACME")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"countryCode": None}, "the field countryCode must be a country"),
        ({"countryCode": "it"}, "the field countryCode must be a country"),
        ({"countryCode": "XX"}, "the field countryCode must be"),
        ({"countryCode": "*"}, "the field countryCode must be"),
        ({"countryCode": 39}, "the field countryCode must be"),
        ({"sender": None}, "the field sender must be a string"),
        ({"sender": 5}, "the field sender must be a string"),
        ({"trafficType": 1}, "the field trafficType must be a string"),
        ({"companyWebsite": []}, "the field companyWebsite must be a string"),
        ({"industry": {}}, "the field industry must be a string"),
        ({"industry": "x" * 501}, "the field industry has 501 characters: 500 are the most"),
        (
            {"senderCompanyRelationship": "x" * 61},
            "the field senderCompanyRelationship has 61 characters: 60 are the most",
        ),
        ({"industry": "a\0b"}, "the field industry holds the character NUL"),
        ({"industry": "\ud800"}, "the field industry holds half of a surrogate pair"),
    ],
)
def test_a_field_that_is_wrong_is_named(changes: dict[str, object], says: str):
    with pytest.raises(InvalidField, match=says):
        parse({**FULL, **changes})


@pytest.mark.parametrize("missing", ["countryCode", "sender"])
def test_a_field_that_is_missing_is_named(missing: str):
    with pytest.raises(InvalidField, match=f"the field {missing} is missing"):
        parse({name: value for name, value in FULL.items() if name != missing})


def test_sixty_characters_say_enough():
    assert len(parse({**LEAST, "senderCompanyRelationship": "è" * 60}).sender_company_relationship)


@pytest.mark.parametrize(
    ("sender", "kind"),
    [
        ("", InvalidSender),
        ("AB", InvalidSender),
        ("A" * 12, InvalidSender),
        ("Ünïcode", InvalidSender),
        ("   ", InvalidSender),
        ("12345", NumericSender),
    ],
)
def test_a_sender_that_none_could_use_is_refused(sender: str, kind: type[Exception]):
    with pytest.raises(kind):
        parse({**LEAST, "sender": sender})


@given(st.binary(max_size=100))
def test_any_octets_are_read_or_refused(body: bytes):
    with contextlib.suppress(NotAnObject, InvalidField, InvalidSender, NumericSender):
        parse_application(body)
