"""Reading a request's body: whole, bounded in size and in time."""

import asyncio
from typing import Final

from staffetta.api.asgi import Receive

BODY_SECONDS_MAX: Final = 30.0
OCTETS_SETTING: Final = "STAFFETTA_BODY_BYTES_MAX"


class BodyTooLarge(Exception):
    """More octets than the call takes."""

    def __init__(self, octets_max: int, setting: str | None = None) -> None:
        change = f"; an operator can allow more with {setting}" if setting else ""
        super().__init__(f"the body is longer than {octets_max} octets{change}")


class BodyTooSlow(Exception):
    """The body did not come in time."""


class ClientGone(Exception):
    """The client hung up before its request was whole: nobody is left to answer."""


async def read_body(
    receive: Receive,
    declared: bytes | None,
    octets_max: int,
    seconds_max: float = BODY_SECONDS_MAX,
    *,
    setting: str | None = OCTETS_SETTING,
) -> bytes:
    """The body; raises BodyTooLarge, BodyTooSlow or ClientGone.

    `declared` is the Content-Length header: a body that announces too much is not waited for.
    `setting` is what an operator changes the limit with, None for one that is fixed.
    """
    if declared is not None and declared.isdigit() and int(declared) > octets_max:
        raise BodyTooLarge(octets_max, setting)
    try:
        async with asyncio.timeout(seconds_max):
            return await _read(receive, octets_max, setting)
    except TimeoutError:
        raise BodyTooSlow(f"the body took longer than {seconds_max:.0f} seconds") from None


async def _read(receive: Receive, octets_max: int, setting: str | None) -> bytes:
    parts: list[bytes] = []
    octet_count = 0
    while True:
        event = await receive()
        if event["type"] != "http.request":
            raise ClientGone
        part: bytes = event.get("body", b"")
        octet_count += len(part)
        if octet_count > octets_max:
            raise BodyTooLarge(octets_max, setting)
        if not event.get("more_body", False):
            return b"".join((*parts, part)) if parts else part
        parts.append(part)
