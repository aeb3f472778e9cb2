"""Owing callbacks: rows written in the transaction of the change they tell.

A callback is a snapshot: what can change later is copied, so that it tells the state it was owed
for however late it is delivered. Owns the outbox's insertion; delivery is `deliver`'s.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from staffetta.callbacks import sql
from staffetta.db.pool import Connection
from staffetta.domain.ids import IdMaker

# The place of a change in the life of a message: a newer one supersedes an older one.
STEP_PENDING: Final = 1
STEP_FINAL: Final = 2


class Lane(msgspec.Struct, frozen=True):
    """One account's traffic to one host: what delays a lane delays no other."""

    space_id: int
    host: str


class Change(msgspec.Struct, frozen=True):
    """A change of a recipient's state that a URL is owed. Money in micro-units."""

    lane: Lane
    message_id: bytes
    recipient_id: bytes
    step: int
    state: str  # domain.states.State
    charged_micro: int
    possibly_duplicate: bool
    sent_at: datetime | None
    delivered_at: datetime | None


async def owe_changes(
    connection: Connection, changes: Sequence[Change], ids: IdMaker, now: datetime
) -> None:
    """Write what is owed in the caller's transaction; then the caller rings `lanes_of(changes)`."""
    if not changes:
        return
    await connection.execute(
        sql.OWE,
        [change.lane.space_id for change in changes],
        [ids.make(now) for _ in changes],
        [change.message_id for change in changes],
        [change.recipient_id for change in changes],
        [change.step for change in changes],
        [change.state for change in changes],
        [change.lane.host for change in changes],
        [change.charged_micro for change in changes],
        [change.possibly_duplicate for change in changes],
        [change.sent_at for change in changes],
        [change.delivered_at for change in changes],
        now,
    )


def lanes_of(changes: Iterable[Change]) -> frozenset[Lane]:
    """Where these changes are owed to."""
    return frozenset(change.lane for change in changes)
