"""Bodies are whole, bounded in size and in time."""

import asyncio
from collections.abc import Iterable

import pytest

from staffetta.api.asgi import Receive
from staffetta.api.bodies import BodyTooLarge, BodyTooSlow, ClientGone, read_body


def receiving(events: Iterable[dict[str, object]]) -> Receive:
    waiting = iter(events)

    async def receive():
        event = next(waiting, None)
        if event is None:
            await asyncio.Event().wait()
        return event

    return receive


def piece(body: bytes, *, more: bool = True) -> dict[str, object]:
    return {"type": "http.request", "body": body, "more_body": more}


LAST = {"type": "http.request"}
GONE = {"type": "http.disconnect"}


@pytest.mark.parametrize(
    "events",
    [
        [piece(b"abc", more=False)],
        [piece(b"a"), piece(b"b"), piece(b"c", more=False)],
        [piece(b""), piece(b"abc"), LAST],
    ],
)
async def test_a_body_is_read_whole(events: list[dict[str, object]]):
    assert await read_body(receiving(events), None, 3) == b"abc"


async def test_a_body_can_be_empty():
    assert await read_body(receiving([LAST]), b"0", 3) == b""


@pytest.mark.parametrize(
    ("events", "declared"),
    [
        ([piece(b"abcd", more=False)], None),
        ([piece(b"ab"), piece(b"cd")], None),
        ([piece(b"abcd", more=False)], b"not a number"),
        ([], b"4"),  # not waited for
    ],
)
async def test_too_much_is_refused(events: list[dict[str, object]], declared: bytes | None):
    with pytest.raises(BodyTooLarge, match="longer than 3 octets"):
        await read_body(receiving(events), declared, 3)


@pytest.mark.parametrize("events", [[GONE], [piece(b"a"), GONE]])
async def test_a_client_that_hangs_up_is_noticed(events: list[dict[str, object]]):
    with pytest.raises(ClientGone):
        await read_body(receiving(events), None, 3)


@pytest.mark.parametrize("events", [[], [piece(b"a")]])
async def test_a_body_that_does_not_come_is_not_waited_for_long(events: list[dict[str, object]]):
    with pytest.raises(BodyTooSlow):
        await read_body(receiving(events), None, 3, seconds_max=0.01)
