"""What of a carrier a person should look at: raised, so again, and over.

One alarm of a kind is open for a connector at a time; whoever notices the same again makes it
newer. Owns the kinds and the table connector_alarm; who notices what is others' work.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from staffetta.db.pool import Connection
from staffetta.domain.environments import Environment
from staffetta.routing import sql

OPEN_ALARMS_MAX: Final = 200  # shown at once
_KEPT: Final = timedelta(days=90)  # alarms that are over


class AlarmKind(StrEnum):
    """What can be noticed. The values are the database's."""

    BIND_REFUSED = "bind_refused"  # the carrier refuses who we are
    NOT_BOUND = "not_bound"  # a link has had no bind for long, whatever the reason
    NO_CREDIT = "no_credit"  # the account at the carrier is used up
    SILENT = "silent"  # the carrier is there and does not answer
    UNREADABLE = "unreadable"  # the carrier cannot read what we write
    UNMATCHED_REPORTS = "unmatched_reports"  # most reports find no message


class AlarmChange(msgspec.Struct, frozen=True):
    """An alarm is raised, is so again, or is over."""

    connector_id: int
    kind: AlarmKind
    detail: str | None  # one sentence: what, and what to do; None: it is over
    quiet_since: datetime | None = None  # it is over unless somebody noticed it since


class OpenAlarm(msgspec.Struct, frozen=True):
    """One alarm that is not over."""

    connector_id: int
    environment: Environment
    connector: str  # its name
    kind: str  # e.g. bind_refused, no_credit, silent
    detail: str  # one sentence: what, and what to do
    raised_at: datetime
    last_at: datetime  # when it was last so


async def raise_alarm(
    connection: Connection, connector_id: int, kind: str, detail: str, now: datetime
) -> None:
    """Open an alarm, or make the open one newer; a connector that is gone or stopped has none."""
    await connection.execute(sql.RAISE_ALARM, connector_id, kind, detail, now, now - _KEPT)


async def clear_alarm(
    connection: Connection,
    connector_id: int,
    kind: str,
    now: datetime,
    quiet_since: datetime | None = None,
) -> bool:
    """End an alarm, unless somebody noticed it since `quiet_since`; whether one was open."""
    status = await connection.execute(sql.CLEAR_ALARM, connector_id, kind, now, quiet_since)
    return not status.endswith(" 0")


async def clear_alarms_of_stopped(connection: Connection, now: datetime) -> None:
    """End what is open of connectors that are disabled: nobody is left to see its end."""
    await connection.execute(sql.CLEAR_ALARMS_OF_STOPPED, now)


async def open_alarms(
    connection: Connection, alarms_max: int = OPEN_ALARMS_MAX
) -> Sequence[OpenAlarm]:
    """The alarms that are not over, oldest first, `alarms_max` at most."""
    rows = await connection.fetch(sql.READ_OPEN_ALARMS, alarms_max)
    return [OpenAlarm(**{**row, "environment": Environment(row["environment"])}) for row in rows]
