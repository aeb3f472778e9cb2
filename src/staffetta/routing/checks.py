"""Checks of carriers that operators ask for: asked, run by one process, told step by step, ended.

Owns the table connector_check. How a carrier is checked is the connectors' business; a check
outlives whoever asked, and the death of the process that runs it ends it.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from staffetta.db.pool import Connection, Row
from staffetta.domain.environments import Environment
from staffetta.routing import check_sql as sql
from staffetta.routing.carriers import OWNER_DEAD_SECONDS
from staffetta.routing.errors import CheckUnderWay

NUMBERS_MAX: Final = 10  # phones of one check
BURST_MAX: Final = 1_000
WAIT_SECONDS_MAX: Final = 600.0  # for reports
LINES_MAX: Final = 500  # that are kept of one check
UNDER_WAY: Final = (
    "a check of this connector is under way: wait until it has ended, or stop it in the console"
)
_KEPT_MAX: Final = 20  # checks of a connector
_NEVER_SECONDS: Final = 1e9
_OWNER_DIED: Final = (
    "The process that ran this check ended before the check did: begin another one."
)
_LOST: Final = (
    "The database was out of reach when this check was begun or ended: begin another one."
)
_STOPPED: Final = "{} stopped this check. Of what it sent, reports may still come."


class AskedCheck(msgspec.Struct, frozen=True):
    """What somebody wants to be checked."""

    connector_id: int
    numbers: tuple[str, ...]  # E.164 with plus; none: connect alone
    sender: str | None = None  # None: the installation's
    burst_count: int = 0
    wait_seconds: float = 60.0  # for reports, behind the last message


class TakenCheck(msgspec.Struct, frozen=True):
    """A check that a process runs."""

    id: int
    environment: Environment  # of the connector
    name: str  # of the connector
    asked: AskedCheck


class CheckLine(msgspec.Struct, frozen=True):
    """One thing that happened, in words."""

    text: str
    is_title: bool = False  # a message of the script begins


class CheckChoice(msgspec.Struct, frozen=True):
    """An answer to a question, and what it sets."""

    words: str
    settings: Mapping[str, object]


class CheckQuestion(msgspec.Struct, frozen=True):
    """What only somebody with the phone in hand can say."""

    name: str
    text: str
    choices: tuple[CheckChoice, ...]


class CheckResult(msgspec.Struct, frozen=True):
    """What a check learned."""

    is_whole: bool  # whether it came to its end: the connection was made
    rows: tuple[tuple[str, str], ...]  # a name and what is to be said of it
    settings: Mapping[str, object]  # to apply, under operators' names
    proposed: Mapping[str, object]  # for somebody who knows more than the check
    questions: tuple[CheckQuestion, ...] = ()


class StoredCheck(msgspec.Struct, frozen=True):
    """A check as it stands."""

    id: int
    asked_by: str
    asked_at: datetime
    numbers: tuple[str, ...]
    begun_at: datetime | None  # None: no process has taken it yet
    lines: tuple[CheckLine, ...]
    result: CheckResult | None
    fault: str  # why there is no result, "" while it runs or when there is one
    ended_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it is still to come to an end."""
        return self.ended_at is None


async def ask_check(connection: Connection, asked: AskedCheck, asked_by: str, now: datetime) -> int:
    """Ask for a check, in the caller's transaction; its number. Raises CheckUnderWay."""
    check_id: int | None = await connection.fetchval(
        sql.ASK_CHECK,
        asked.connector_id,
        asked_by,
        now,
        list(asked.numbers),
        asked.sender,
        asked.burst_count,
        asked.wait_seconds,
    )
    if check_id is None:
        raise CheckUnderWay(UNDER_WAY)
    await connection.execute(sql.FORGET_CHECKS, asked.connector_id, _KEPT_MAX)
    return check_id


async def take_check(
    connection: Connection,
    owner: int,
    now: datetime,
    *,
    silent_too: bool = True,
    running: Collection[int] = (),
) -> TakenCheck | None:
    """The next check for a process to run, in its transaction; ends those of dead processes.

    With `silent_too`, processes that fell silent are dead, too. `running` are the checks that the
    process runs: what it took and does not run ends, for nobody else would end it.
    """
    if not await connection.fetchval(sql.ANY_OPEN):
        return None
    silent_seconds = OWNER_DEAD_SECONDS if silent_too else _NEVER_SECONDS
    await connection.execute(
        sql.END_ORPHANS, now, silent_seconds, _OWNER_DIED, owner, list(running), _LOST
    )
    row = await connection.fetchrow(sql.TAKE_CHECK, owner, now)
    if row is None:
        return None
    connector = await connection.fetchrow(sql.FIND_CONNECTOR_BY_ID, row["connector_id"])
    assert connector is not None, "a check goes with its connector"
    asked = AskedCheck(
        row["connector_id"],
        tuple(row["numbers"]),
        row["sender"],
        row["burst_count"],
        row["wait_seconds"],
    )
    environment = Environment(connector["environment"])
    return TakenCheck(row["id"], environment, connector["name"], asked)


async def tell_steps(
    connection: Connection, check_id: int, owner: int, lines: Sequence[CheckLine]
) -> bool:
    """Store what happened so far; False: the check has ended meanwhile."""
    status = await connection.execute(sql.TELL_STEPS, check_id, owner, msgspec.to_builtins(lines))
    return not status.endswith(" 0")


async def is_own_check(connection: Connection, check_id: int, owner: int) -> bool:
    """Whether a process still has a check to run: nobody stopped it, or ended it otherwise."""
    found: bool = await connection.fetchval(sql.IS_OWN, check_id, owner)
    return found


async def end_check(
    connection: Connection,
    check_id: int,
    owner: int,
    lines: Sequence[CheckLine],
    result: CheckResult | None,
    fault: str,
    now: datetime,
) -> bool:
    """End a check with its result, or with a sentence why there is none; False: it had ended."""
    status = await connection.execute(
        sql.END_CHECK,
        check_id,
        owner,
        msgspec.to_builtins(lines),
        None if result is None else msgspec.to_builtins(result),
        fault,
        now,
    )
    return not status.endswith(" 0")


async def stop_check(
    connection: Connection, connector_id: int, stopped_by: str, now: datetime
) -> bool:
    """End the open check of a connector; False: none is open. Who runs it leaves off by itself."""
    said = _STOPPED.format(stopped_by)
    status = await connection.execute(sql.STOP_CHECK, connector_id, said, now)
    return not status.endswith(" 0")


async def refuse_open_check(connection: Connection, connector_id: int) -> None:
    """Raise CheckUnderWay while a check of the connector is open."""
    if await connection.fetchval(sql.IS_OPEN, connector_id):
        raise CheckUnderWay(UNDER_WAY)


async def newest_check(connection: Connection, connector_id: int) -> StoredCheck | None:
    """The newest check of a connector, if there ever was one."""
    row = await connection.fetchrow(sql.READ_NEWEST_CHECK, connector_id)
    return None if row is None else _stored(row)


def _stored(row: Row) -> StoredCheck:
    return StoredCheck(
        row["id"],
        row["asked_by"],
        row["asked_at"],
        tuple(row["numbers"]),
        row["begun_at"],
        msgspec.convert(row["steps"], tuple[CheckLine, ...]),
        None if row["result"] is None else msgspec.convert(row["result"], CheckResult),
        row["fault"],
        row["ended_at"],
    )
