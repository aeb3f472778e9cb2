"""What callbacks about v1's messages say: the Message, and the Recipients that changed.

As they are now (contract section 4, "Callback"). Made in steps: a body has a thousand recipients,
and everything else of the process goes on meanwhile.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec
import structlog

from staffetta.api.v1.render import message_object
from staffetta.api.v1.render_recipient import recipient_object
from staffetta.callbacks.claim import Claim
from staffetta.callbacks.letters import Told
from staffetta.db.pool import Connection
from staffetta.messaging.bulk.read import RecipientView
from staffetta.messaging.bulk.told import ToldBulk, read_told_bulk

_STEP: Final = 100  # recipients made into JSON between two pauses

_log = structlog.get_logger(__name__)


async def read_bulk_bodies(connection: Connection, claims: Sequence[Claim]) -> dict[bytes, Told]:
    """What each claim tells, by callback id."""
    told = await read_told_bulk(connection, claims)
    bodies: dict[bytes, Told] = {}
    for claim in claims:
        one = told.get(claim.id)
        if one is None:
            continue
        try:
            bodies[claim.id] = Told(one.callback, await _body(one, has_list=claim.is_whole))
        except Exception:  # noqa: BLE001 - one message must not stop its lane, nor any other
            _log.exception("callback_body_not_made", callback=claim.id.hex())
    return bodies


async def _body(told: ToldBulk, *, has_list: bool) -> dict[str, object]:
    said = message_object(told.view)
    if not has_list:
        return said
    counts = said["recipients"]
    assert isinstance(counts, dict), "the Message says how many are valid"
    return {**said, "recipients": {**counts, "list": await _show(told.recipients)}}


async def _show(recipients: Sequence[RecipientView]) -> list[msgspec.Raw]:
    shown: list[msgspec.Raw] = []
    for start in range(0, len(recipients), _STEP):
        if start:
            await asyncio.sleep(0)
        step = recipients[start : start + _STEP]
        shown += [msgspec.Raw(msgspec.json.encode(recipient_object(one))) for one in step]
    return shown
