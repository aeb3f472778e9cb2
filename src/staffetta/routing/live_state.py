"""What every connector does at this moment, read for people who watch: bounded, however much waits.

Owns the reading, and the time that it may take.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from staffetta.db.pool import Connection, Database, Row
from staffetta.domain.environments import Environment
from staffetta.domain.ids import lowest_id
from staffetta.routing import state_sql as sql
from staffetta.routing.alarms import OpenAlarm, open_alarms
from staffetta.routing.change_sql import LIMIT_STATEMENTS
from staffetta.routing.held_links import HeldLink, read_links

# Of each connector: beyond that it is "many", and the oldest is the oldest of those.
WAITING_LOOKED_AT_MAX: Final = 10_000
STRAY_LOOKED_AT_MAX: Final = 1_000
_STATEMENT_MILLISECONDS_MAX: Final = 2_000
_STRAY_WITHIN: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits on a connector, and what is under way."""

    waiting_count: int  # recipients whose turn it is; WAITING_LOOKED_AT_MAX stands for more
    waiting_since: datetime | None  # when the first of them was due
    under_way_count: int  # recipients being sent

    @property
    def is_cut(self) -> bool:
        """Whether more may wait than were looked at."""
        return self.waiting_count >= WAITING_LOOKED_AT_MAX


@dataclass(frozen=True, slots=True)
class LiveConnector:
    """One connector, and what it does now."""

    connector_id: int
    environment: Environment
    name: str
    kind: str  # smpp or simulated
    host: str
    port: int
    system_id: str
    window_max: int  # of one link
    rate_per_second: int  # of all links; 0: unlimited
    link_count: int
    enabled: bool
    report_spelling: str | None  # how its reports spell ids, where that was learned
    links: Sequence[HeldLink]
    alarms: Sequence[OpenAlarm]
    queue: Queue

    @property
    def bound_count(self) -> int:
        """How many links the carrier let in."""
        return sum(link.is_bound for link in self.links)

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is in flight."""
        return not self.queue.under_way_count and not any(link.is_open for link in self.links)

    @property
    def submit_count(self) -> int:
        """Segments written within the last minute."""
        return sum(link.use.submit_count for link in self.links if link.use)

    @property
    def report_count(self) -> int:
        """Reports heard within the last minute."""
        return sum(link.use.report_count for link in self.links if link.use)

    @property
    def open_count(self) -> int:
        """Segments that wait for an answer."""
        return sum(link.use.open_count for link in self.links if link.use)

    @property
    def per_second(self) -> float:
        """Segments written a second, of late."""
        return sum(link.use.per_second for link in self.links if link.use)

    @property
    def throttle_count(self) -> int:
        """How often the carrier asked to slow down within the last minute."""
        return sum(link.use.throttle_count for link in self.links if link.use)


async def look_at_connectors(
    database: Database, connector_id: int | None = None
) -> list[LiveConnector]:
    """Every connector, or one, by environment and name, as of one moment.

    Raises TryAgain when that takes too long.
    """
    async with database.transaction(isolation="repeatable_read", readonly=True) as connection:
        await connection.execute(LIMIT_STATEMENTS, str(_STATEMENT_MILLISECONDS_MAX))
        return await read_live_connectors(connection, connector_id)


async def read_live_connectors(
    connection: Connection, connector_id: int | None = None
) -> list[LiveConnector]:
    """The same in a transaction that sees one snapshot."""
    links, alarms = await read_links(connection, connector_id), await open_alarms(connection)
    queues = {
        row["connector_id"]: Queue(row["count"], row["since"], row["under_way_count"])
        for row in await connection.fetch(sql.COUNT_QUEUES, connector_id, WAITING_LOOKED_AT_MAX)
    }
    return [
        _connector(row, links, alarms, queues[row["id"]])
        for row in await connection.fetch(sql.READ_CONNECTORS, connector_id)
    ]


def _connector(
    row: Row, links: Sequence[HeldLink], alarms: Sequence[OpenAlarm], queue: Queue
) -> LiveConnector:
    connector_id = row["id"]
    return LiveConnector(
        connector_id,
        Environment(row["environment"]),
        row["name"],
        row["kind"],
        row["host"],
        row["port"],
        row["system_id"],
        row["window_max"],
        row["rate_per_second"],
        row["link_count"],
        row["enabled"],
        row["report_spelling"],
        [
            link
            for link in links
            if link.connector_id == connector_id
            # There may have been more; they are told of as long as they are open.
            and (link.number <= row["link_count"] or link.is_open)
        ],
        [alarm for alarm in alarms if alarm.connector_id == connector_id],
        queue,
    )


async def count_stray_reports(connection: Connection, connector_id: int, now: datetime) -> int:
    """How many reports of the last hour found no message; STRAY_LOOKED_AT_MAX stands for more."""
    since = lowest_id(now - _STRAY_WITHIN)
    count: int = await connection.fetchval(
        sql.COUNT_STRAY_REPORTS, connector_id, since, STRAY_LOOKED_AT_MAX
    )
    return count
