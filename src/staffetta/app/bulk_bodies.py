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
from staffetta.messaging.bulk.read import BulkView, RecipientView
from staffetta.messaging.bulk.told import read_told_bulk

_STEP: Final = 100  # recipients made into JSON between two pauses

_log = structlog.get_logger(__name__)


async def read_bulk_bodies(connection: Connection, claims: Sequence[Claim]) -> dict[bytes, Told]:
    """What each claim tells, by callback id."""
    bodies: dict[bytes, Told] = {}
    for callback_id, one in (await read_told_bulk(connection, claims)).items():
        try:
            shown = await _show(one.recipients)
            bodies[callback_id] = Told(one.callback, _body(one.view, shown))
        except Exception:  # noqa: BLE001 - one message must not stop its lane, nor any other
            _log.exception("callback_body_not_made", callback=callback_id.hex())
    return bodies


def _body(message: BulkView, recipients: Sequence[msgspec.Raw]) -> dict[str, object]:
    said = message_object(message)
    counts = said["recipients"]
    assert isinstance(counts, dict), "the Message says how many are valid"
    return {**said, "recipients": {**counts, "list": recipients}}


async def _show(recipients: Sequence[RecipientView]) -> list[msgspec.Raw]:
    shown: list[msgspec.Raw] = []
    for start in range(0, len(recipients), _STEP):
        if start:
            await asyncio.sleep(0)
        step = recipients[start : start + _STEP]
        shown += [msgspec.Raw(msgspec.json.encode(recipient_object(one))) for one in step]
    return shown
