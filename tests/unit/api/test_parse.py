"""Bodies and headers of v2: what is read, and what each refusal says."""

import contextlib
import hashlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.api.json_bodies import InvalidField, NotAnObject
from staffetta.api.v2.parse import parse_send
from staffetta.domain.environments import Market
from staffetta.messaging.draft import IdempotencyKey

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
LEAST = {"recipient": "+393331234567", "message": "hello"}


def parse(body: bytes | dict[str, object], headers: dict[bytes, bytes] | None = None):
    octets = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse_send(octets, Market.ITALY, "/IT-messages", headers or {}, NOW)


@pytest.mark.parametrize(
    ("text", "sent_at"),
    [
        ("2026-03-14T10:26:53+01:00", None),  # now
        ("2020-01-01T00:00:00Z", None),  # past is now
        ("0001-01-01T00:00:00+14:00", None),
        ("2026-03-14T10:26:54+01:00", datetime(2026, 3, 14, 9, 26, 54, tzinfo=UTC)),
        ("2026-04-13T09:26:53Z", datetime(2026, 4, 13, 9, 26, 53, tzinfo=UTC)),
        ("20260315T000000Z", datetime(2026, 3, 15, tzinfo=UTC)),
    ],
)
def test_send_at_is_a_moment_of_the_next_thirty_days(text: str, sent_at: datetime | None):
    assert parse({**LEAST, "sendAt": text}).send_at == sent_at


def test_the_least_body_has_defaults_for_the_rest():
    request = parse(LEAST)
    assert (request.recipient, request.text, request.market) == (*LEAST.values(), Market.ITALY)
    assert (request.sender, request.callback, request.idempotency) == (None, None, None)
    assert not request.dry_run
    assert not request.fail_on_multiple_segments


def test_a_full_body_is_read():
    callback = {"url": "https://example.com", "custom": {"deep": [1, {"a": None}]}}
    options = {"dryRun": True, "failOnMultipleMessages": True}
    request = parse({**LEAST, "sender": "ACME", "options": options, "callback": callback})
    assert (request.sender, request.callback) == ("ACME", callback)
    assert request.dry_run
    assert request.fail_on_multiple_segments


@pytest.mark.parametrize(
    "extra",
    [
        {"sender": None, "options": None, "callback": None},
        {"options": {"dryRun": None, "failOnMultipleMessages": None}},
        {"options": {}, "unknown": [1, 2], "options2": 3},
        {"options": {"unknown": {"dryRun": True}}},
    ],
)
def test_null_is_absent_and_unknown_fields_are_ignored(extra: dict[str, object]):
    assert parse({**LEAST, **extra}) == parse(LEAST)


def test_escapes_are_read():
    body = rb'{"recipient":"\u002b393331234567","message":"a\/b \u00e8 \ud83d\ude42 \\u0000"}'
    request = parse(body)
    assert (request.recipient, request.text) == ("+393331234567", "a/b è 🙂 \\u0000")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not JSON"),
        (b"hello", "not JSON: Expecting value at line 1, column 1"),
        (b'{"recipient": "+39', "not JSON"),
        (b'{"recipient": "a", "message": "b"} x', "not JSON"),
        (b'{"recipient": "a", "message": "b", "callback": {"custom": NaN}}', "NaN"),
        (b'{"recipient": "a\x00", "message": "b"}', "not JSON"),
        (b'\xef\xbb\xbf{"recipient": "a", "message": "b"}', "not JSON"),
        (b'{"recipient": "\xff", "message": "b"}', "not UTF-8 at octet 15"),
        (b'{"recipient": "\xed\xa0\x80", "message": "b"}', "not UTF-8"),
        (b"recipient=%2B39&message=hello", "not JSON"),
        (b"[]", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b'"text"', "must be a JSON object"),
        (b"7", "must be a JSON object"),
        (b"[" * 50_000 + b"]" * 50_000, "nested too deeply"),
        (b'{"callback":' * 50_000 + b"1" + b"}" * 50_000, "nested too deeply"),
        (b'{"n": ' + b"9" * 5000 + b"}", "number that cannot be read"),
    ],
)
def test_what_is_no_object_is_refused(body: bytes, says: str):
    with pytest.raises(NotAnObject, match=says):
        parse(body)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "the field recipient is missing"),
        ({"recipient": "+39"}, "the field message is missing"),
        ({**LEAST, "sendAt": 1_790_000_000}, "the field sendAt must be ISO 8601 with an offset"),
        ({**LEAST, "sendAt": "tomorrow"}, "the field sendAt must be ISO 8601 with an offset"),
        ({**LEAST, "sendAt": "2026-03-14T10:00:00"}, "the field sendAt must be ISO 8601 with an"),
        ({**LEAST, "sendAt": "2026-04-13T09:26:54Z"}, "sendAt is more than 30 days ahead"),
        ({**LEAST, "sendAt": "9999-12-31T23:59:59-12:00"}, "sendAt is more than 30 days ahead"),
        ({"message": "x"}, "the field recipient is missing"),
        ({**LEAST, "recipient": None}, "the field recipient must be a string"),
        ({**LEAST, "recipient": 393331234567}, "the field recipient must be a string"),
        ({**LEAST, "recipient": ["+39"]}, "the field recipient must be a string"),
        ({**LEAST, "message": {"a": 1}}, "the field message must be a string"),
        ({**LEAST, "message": None}, "the field message must be a string"),
        ({**LEAST, "sender": 5}, "the field sender must be a string, or null"),
        ({**LEAST, "options": []}, "the field options must be an object"),
        ({**LEAST, "options": "dryRun"}, "the field options must be an object"),
        ({**LEAST, "options": {"dryRun": "true"}}, "the field options.dryRun must be true or"),
        ({**LEAST, "options": {"dryRun": 1}}, "the field options.dryRun must be true or false"),
        (
            {**LEAST, "options": {"failOnMultipleMessages": 0}},
            "the field options.failOnMultipleMessages must be",
        ),
        ({**LEAST, "callback": "https://example.com"}, "the field callback must be an object"),
        ({**LEAST, "callback": [1]}, "the field callback must be an object"),
        ({**LEAST, "message": "a\0b"}, "the field message holds the character NUL"),
        ({**LEAST, "sender": "\0"}, "the field sender holds the character NUL"),
        ({**LEAST, "callback": {"custom": {"a": ["b\0"]}}}, "the field callback holds"),
        ({**LEAST, "callback": {"custom": {"a\0": 1}}}, "the field callback holds"),
        ({**LEAST, "unknown": "\0"}, "the field unknown holds the character NUL"),
        ({**LEAST, "un\0known": 1}, r"the field un\\x00known holds the character NUL"),
        ({**LEAST, "message": "a\ud800"}, "the field message holds half of a surrogate pair"),
        ({**LEAST, "message": "\udc00\ud800"}, "the field message holds half of a surrogate"),
        ({**LEAST, "recipient": "\udfff"}, "the field recipient holds half of a surrogate"),
        ({**LEAST, "callback": {"custom": {"a": {"\ud83d": 1}}}}, "the field callback holds half"),
        ({**LEAST, "unknown": ["\ud800"]}, "the field unknown holds half of a surrogate pair"),
        (
            b'{"recipient": "a", "message": "b", "callback": {"custom": {"n": 1e999}}}',
            "a number that is too large",
        ),
    ],
)
def test_a_field_that_is_wrong_is_named(body: bytes | dict[str, object], says: str):
    with pytest.raises(InvalidField, match=says):
        parse(body)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["recipient", "message", "sender", "options", "callback", "dryRun", "x"])


@given(st.dictionaries(NAMES, JSON_VALUES) | JSON_VALUES)
def test_any_json_is_read_or_refused(value: object):
    with contextlib.suppress(NotAnObject, InvalidField):
        parse(json.dumps(value).encode())


@given(st.binary(max_size=200))
def test_any_octets_are_read_or_refused(body: bytes):
    with pytest.raises((NotAnObject, InvalidField)):
        parse(body)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_a_text_is_read_as_it_was_written(text: str):
    assert parse({**LEAST, "message": text}).text == text


def test_an_idempotency_key_comes_with_the_path_and_a_hash_of_the_body():
    body = json.dumps(LEAST).encode()
    request = parse(body, {b"idempotency-key": b"k" * 255})
    assert request.idempotency == IdempotencyKey(
        path="/IT-messages", key="k" * 255, body_hash=hashlib.sha256(body).digest()
    )


@pytest.mark.parametrize("key", [b"", b"k" * 256])
def test_an_idempotency_key_of_another_length_is_refused(key: bytes):
    with pytest.raises(InvalidField, match="Idempotency-Key must have 1 to 255 characters"):
        parse(LEAST, {b"idempotency-key": key})
