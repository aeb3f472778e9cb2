"""Large bodies are read recipient by recipient, and refused for what every body is refused for."""

import tracemalloc

import httpx
import msgspec
import pytest

from staffetta.api.json_bodies import InvalidField, NotAnObject
from staffetta.api.v1.errors import Refused
from staffetta.api.v1.large_bodies import (
    LARGE_OCTETS,
    PART_OCTETS_MAX,
    WrittenList,
    read_request,
)
from staffetta.api.v1.parse import parse_put
from staffetta.api.v1.written_items import ITEM_OCTETS_MAX
from staffetta.domain.clock import Clock

ITEM = b'{"number": "+39-3331234567", "fields": {"name": "Zo\xc3\xab", "n": [1, null]}}'
COUNT = LARGE_OCTETS // len(ITEM) + 1


def body_of(*items: bytes, **parts: str) -> bytes:
    """A large body with these recipients among others."""
    filled = b", ".join([*items, *[ITEM] * COUNT])
    others = "".join(f', "{name}": {value}' for name, value in parts.items())
    return b'{"recipients": [ ' + filled + b" ]" + others.encode("utf-8", "surrogatepass") + b"}"


def read(body: bytes) -> list[object]:
    found = read_request(body)["recipients"]
    assert isinstance(found, WrittenList)
    return list(found)


def test_every_recipient_is_as_it_was_written_each_time_that_they_are_gone_through():
    body = body_of(b'"+39-3331234568"', b"7", b"null", sender='"alberto"', body='"ciao"')
    asked = read_request(body)
    whole = msgspec.json.decode(body)
    assert list(asked["recipients"]) == list(asked["recipients"]) == whole["recipients"]
    assert (asked["sender"], asked["body"]) == ("alberto", "ciao")


def test_a_small_body_has_a_list():
    assert read_request(b'{"recipients": ["+39-3331234568"]}')["recipients"] == ["+39-3331234568"]


def test_what_is_no_list_is_read_as_it_is():
    text = "x" * LARGE_OCTETS
    assert read_request(b'{"recipients": "' + text.encode() + b'"}')["recipients"] == text


def test_recipients_are_not_all_in_memory_at_once():
    body = body_of(*[ITEM] * 50_000)
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_request(body)["recipients"]) == 50_000 + COUNT
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.clear_traces()
        msgspec.json.decode(body)
        _, most_at_once = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < most_at_once / 4


@pytest.mark.parametrize(
    ("name", "number"),
    [("body", 302), ("options", 305), ("recipients", 303), ("sender", 301), ("priority", 304)],
)
def test_a_part_that_is_too_long_is_refused_before_it_is_made(name: str, number: int):
    part = b'{"a": [' + b"[]," * (PART_OCTETS_MAX // 3) + b"1]}"
    with pytest.raises(Refused) as refused:
        read_request(b'{"' + name.encode() + b'": ' + part + b"}")
    assert (refused.value.status, refused.value.number) == (422, number)


def test_what_v1_does_not_know_is_left_alone():
    body = b'{"more": [' + b"[]," * PART_OCTETS_MAX + b'1], "sender": "alberto"}'
    tracemalloc.start()
    try:
        assert read_request(body) == {"sender": "alberto"}
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 2 * len(body)


def test_a_recipient_that_is_too_long_is_refused():
    with pytest.raises(Refused, match="one of 'recipients' has more than 65536 bytes"):
        read(body_of(b'{"number": "' + b"x" * ITEM_OCTETS_MAX + b'"}'))


@pytest.mark.parametrize(("length", "is_taken"), [(16_382, True), (16_383, False)])
@pytest.mark.parametrize("filled", [0, LARGE_OCTETS], ids=["small", "large"])
def test_custom_has_a_limit(clock: Clock, filled: int, length: int, *, is_taken: bool):
    custom = {"options": {"custom": "x" * length}, "more": " " * filled}
    body = msgspec.json.encode(custom)
    if is_taken:
        assert not parse_put(body, clock.now()).changes_due
        return
    with pytest.raises(Refused, match=r"options\.custom") as refused:
        parse_put(body, clock.now())
    assert (refused.value.status, refused.value.number) == (422, 305)


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (body_of()[:-1], NotAnObject),
        (body_of()[:-3] + b"}", NotAnObject),
        (b"[" + body_of() + b"]", NotAnObject),
        (body_of(sender='"a\\ud800"'), NotAnObject),
        (body_of(sender='"a\\u0000"'), InvalidField),
        (body_of(b'"\xff"'), NotAnObject),
        (body_of(b'"\\x"'), NotAnObject),
        (body_of(b'"\\ud800"'), NotAnObject),
        (body_of(b'"+39-3\\u0000"'), InvalidField),
        (body_of(b'{"number": "+39-3331234567", "fields": {"a\\u0000": 1}}'), InvalidField),
        (body_of(b'{"a": ' * 100_000), NotAnObject),
    ],
    ids=[
        *("cut off", "a list that does not end", "no object", "half a pair in the sender"),
        *("NUL in the sender", "no UTF-8", "no JSON", "half a pair in a number", "NUL in a number"),
        *("NUL in the name of a field", "nested without end"),
    ],
)
def test_what_is_wrong_is_refused(body: bytes, refusal: type[Exception]):
    with pytest.raises(refusal):
        read(body)


def test_a_nul_that_is_written_is_none():
    assert read(body_of(b'"\\\\u0000"'))[0] == "\\u0000"


def test_a_put_of_many_is_no_change_of_time_alone(clock: Clock):
    change = parse_put(body_of(options='{"timestamp_send": "2030-01-01"}'), clock.now())
    assert (change.is_time_alone, change.changes_due) == (False, True)


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_over_the_limit_is_413_and_says_which_setting_it_is(
    client: httpx.AsyncClient, announced: bool
):
    async def content():
        yield b"{" + b" " * 4096

    answer = await client.post(
        "http://127.0.0.1:8080/v1/messages/",
        content=b"{" + b" " * 4096 if announced else content(),
    )
    assert answer.status_code == 413
    assert answer.json() == {
        "data": None,
        "success": False,
        "message": "the body is longer than 4096 octets; an operator can allow more with"
        " STAFFETTA_BODY_BYTES_MAX",
        "error": 413,
    }
