"""What a connector does and what needs it: links, what waits, what is under way, its answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from staffetta.db.pool import Connection
from staffetta.domain.ids import lowest_id
from staffetta.routing import change_sql as sql
from staffetta.routing.carriers import OWNER_DEAD_SECONDS

ANSWERS_SECONDS: Final = 3600.0
# Of each space: what is looked at has a bound, whatever was sent.
ANSWERS_LOOKED_AT_MAX: Final = 100_000
# Messages live two days as a rule; what was made for later than that is not counted.
_MADE_WITHIN: Final = timedelta(hours=49)
# The states of a link that has no connection; one that never could start stays refused.
_CLOSED: Final = frozenset({"down", "waiting", "refused"})


@dataclass(frozen=True, slots=True)
class HeldLink:
    """One link, as its owner last said."""

    number: int  # from 1
    state: str
    detail: str
    since: datetime
    is_held: bool  # whether a process that lives holds it


@dataclass(frozen=True, slots=True)
class ConnectorUse:
    """What needs a connector now."""

    queued_count: int  # recipients that wait for a link
    queued_since: datetime | None  # when the first of them was due
    scheduled_count: int  # recipients that wait for their time, or for another try
    under_way_count: int  # recipients being sent
    awaited_count: int  # recipients accepted by the carrier, without a final report
    open_link_count: int

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is in flight: no link is open, nobody waits for an answer."""
        return not self.under_way_count and not self.open_link_count

    @property
    def sentences(self) -> Sequence[str]:
        """What keeps the connector, in words; empty when nothing does."""
        waiting_count = self.queued_count + self.scheduled_count
        counted = (
            (waiting_count, "{} recipients wait to be sent"),
            (self.under_way_count, "{} are being sent"),
            (self.awaited_count, "{} were sent and have no final report"),
            (self.open_link_count, "{} links are open"),
        )
        return [sentence.format(count) for count, sentence in counted if count]


@dataclass(frozen=True, slots=True)
class AnswerCount:
    """How often the carrier answered so."""

    outcome: str  # accepted, refused or uncertain
    command_status: int | None
    count: int  # of segments


async def read_links(connection: Connection, connector_id: int) -> list[HeldLink]:
    """The links of a connector, by number."""
    rows = await connection.fetch(sql.LINKS_OF, connector_id, OWNER_DEAD_SECONDS)
    return [
        HeldLink(row["number"], row["state"], row["detail"], row["changed_at"], row["is_held"])
        for row in rows
    ]


async def read_use(connection: Connection, connector_id: int) -> ConnectorUse:
    """What needs a connector; reads what is open, not what is history."""
    row = await connection.fetchrow(sql.COUNT_OPEN, connector_id)
    assert row is not None, "counting gives a row"
    under_way_count, open_link_count = await _count_in_flight(connection, connector_id)
    return ConnectorUse(
        queued_count=row["queued_count"],
        queued_since=row["queued_since"],
        scheduled_count=row["scheduled_count"],
        under_way_count=under_way_count,
        awaited_count=row["awaited_count"],
        open_link_count=open_link_count,
    )


async def is_at_rest(connection: Connection, connector_id: int) -> bool:
    """Whether nothing is in flight; cheap, however much waits."""
    return not any(await _count_in_flight(connection, connector_id))


async def _count_in_flight(connection: Connection, connector_id: int) -> tuple[int, int]:
    """How many recipients are being sent, and how many links are open."""
    links = await read_links(connection, connector_id)
    under_way_count: int = await connection.fetchval(sql.COUNT_UNDER_WAY, connector_id)
    return under_way_count, sum(link.is_held and link.state not in _CLOSED for link in links)


async def count_answers(
    connection: Connection, connector_id: int, now: datetime
) -> list[AnswerCount]:
    """The carrier's answers of the last hour, the commonest first."""
    rows = await connection.fetch(
        sql.COUNT_ANSWERS,
        connector_id,
        lowest_id(now - _MADE_WITHIN),
        now - timedelta(seconds=ANSWERS_SECONDS),
        ANSWERS_LOOKED_AT_MAX,
    )
    return [AnswerCount(row["outcome"], row["command_status"], row["count"]) for row in rows]


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
