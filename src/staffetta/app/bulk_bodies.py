"""What callbacks about v1's messages say: the Message, and the Recipients that changed.

As they are now (contract section 4, "Callback"). Made in steps: a body has a thousand recipients,
and everything else of the process goes on meanwhile. With 4 KiB of fields each, that is some
megabytes at most.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
import structlog

from staffetta.api.v1.render import message_object
from staffetta.api.v1.render_recipient import recipient_object
from staffetta.callbacks.claim import Claim
from staffetta.callbacks.letters import Told
from staffetta.db.pool import Connection
from staffetta.messaging.bulk.told import (
    RecentCounts,
    ToldBulk,
    read_told_bulk,
    recipients_told,
)

_log = structlog.get_logger(__name__)


class _NotMade(Exception):
    """A body that cannot be made of what is stored."""


async def read_bulk_bodies(
    connection: Connection, claims: Sequence[Claim], recent: RecentCounts
) -> dict[bytes, Told]:
    """What each claim tells, by callback id."""
    at = asyncio.get_running_loop().time()
    told = await read_told_bulk(connection, claims, recent, at)
    bodies: dict[bytes, Told] = {}
    for claim in claims:
        one = told.get(claim.id)
        if one is None:
            continue
        try:
            bodies[claim.id] = Told(one.callback, await _body(connection, one, claim))
        except _NotMade:  # one message must not stop its lane, nor any other
            _log.exception("callback_body_not_made", callback=claim.id.hex())
    return bodies


async def _body(connection: Connection, told: ToldBulk, claim: Claim) -> dict[str, object]:
    with _making():
        said = message_object(told.view)
    if not claim.is_whole:
        return said
    counts = said["recipients"]
    assert isinstance(counts, dict), "the Message says how many are valid"
    shown = await _show(connection, told, claim.recipient_ids)
    return {**said, "recipients": {**counts, "list": shown}}


async def _show(
    connection: Connection, told: ToldBulk, recipient_ids: Sequence[bytes]
) -> list[msgspec.Raw]:
    """The recipients as JSON: what they are made of is in memory for a few at a time."""
    shown: list[msgspec.Raw] = []
    async for step in recipients_told(connection, told, recipient_ids):
        with _making():
            shown += [msgspec.Raw(msgspec.json.encode(recipient_object(one))) for one in step]
    return shown


@contextmanager
def _making() -> Iterator[None]:
    """Tell what is wrong with one message from what is wrong with the database."""
    try:
        yield
    except Exception as error:
        raise _NotMade from error
