"""What a connector does and what needs it: links, what waits, what is under way, its answers.

What is counted for a person to look at is counted `in_time`, in a transaction of its own: a backlog
of millions must keep nobody from stopping a connector.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from staffetta.db.pool import Connection, Database, TryAgain
from staffetta.domain.ids import lowest_id
from staffetta.routing import change_sql as sql
from staffetta.routing.held_links import read_links

ANSWERS_SECONDS: Final = 3600.0
# Of each space: what is looked at has a bound, whatever was sent.
ANSWERS_LOOKED_AT_MAX: Final = 5_000
COUNT_SECONDS_MAX: Final = 2.0  # for one statement that somebody waits for
# Messages live two days as a rule; what was made for later than that is not counted.
_MADE_WITHIN: Final = timedelta(hours=49)
Counted = TypeVar("Counted")


@dataclass(frozen=True, slots=True)
class InFlight:
    """What a connector does at this moment."""

    under_way_count: int  # recipients being sent
    open_link_count: int

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is in flight: no link is open, nobody waits for an answer."""
        return not self.under_way_count and not self.open_link_count

    @property
    def sentences(self) -> Sequence[str]:
        """What keeps the connector, in words; empty when nothing does."""
        return _said(
            (self.under_way_count, "{} are being sent"),
            (self.open_link_count, "{} links are open"),
        )


@dataclass(frozen=True, slots=True)
class Backlog:
    """What needs a connector later."""

    queued_count: int  # recipients that wait for a link
    queued_since: datetime | None  # when the first of them was due
    scheduled_count: int  # recipients that wait for their time, or for another try
    awaited_count: int  # recipients accepted by the carrier, without a final report

    @property
    def waiting_count(self) -> int:
        """Recipients that are still to be sent."""
        return self.queued_count + self.scheduled_count

    @property
    def sentences(self) -> Sequence[str]:
        """What keeps the connector, in words; empty when nothing does."""
        return _said(
            (self.waiting_count, "{} recipients wait to be sent"),
            (self.awaited_count, "{} were sent and have no final report"),
        )


def _said(*counted: tuple[int, str]) -> Sequence[str]:
    return [sentence.format(count) for count, sentence in counted if count]


@dataclass(frozen=True, slots=True)
class AnswerCount:
    """How often the carrier answered so."""

    outcome: str  # accepted, refused or uncertain
    command_status: int | None
    count: int  # of segments


@dataclass(frozen=True, slots=True)
class LastHour:
    """The carrier's answers of the last hour, the commonest first."""

    answers: Sequence[AnswerCount]
    is_cut: bool  # an account sent more than is looked at: there may be more answers


async def in_time(
    database: Database,
    count: Callable[[Connection], Awaitable[Counted]],
    seconds: float = COUNT_SECONDS_MAX,
) -> Counted | None:
    """What `count` finds in a transaction of its own; None when a statement takes too long."""
    try:
        async with database.transaction(readonly=True) as connection:
            await connection.execute(sql.LIMIT_STATEMENTS, str(int(seconds * 1000)))
            return await count(connection)
    except TryAgain:
        return None


async def count_backlog(connection: Connection, connector_id: int) -> Backlog:
    """What waits on a connector; visits what is open of every connector."""
    row = await connection.fetchrow(sql.COUNT_OPEN, connector_id)
    assert row is not None, "counting gives a row"
    return Backlog(
        queued_count=row["queued_count"],
        queued_since=row["queued_since"],
        scheduled_count=row["scheduled_count"],
        awaited_count=row["awaited_count"],
    )


async def count_in_flight(connection: Connection, connector_id: int) -> InFlight:
    """What a connector does now; cheap, however much waits."""
    links = await read_links(connection, connector_id)
    under_way_count: int = await connection.fetchval(sql.COUNT_UNDER_WAY, connector_id)
    return InFlight(under_way_count, sum(link.is_open for link in links))


async def count_answers(connection: Connection, connector_id: int, now: datetime) -> LastHour:
    """The carrier's answers of the last hour, as far as they are looked at."""
    rows = await connection.fetch(
        sql.COUNT_ANSWERS,
        connector_id,
        lowest_id(now - _MADE_WITHIN),
        now - timedelta(seconds=ANSWERS_SECONDS),
        ANSWERS_LOOKED_AT_MAX,
    )
    counted = (AnswerCount(row["outcome"], row["command_status"], row["count"]) for row in rows)
    return LastHour([one for one in counted if one.count], any(row["is_cut"] for row in rows))


@dataclass(frozen=True, slots=True)
class LearnedSpelling:
    """How a carrier spells ids in reports, as its reports showed."""

    report_spelling: str
    evidence_count: int  # reports that agreed
    learned_at: datetime


async def read_learned(connection: Connection, connector_id: int) -> LearnedSpelling | None:
    """What a carrier's reports taught of its ids; None while nothing."""
    row = await connection.fetchrow(sql.READ_LEARNED, connector_id)
    if row is None:
        return None
    return LearnedSpelling(row["report_spelling"], row["evidence_count"], row["learned_at"])
