"""Reading messages back, within one space and never outside it."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, cast

from staffetta.db.pool import Database, Row
from staffetta.domain.encodings import Encoding
from staffetta.domain.environments import Market
from staffetta.domain.errors import NotAcceptingNow
from staffetta.domain.states import State
from staffetta.messaging.lists import Listed, ListQuery
from staffetta.messaging.sql import read as sql
from staffetta.messaging.view import MessageView

DRY_RUN_KEPT: Final = timedelta(hours=24)
# About 50 ms of one processor; docs/reference/lists.md says how it was measured.
LOOKED_AT_MAX: Final = 200_000
_SKIP_QUICKLY_MAX: Final = 10_000
_SLOW_LISTS_MAX: Final = 1
_WAIT_SECONDS_MAX: Final = 10.0


class Reader:
    """Reads the messages of spaces."""

    def __init__(
        self,
        database: Database,
        *,
        looked_at_max: int = LOOKED_AT_MAX,
        wait_seconds_max: float = _WAIT_SECONDS_MAX,
    ) -> None:
        self._database = database
        self._looked_at_max = looked_at_max
        self._wait_seconds_max = wait_seconds_max
        # Whoever searches must not take the connections that messages are accepted with.
        self._slow_lists = asyncio.Semaphore(_SLOW_LISTS_MAX)

    async def get(self, space_id: int, message_id: bytes, now: datetime) -> MessageView | None:
        """One message, or None; a dry run is found for 24 hours."""
        async with self._database.acquire() as connection:
            row = await connection.fetchrow(
                sql.GET_MESSAGE, space_id, message_id, now - DRY_RUN_KEPT
            )
        return None if row is None else view_of(row)

    async def first_answer(self, space_id: int, message_id: bytes) -> MessageView | None:
        """A message as its 201 showed it, whatever became of it since; or None."""
        async with self._database.acquire() as connection:
            row = await connection.fetchrow(sql.GET_AS_ACCEPTED, space_id, message_id)
        return None if row is None else view_of(cast("Row", _as_accepted(row)))

    async def list(self, space_id: int, wanted: ListQuery) -> Listed:
        """One page of messages, newest first; dry runs are not listed.

        Looks at a bounded number of messages. Lists that search or skip far go one at a time;
        raises NotAcceptingNow when one has waited too long for its turn.
        """
        if not wanted.searches and wanted.skip <= _SKIP_QUICKLY_MAX:
            return await self._list(space_id, wanted)
        try:
            async with asyncio.timeout(self._wait_seconds_max):
                await self._slow_lists.acquire()
        except TimeoutError:
            raise NotAcceptingNow(
                "too many searches at once: try again, or ask for less at a time"
            ) from None
        try:
            return await self._list(space_id, wanted)
        finally:
            self._slow_lists.release()

    async def _list(self, space_id: int, wanted: ListQuery) -> Listed:
        looked_at = self._looked_at_max + wanted.skip + wanted.limit
        span = (space_id, *wanted.ids, looked_at)
        page = (*span, *wanted.times, wanted.skip, wanted.limit + 1)  # one more tells of a next
        # Both statements see the same: what comes meanwhile would move the end of what was seen.
        async with self._database.transaction(
            isolation="repeatable_read", readonly=True
        ) as connection:
            if wanted.searches:
                rows = await connection.fetch(sql.SEARCH_MESSAGES, *page, *_filters(wanted))
            else:
                rows = await connection.fetch(sql.LIST_MESSAGES, *page)
            if len(rows) > wanted.limit:
                views = [view_of(row) for row in rows[:-1]]
                return Listed(views, views[-1].id)
            came_to = sql.SEARCHED_TO if wanted.searches else sql.LISTED_TO
            return Listed([view_of(row) for row in rows], await connection.fetchval(came_to, *span))


def _filters(wanted: ListQuery) -> tuple[object, ...]:
    states = wanted.states
    if states is None:
        return wanted.number, None, None
    return wanted.number, list(states.once), list(states.perhaps_twice)


def view_of(row: Row) -> MessageView:
    """A message as a row of messaging.sql.read, or one like it, tells of it."""
    # What was paid, and nothing after a refund; a dry run shows what it would cost.
    paid = row["charged_micro"] > 0 or row["dry_run"]
    return MessageView(
        id=row["id"],
        market=Market(row["market"]),
        state=State(row["state"]),
        dry_run=row["dry_run"],
        sender=row["sender"],
        recipient=row["number"],
        calling_code=row["calling_code"],
        country=row["country"],
        text=row["body"],
        encoding=Encoding(row["encoding"]),
        characters_count=row["characters_count"],
        segment_count=row["segment_count"],
        price_micro=row["price_micro"] if paid else 0,
        total_price_micro=_total_micro(row),
        options=row["options"],
        callback=row["callback"],
        blocklisted_reason=row["blocklisted_reason"],
        possibly_duplicate=row["possibly_duplicate"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        sent_at=row["sent_at"],
        delivered_at=row["delivered_at"],
        send_at=row["due_at"] if row["due_at"] > row["created_at"] else None,
    )


def _as_accepted(row: Row) -> Mapping[str, object]:
    """The row of a view, with what can change later as it was at the 201."""
    paid_micro = row["price_micro"] * (row["segment_count"] - row["bundle_segment_count"])
    charges = Market(row["market"]).charges_on_acceptance
    waits = State.SCHEDULED if row["due_at"] > row["created_at"] else State.QUEUED
    return {
        **row,
        "state": State.CANCELLED if row["dry_run"] else waits,
        "charged_micro": paid_micro if charges and not row["dry_run"] else 0,
        "possibly_duplicate": False,
        "updated_at": row["created_at"],
        "sent_at": None,
        "delivered_at": None,
    }


def _total_micro(row: Row) -> int:
    """What was paid; a dry run shows what it would cost."""
    total: int = row["charged_micro"]
    return row["price_micro"] * row["segment_count"] if row["dry_run"] else total
