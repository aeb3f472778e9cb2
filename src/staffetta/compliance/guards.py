"""The rates that guard one-time passwords: so many to a number, to a block of numbers, of a space.

Owns the rule (generic cell rate, GCRA) and its counters. What is allowed to whom, and what a
refusal becomes, is the caller's.

A counter is one moment: when its subject will be at rest again. Each message moves that moment on
by seconds / count, and is refused where it would then lie further ahead than `seconds`. So a burst
of `count` goes at once and then one each seconds / count; no window to reset, nothing to add up.

Why a block: whoever earns on SMS traffic (pumping fraud) asks for passwords to number after number
of a range that one carrier sold him. A limit for each number never sees that; a limit for numbers
that differ in their last four digits alone does.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from staffetta.compliance import guards_sql as sql
from staffetta.db.pool import Connection, Database

BLOCK_DIGITS: Final = 4  # the last digits of a number, which its block leaves out
FORGET_MAX: Final = 10_000
# A counter at rest is as good as none; the margin is for clocks that differ.
_KEPT_AT_REST: Final = timedelta(minutes=10)
_SHORTEST_STEP: Final = timedelta(microseconds=1)  # what the database can tell apart

_Key = tuple[int, str, str]


class Guard(StrEnum):
    """What is counted; the values are the database's."""

    RECIPIENT = "recipient"
    PREFIX = "prefix"
    ACCOUNT = "account"


_TO: Final[Mapping[Guard, str]] = {
    Guard.RECIPIENT: "to this recipient",
    Guard.PREFIX: f"to numbers that differ from this one in their last {BLOCK_DIGITS} digits",
    Guard.ACCOUNT: "by this account",
}


class Limit(Protocol):
    """So many in so many seconds; `count` 0 lets everything through. An account's terms fit."""

    @property
    def count(self) -> int:
        """How many may go at once."""
        ...

    @property
    def seconds(self) -> int:
        """After how long as many may go again."""
        ...


class OtpAsk(msgspec.Struct, frozen=True):
    """One password that wants to be sent, and what its account may send."""

    space_id: int
    number: str  # E.164 with its plus
    per_recipient: Limit
    per_prefix: Limit
    per_account: Limit


class Rates:
    """The counters that a batch needs, as the database has them and as the batch moves them."""

    def __init__(self, rests_at: Mapping[_Key, datetime], now: datetime) -> None:
        self.now = now
        self._rests_at = dict(rests_at)
        self._changed: set[_Key] = set()

    def take(self, ask: OtpAsk) -> str | None:
        """Count one password and answer None, or say which guard refuses it, and until when.

        A refused password counts nowhere: not with the guards that would have let it through.
        """
        moved = self._moved(ask)
        if isinstance(moved, str):
            return moved
        self._rests_at.update(moved)
        self._changed.update(moved)
        return None

    def look(self, ask: OtpAsk) -> str | None:
        """What `take` would answer now; nothing is counted."""
        moved = self._moved(ask)
        return moved if isinstance(moved, str) else None

    def _moved(self, ask: OtpAsk) -> dict[_Key, datetime] | str:
        """Where this password moves its counters, or the sentence of the guard that refuses it."""
        moved: dict[_Key, datetime] = {}
        for guard, key, limit in _counters(ask):
            rests_at = move_on(self._rests_at.get(key), limit, self.now)
            if isinstance(rests_at, timedelta):
                return _sentence(guard, limit, rests_at)
            moved[key] = rests_at
        return moved

    def changes(self) -> list[tuple[_Key, datetime]]:
        """The counters that moved, in the order of their keys."""
        return [(key, self._rests_at[key]) for key in sorted(self._changed)]


def move_on(rests_at: datetime | None, limit: Limit, now: datetime) -> datetime | timedelta:
    """When a counter will be at rest after one more at `now`; or how long that one must wait."""
    step = max(timedelta(seconds=limit.seconds) / limit.count, _SHORTEST_STEP)
    starts_at = now if rests_at is None else max(rests_at, now)
    ahead = starts_at - now - step * (limit.count - 1)
    return ahead if ahead > timedelta() else starts_at + step


def block_of(number: str) -> str:
    """The number without its last digits: what numbers of one range share."""
    return number[:-BLOCK_DIGITS]


def _counters(ask: OtpAsk) -> list[tuple[Guard, _Key, Limit]]:
    """The counters that this password moves, the narrowest first."""
    guards = (
        (Guard.RECIPIENT, ask.number, ask.per_recipient),
        (Guard.PREFIX, block_of(ask.number), ask.per_prefix),
        (Guard.ACCOUNT, "", ask.per_account),
    )
    return [
        (guard, (ask.space_id, guard.value, subject), limit)
        for guard, subject, limit in guards
        if limit.count > 0
    ]


def _sentence(guard: Guard, limit: Limit, wait: timedelta) -> str:
    seconds = -(-wait // timedelta(seconds=1))  # never too early
    return (
        f"the {guard} guard refused it: at most {limit.count} one-time passwords in"
        f" {limit.seconds} seconds go {_TO[guard]}; try again in {seconds} s"
    )


async def open_rates(connection: Connection, asked: Sequence[OtpAsk], now: datetime) -> Rates:
    """The counters of these passwords, in one statement.

    The caller's transaction holds the wallet locks of their spaces: that alone keeps two batches
    from counting one space at once, so the counts are exact.
    """
    keys = sorted({key for ask in asked for _, key, _ in _counters(ask)})
    if not keys:
        return Rates({}, now)
    rows = await connection.fetch(
        sql.READ_RATES,
        [key[0] for key in keys],
        [key[1] for key in keys],
        [key[2] for key in keys],
    )
    return Rates(
        {(row["space_id"], row["guard"], row["subject"]): row["rests_at"] for row in rows}, now
    )


async def write_rates(connection: Connection, rates: Rates) -> None:
    """Write the counters that moved; nothing where nothing did."""
    changes = rates.changes()
    if changes:
        await connection.execute(
            sql.WRITE_RATES,
            [key[0] for key, _ in changes],
            [key[1] for key, _ in changes],
            [key[2] for key, _ in changes],
            [rests_at for _, rests_at in changes],
        )


async def forget_rates_once(database: Database, now: datetime) -> int:
    """Forget counters that have long been at rest; answers how many."""
    async with database.acquire() as connection:
        status = await connection.execute(sql.FORGET_RATES, now - _KEPT_AT_REST, FORGET_MAX)
    return int(status.rpartition(" ")[2])
