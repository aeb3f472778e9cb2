"""Owing callbacks: rows written in the transaction of the change they tell.

A callback is a snapshot: what can change later is copied, so that it tells the state it was owed
for however late it is delivered. Owns the outbox's insertion; delivery is `deliver`'s.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import structlog

from staffetta.callbacks import sql
from staffetta.callbacks.target import lane_host
from staffetta.db.pool import Connection
from staffetta.domain.errors import InvalidCallback
from staffetta.domain.ids import IdMaker
from staffetta.domain.money import as_number

_log = structlog.get_logger(__name__)

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


class Gathered(msgspec.Struct, frozen=True):
    """Recipients of one v1 message whose changes are told together."""

    lane: Lane
    message_id: bytes
    recipient_ids: Sequence[bytes]


class LowCredit(msgspec.Struct, frozen=True):
    """A wallet that fell below the threshold of its space. Money in micro-units."""

    space_id: int
    available_micro: int
    threshold_micro: int


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


async def owe_gathered(
    connection: Connection, gathered: Sequence[Gathered], ids: IdMaker, now: datetime
) -> None:
    """Owe a callback of v1 for each, in the caller's transaction; then the caller rings the lanes.

    It names its recipients alone: what is said of them is read when it is sent.
    """
    if not gathered:
        return
    await connection.execute(
        sql.OWE_GATHERED,
        [one.lane.space_id for one in gathered],
        [ids.make(now) for _ in gathered],
        [one.message_id for one in gathered],
        [one.lane.host for one in gathered],
        [{"recipients": [each.hex() for each in one.recipient_ids]} for one in gathered],
        now,
    )


async def owe_low_credit(
    connection: Connection, alerts: Sequence[LowCredit], ids: IdMaker, now: datetime
) -> frozenset[Lane]:
    """Write what is owed to spaces that named an `alert_url`, in the caller's transaction.

    Answers the lanes to be rung after the commit; a poll finds them within a second otherwise.
    """
    if not alerts:
        return frozenset()
    by_space = {alert.space_id: alert for alert in alerts}
    rows = await connection.fetch(sql.READ_ALERT_URLS, list(by_space))
    owed = [
        (Lane(row["space_id"], host), _alert(row, by_space[row["space_id"]], now))
        for row in rows
        if (host := _alert_host(row)) is not None
    ]
    await connection.execute(
        sql.OWE_LOW_CREDIT,
        [lane.space_id for lane, _ in owed],
        [ids.make(now) for _ in owed],
        [lane.host for lane, _ in owed],
        [payload for _, payload in owed],
        now,
    )
    return frozenset(lane for lane, _ in owed)


def _alert_host(row: Any) -> str | None:
    try:
        return lane_host(row["alert_url"])
    except InvalidCallback as error:
        # It must not undo the payment in whose transaction this is.
        _log.warning("alert_url_not_usable", space=row["space_id"], error=str(error))
        return None


def _alert(row: Any, alert: LowCredit, now: datetime) -> dict[str, object]:
    """All that a low_credit event says and where it goes: it has no message to be read from."""
    body = {
        "event": "low_credit",
        "username": row["email"],
        "environment": row["environment"],
        "available": as_number(alert.available_micro),
        "threshold": as_number(alert.threshold_micro),
        "at": now.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z",
    }
    return {"url": row["alert_url"], "body": body}
