"""Claiming what is due: rows become `delivering`, with an owner and an attempt, before the network.

An older state is never sent after a newer one of its message. What could break that, and what
prevents it:

- Two processes look at one lane at once, and each misses what the other is just taking. A lane is
  claimed under an advisory lock, and the statement that looks begins after the lock was got: it
  sees all that earlier holders committed.
- A newer state is owed while an older one is under way. The newer one waits until the older one is
  settled: nothing is claimed whose message has a callback in `delivering`.
- A newer state is owed after an older one was claimed and before it is sent. The older one goes
  first, the newer one after it: that is the order.
- The older one fails. It is superseded when its result is written, if the newer one is there by
  then, and otherwise when it would be claimed again.
- A process stands still, is taken for dead and wakes up with a claim in its hands. It looks at its
  own heartbeat before it sends (`deliver`), and its result compares owner and attempt.
- A receiver works on an older state after its connection broke, and gets the newer one meanwhile.
  Nobody can prevent that from here; `updatedAt` in the body tells them apart.

v1's callbacks are not superseded: each tells of other recipients, as they are when it is sent. Two
of one message are never under way at once, so what is sent later was read later.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Self

import msgspec

from staffetta.callbacks import sql
from staffetta.callbacks.owe import Lane
from staffetta.db.pool import Connection, Row

OWNER_DEAD_SECONDS: Final = 10.0  # as for the links of carriers
OVERDUE_MAX: Final = timedelta(days=3)
LANES_READ_MAX: Final = 500
STEP_MAX: Final = 1000
_FIRST_LANE: Final = Lane(0, "")
_OF_V1: Final = "v1"


class Claim(msgspec.Struct, frozen=True):
    """One callback that this process may send now. Money in micro-units."""

    space_id: int
    id: bytes
    host: str
    kind: str  # message, v1 or low_credit
    message_id: bytes | None
    recipient_id: bytes | None
    event: str  # domain.states.State, or the event's own name
    attempt: int  # names this claim: every claim of a callback has a number of its own
    attempts_before: int  # of earlier rounds, and those that were given back
    changed_at: datetime
    created_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    charged_micro: int
    possibly_duplicate: bool
    payload: Mapping[str, Any] | None

    @property
    def lane(self) -> Lane:
        """Where it goes."""
        return Lane(self.space_id, self.host)

    @property
    def tries(self) -> int:
        """The tries of this round, this one included."""
        return self.attempt - self.attempts_before

    @property
    def is_of_v1(self) -> bool:
        """Whether it tells of recipients of a v1 message."""
        return self.kind == _OF_V1

    @property
    def recipient_ids(self) -> Sequence[bytes]:
        """Whom a callback of v1 tells of; nobody otherwise."""
        return [bytes.fromhex(one) for one in self._recipients]

    @property
    def recipient_count(self) -> int:
        """How many those are."""
        return len(self._recipients)

    @property
    def without_recipients(self) -> Self:
        """The same, telling of its message alone where it tells of recipients."""
        return msgspec.structs.replace(self, payload=None) if self.is_of_v1 else self

    @property
    def is_whole(self) -> bool:
        """Whether all that it tells is known here."""
        return self.payload is not None or not self.is_of_v1

    @property
    def _recipients(self) -> Sequence[str]:
        given = self.payload if self.is_of_v1 else None
        return given.get("recipients", ()) if given else ()


class Claimed(msgspec.Struct, frozen=True):
    """What a claim found: in which lanes it looked, what it took, how many rows it moved there."""

    lanes: frozenset[Lane]
    claims: Sequence[Claim]
    moved: Mapping[Lane, int]  # superseded ones included
    left: frozenset[Lane] = frozenset()  # something due there waits for what was claimed


class DueLane(msgspec.Struct, frozen=True):
    """A lane with something owed, the earliest at `due_at`."""

    lane: Lane
    due_at: datetime


async def claim(
    connection: Connection, rooms: Mapping[Lane, int], owner: int, now: datetime
) -> Claimed:
    """Claim in each lane up to its room, in the caller's transaction.

    A lane in which another process is claiming at this moment is left out.
    """
    rows = await connection.fetch(
        sql.TRY_LANES, [lane.space_id for lane in rooms], [lane.host for lane in rooms]
    )
    lanes = [Lane(row["space_id"], row["host"]) for row in rows]
    if not lanes:
        return Claimed(frozenset(), (), {})
    due = await connection.fetch(
        sql.FIND_DUE,
        [lane.space_id for lane in lanes],
        [lane.host for lane in lanes],
        [rooms[lane] for lane in lanes],
        now,
    )
    if not due:
        return Claimed(frozenset(lanes), (), {})
    due, left = _one_each(due)
    rows = await connection.fetch(
        sql.CLAIM,
        [row["space_id"] for row in due],
        [row["id"] for row in due],
        [row["is_superseded"] for row in due],
        owner,
        now,
    )
    moved: dict[Lane, int] = {}
    for row in rows:
        lane = Lane(row["space_id"], row["host"])
        moved[lane] = moved.get(lane, 0) + 1
    claims = sorted(
        (claim_of(row) for row in rows if not row["is_superseded"]), key=lambda one: one.id
    )
    return Claimed(frozenset(lanes), claims, moved, left)


def _one_each(due: Sequence[Row]) -> tuple[list[Row], frozenset[Lane]]:
    """What is due without the second ones of v1's messages, and the lanes where some are left."""
    chosen: list[Row] = []
    left: set[Lane] = set()
    seen: set[tuple[int, bytes]] = set()
    for row in due:
        message = (row["space_id"], row["message_id"])
        if row["kind"] == _OF_V1 and message in seen:
            left.add(Lane(row["space_id"], row["host"]))
            continue
        seen.add(message)
        chosen.append(row)
    return chosen, frozenset(left)


async def read_lanes(
    connection: Connection, after: Lane | None, limit: int = LANES_READ_MAX
) -> list[DueLane]:
    """Lanes with something owed, in their order, from the one behind `after`."""
    start = after or _FIRST_LANE
    rows = await connection.fetch(sql.READ_LANES, start.space_id, start.host, limit)
    return [DueLane(Lane(row["space_id"], row["host"]), row["due_at"]) for row in rows]


async def give_up_waiting(connection: Connection, lane: Lane, now: datetime) -> int:
    """Make dead letters of what has been due for OVERDUE_MAX, because its host was down so long."""
    status = await connection.execute(
        sql.GIVE_UP_WAITING, lane.space_id, lane.host, now - OVERDUE_MAX, STEP_MAX, now
    )
    return int(status.rpartition(" ")[2])


async def reap(connection: Connection, *, silent_too: bool = True) -> frozenset[Lane]:
    """Open the claims of processes that ended, and with `silent_too` of those that fell silent."""
    silent_seconds = OWNER_DEAD_SECONDS if silent_too else None
    rows = await connection.fetch(sql.REAP, silent_seconds, STEP_MAX)
    return frozenset(Lane(row["space_id"], row["host"]) for row in rows)


async def put_back_unknown(
    connection: Connection, owner: int, known: Sequence[bytes]
) -> Sequence[Lane]:
    """Open the claims of `owner` that it does not know of; the lane of each.

    They come from a claim whose commit was never answered.
    """
    rows = await connection.fetch(sql.PUT_BACK_UNKNOWN, owner, known)
    return [Lane(row["space_id"], row["host"]) for row in rows]


def claim_of(row: Any) -> Claim:
    """The claim that a row of `callback` tells of."""
    return Claim(
        space_id=row["space_id"],
        id=row["id"],
        host=row["host"],
        kind=row["kind"],
        message_id=row["message_id"],
        recipient_id=row["recipient_id"],
        event=row["event"],
        attempt=row["attempt"],
        attempts_before=row["attempts_before"],
        changed_at=row["changed_at"] or row["created_at"],
        created_at=row["created_at"],
        sent_at=row["sent_at"],
        delivered_at=row["delivered_at"],
        charged_micro=row["charged_micro"],
        possibly_duplicate=row["possibly_duplicate"],
        payload=row["payload"],
    )
