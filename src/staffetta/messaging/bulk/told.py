"""Messages and recipients as callbacks tell them: as they are at the moment of sending.

Counting the recipients of a large message takes a while, and it has a callback for every thousand.
So a count is used again for some seconds, but never for a callback that no other will follow: the
last one tells how it ended.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Final

import msgspec

from staffetta.callbacks.claim import Claim
from staffetta.db.pool import Connection, Row
from staffetta.domain.templates import Template
from staffetta.messaging.bulk import sql, tell_sql
from staffetta.messaging.bulk.read import (
    COUNTED_QUICKLY_MAX,
    READ_STEP,
    BulkView,
    RecipientView,
    bulk_view,
    recipient_view,
)

_COUNT_KEPT_SECONDS: Final = 5.0
_COUNTS_MAX: Final = 1000
_Place = tuple[int, bytes]


class RecentCounts:
    """Counts of the recipients of large messages, for a few seconds each."""

    def __init__(self, counted_quickly_max: int = COUNTED_QUICKLY_MAX) -> None:
        self._counted_quickly_max = counted_quickly_max
        self._kept: dict[_Place, tuple[float, Row]] = {}

    def find(self, message: Row, at: float) -> Row | None:
        """A count that may be used again at `at` (seconds of a monotonic clock)."""
        kept = self._kept.get(_place_of(message))
        if kept is None or at - kept[0] > _COUNT_KEPT_SECONDS or not message["has_more"]:
            return None
        return kept[1]

    def keep(self, message: Row, counted: Row, at: float) -> None:
        """Remember a count that was begun at `at`, if the message is large."""
        if message["recipient_count"] <= self._counted_quickly_max:
            return
        place = _place_of(message)
        self._kept.pop(place, None)
        self._kept[place] = (at, counted)
        if len(self._kept) > _COUNTS_MAX:
            del self._kept[next(iter(self._kept))]


class ToldBulk(msgspec.Struct, frozen=True):
    """What one callback tells, but for its recipients."""

    message: Row
    view: BulkView

    @property
    def callback(self) -> Mapping[str, object]:
        """Where it goes, as the message keeps it."""
        return self.message["callback"] or {}


async def read_told_bulk(
    connection: Connection, claims: Sequence[Claim], recent: RecentCounts, at: float
) -> dict[bytes, ToldBulk]:
    """What each claim tells, by the callback's id; a message that is gone is not there.

    `at` is the monotonic clock now, in seconds.
    """
    messages = await _read_messages(connection, claims)
    counted = await _count(connection, messages, recent, at)
    told: dict[bytes, ToldBulk] = {}
    for claim in claims:
        message = messages.get((claim.space_id, claim.message_id or b""))
        if message is not None:
            view = bulk_view(message, counted[_place_of(message)])
            told[claim.id] = ToldBulk(message, view)
    return told


async def recipients_told(
    connection: Connection, told: ToldBulk, recipient_ids: Sequence[bytes]
) -> AsyncGenerator[Sequence[RecipientView], None]:
    """The recipients that a callback names, in the order of their ids, a few at a time."""
    message, body = told.message, Template(told.message["body"])
    for start in range(0, len(recipient_ids), READ_STEP):
        asked = recipient_ids[start : start + READ_STEP]
        rows = await connection.fetch(sql.READ_SOME_RECIPIENTS, message["space_id"], asked)
        yield [recipient_view(row, message["id"], message, body) for row in rows]


def _place_of(row: Row) -> _Place:
    return row["space_id"], row["id"]


async def _read_messages(connection: Connection, claims: Sequence[Claim]) -> dict[_Place, Row]:
    asked = sorted({(one.space_id, one.message_id) for one in claims if one.message_id})
    rows = await connection.fetch(
        tell_sql.READ_TOLD,
        [space_id for space_id, _ in asked],
        [message_id for _, message_id in asked],
    )
    return {_place_of(row): row for row in rows}


async def _count(
    connection: Connection, messages: Mapping[_Place, Row], recent: RecentCounts, at: float
) -> dict[_Place, Row]:
    """A count of each message's recipients, as fresh as it has to be."""
    found = {place: recent.find(message, at) for place, message in messages.items()}
    counted = {place: count for place, count in found.items() if count is not None}
    missing = sorted(messages.keys() - counted.keys())
    if missing:
        rows = await connection.fetch(
            sql.COUNT_SOME,
            [space_id for space_id, _ in missing],
            [message_id for _, message_id in missing],
        )
        for row in rows:
            counted[_place_of(row)] = row
            recent.keep(messages[_place_of(row)], row, at)
    return counted
