"""Changing a v1 message that waits: more recipients, another time, closing, cancelling.

Each change locks the message's row first, then its recipients, then the wallet: two at once wait
for each other, and none is lost (contract section 4, PUT and DELETE). None waits long: it would
keep a connection from everybody else.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

import msgspec

from staffetta.callbacks.target import lane_host
from staffetta.db.pool import Connection, TryAgain
from staffetta.domain.epochs import to_milliseconds
from staffetta.domain.errors import NotAcceptingNow
from staffetta.domain.states import State
from staffetta.domain.templates import Template
from staffetta.ledger.book import Book, Wallet
from staffetta.messaging.alerts import tell_low_credit
from staffetta.messaging.bulk import sql
from staffetta.messaging.bulk.accept import BulkAcceptor, WordsFound, move_turns, read_turns
from staffetta.messaging.bulk.answer import TIME
from staffetta.messaging.bulk.errors import AlreadySending, NoSuchMessage, TransactionClosed
from staffetta.messaging.bulk.lanes import BEING_CHANGED
from staffetta.messaging.bulk.money import charge, credit_of, lock_wallet
from staffetta.messaging.bulk.note import note_ends
from staffetta.messaging.bulk.read import BulkView, bulk_view
from staffetta.messaging.bulk.realtime import free_realtime, take_realtime
from staffetta.messaging.bulk.request import Change, Recipients, Terms
from staffetta.messaging.bulk.rows import INVALID_LISTED_MAX, Counts, require_sendable
from staffetta.messaging.bulk.spans import spans_of
from staffetta.messaging.bulk.steps import copy_rows, numbers_of
from staffetta.messaging.draft import CLASS_URGENT
from staffetta.messaging.inspection import Space

_NOBODY: Final = Recipients(())


class BulkChanged(msgspec.Struct, frozen=True):
    """A change that is durable, and the message with it. Money in micro-units."""

    message: BulkView
    credit_micro: int  # after it
    paid_micro: int = 0  # by it


class _Open(msgspec.Struct):
    """A transaction whose row is locked, with what this change has added so far."""

    terms: Terms
    recipient_count: int
    invalid_listed: int
    first_invalid: str | None


class BulkChanger:
    """PUT and DELETE."""

    def __init__(self, acceptor: BulkAcceptor) -> None:
        self._acceptor = acceptor
        self._database = acceptor.database
        self._ids = acceptor.ids

    async def change(
        self, space: Space, message_id: bytes, change: Change, now: datetime
    ) -> BulkChanged:
        """Apply a change; answers what it took and left.

        Raises NoSuchMessage, TransactionClosed, NoRecipient, TooManyRecipients, RealtimeTooSoon,
        CreditTooLow, AccountBlocklisted, NotAcceptingNow; then nothing changed.
        """
        lanes = self._acceptor.lanes
        async with lanes.change(space.id, message_id, change.recipients):
            try:
                return await self._change(space, message_id, change, now)
            except WordsFound as found:
                raise await self._acceptor.punish(space.id, found, now) from None

    async def cancel(self, space: Space, message_id: bytes, now: datetime) -> None:
        """Take back a message that waits; nothing is refunded.

        Raises NoSuchMessage; AlreadySending when its time has come; NotAcceptingNow.
        """
        lanes = self._acceptor.lanes
        async with (
            lanes.change(space.id, message_id, _NOBODY),
            self._locked(space.id, message_id) as (connection, row),
        ):
            waits = row["is_open"] or (row["due_at"] is not None and row["due_at"] > now)
            if not waits or row["cancelled_at"] is not None:
                raise AlreadySending("message already scheduled for sending")
            place, recipient_count = (space.id, message_id), row["recipient_count"]
            for span in spans_of(recipient_count):
                await connection.execute(sql.CANCEL_RECIPIENTS, *place, *span, now)
            # A process whose clock is ahead may have begun: then it cannot be taken back.
            if await connection.fetchval(sql.IS_UNDER_WAY, *place):
                raise AlreadySending("message already scheduled for sending")
            await connection.execute(sql.CANCEL_STATE, *place, now)
            await note_ends(connection, *place, recipient_count, now)
            if row["class"] == CLASS_URGENT:
                await free_realtime(connection, *place, now)

    @asynccontextmanager
    async def _locked(
        self, space_id: int, message_id: bytes
    ) -> AsyncIterator[tuple[Connection, Any]]:
        """A transaction with the message's row locked; raises NoSuchMessage, NotAcceptingNow."""
        wait = f"{self._acceptor.lanes.locked_seconds_max * 1000:.0f}ms"
        try:
            async with self._database.transaction() as connection:
                await connection.execute(sql.LIMIT_LOCK_WAIT, wait)
                row = await connection.fetchrow(sql.LOCK_STATE, space_id, message_id)
                if row is None:
                    raise NoSuchMessage("No message found")
                yield connection, row
        except TryAgain:
            raise NotAcceptingNow(BEING_CHANGED) from None

    async def _change(
        self, space: Space, message_id: bytes, change: Change, now: datetime
    ) -> BulkChanged:
        queued: Counts | None = None
        async with self._locked(space.id, message_id) as (connection, row):
            if not row["is_open"]:
                moved_to = await self._change_time(connection, space, message_id, row, change, now)
                message = await _read(connection, space, message_id)
                _, wallet = await lock_wallet(connection, space.id, self._ids, now)
                if row["class"] == CLASS_URGENT:
                    await take_realtime(connection, space.id, message_id, moved_to, now)
                return BulkChanged(message, credit_of(wallet))
            due_at = change.due_at if change.changes_due else row["due_at"]
            held = _open(space, message_id, row, due_at, now)
            if change.recipients.count_at_least:
                await self._add(connection, space, held, change.recipients)
            if change.changes_due:
                await _note_time(connection, space.id, message_id, due_at, now)
            if change.closes:
                queued = await self._close(connection, held)
            # Before the wallet is locked, and before anything can be taken from it.
            message = await _read(connection, space, message_id)
            book, wallet = await lock_wallet(connection, space.id, self._ids, now)
            if queued is not None:
                await self._queue(connection, space, held.terms, queued, book, wallet)
        if queued is not None:
            self._acceptor.ring(queued)
        return BulkChanged(message, credit_of(wallet), queued.price_micro if queued else 0)

    async def _queue(
        self,
        connection: Connection,
        space: Space,
        terms: Terms,
        queued: Counts,
        book: Book,
        wallet: Wallet,
    ) -> None:
        """Take the price and the places of what was closed."""
        now = terms.now
        if terms.class_ == CLASS_URGENT:
            due_at = max(terms.due_at or now, now)
            await take_realtime(connection, space.id, terms.message_id, due_at, now)
        await charge(
            *(connection, book, wallet, terms.message_id, queued.price_micro), space.allowance
        )
        await move_turns(connection, terms, queued)
        await tell_low_credit(connection, book, self._ids)

    async def _add(
        self, connection: Connection, space: Space, held: _Open, recipients: Recipients
    ) -> None:
        terms, most = held.terms, self._acceptor.recipients_max
        numbers = await numbers_of(recipients, most)
        rows = await connection.fetch(sql.FIND_TAKEN, space.id, terms.message_id, numbers)
        taken = {row["number"] for row in rows}
        # Positions have no gaps, so the next one is how many there are.
        maker = self._acceptor.row_maker(terms, space, {}, held.recipient_count)
        await copy_rows(connection, maker.rows(recipients, taken))
        counts = maker.counts
        if counts.finding is not None:
            raise WordsFound(counts.finding, is_test=terms.is_test)
        first = held.recipient_count
        held.recipient_count += counts.recipient_count
        if terms.callback_host is not None and counts.refused_as:
            place = (space.id, terms.message_id)
            await note_ends(connection, *place, held.recipient_count, terms.now, first=first)
        listed = counts.invalid[: max(INVALID_LISTED_MAX - held.invalid_listed, 0)]
        held.first_invalid = held.first_invalid or next(iter(listed), None)
        await connection.execute(
            sql.ADD_TO_STATE,
            *(space.id, terms.message_id, counts.recipient_count, counts.segment_total),
            *(counts.base_micro, counts.price_micro, counts.invalid_total, listed, terms.now),
        )

    async def _close(self, connection: Connection, held: _Open) -> Counts:
        """Queue what waits; answers what was queued where, and its price."""
        terms = held.terms
        place, now = (terms.space_id, terms.message_id), terms.now
        due_at = max(terms.due_at or now, now)
        state = State.SCHEDULED if due_at > now else State.QUEUED
        places = await read_turns(connection, terms.space_id)
        queued, is_empty = Counts(), True
        for span in spans_of(held.recipient_count):
            rows = await connection.fetch(
                sql.CLOSE_RECIPIENTS,
                *(*place, *span, State.DELIVERED if terms.is_test else state),
                *(due_at, due_at + self._acceptor.time_to_live, now),
                *(0 if terms.is_test else terms.priority, terms.factor),
                *(now if terms.is_test else None, list(places), list(places.values())),
            )
            for row in rows:
                is_empty = False
                queued.base_micro += 0 if terms.is_test else row["base_micro"]
                queued.price_micro += row["charged_micro"]
                places[row["connector_id"]] = row["turn"]
                queued.turns[row["connector_id"]] = row["turn"]
        if is_empty:
            refused = await connection.fetch(sql.READ_REFUSALS, *place)
            require_sendable(0, {row["refused_as"] for row in refused}, held.first_invalid)
        await connection.execute(
            *(sql.CLOSE_STATE, *place, terms.due_at, queued.base_micro, queued.price_micro, now)
        )
        if terms.is_test:
            await note_ends(connection, *place, held.recipient_count, now)
        return queued

    async def _change_time(
        self,
        connection: Connection,
        space: Space,
        message_id: bytes,
        row: Any,
        change: Change,
        now: datetime,
    ) -> datetime:
        """Another time for a message that waits for its time; anything else comes too late."""
        waits = row["due_at"] is not None and row["due_at"] > now and row["cancelled_at"] is None
        if not waits or not change.is_time_alone:
            raise TransactionClosed("Transaction already closed")
        place, due_at = (space.id, message_id), max(change.due_at or now, now)
        await _note_time(connection, *place, due_at, now)
        expires_at = due_at + self._acceptor.time_to_live
        for span in spans_of(row["recipient_count"]):
            await connection.execute(sql.MOVE_RECIPIENTS, *place, *span, due_at, expires_at, now)
        if await connection.fetchval(sql.IS_UNDER_WAY, *place):
            raise TransactionClosed("Transaction already closed")
        return due_at


async def _read(connection: Connection, space: Space, message_id: bytes) -> BulkView:
    """The message as this transaction leaves it: afterwards, a reading that fails would be told
    as if the change had failed.
    """
    row = await connection.fetchrow(sql.GET, space.id, message_id)
    assert row is not None, "its row is locked"
    return bulk_view(row)


async def _note_time(
    connection: Connection,
    space_id: int,
    message_id: bytes,
    due_at: datetime | None,
    now: datetime,
) -> None:
    await connection.execute(sql.SET_DUE_OF_STATE, space_id, message_id, due_at, now)
    shown: Mapping[str, object] = {TIME: str(to_milliseconds(due_at or now))}
    await connection.execute(sql.SET_DUE_OF_MESSAGE, space_id, message_id, due_at or now, shown)


def _open(
    space: Space, message_id: bytes, row: Any, due_at: datetime | None, now: datetime
) -> _Open:
    callback: Mapping[str, Any] | None = row["callback"]
    terms = Terms(
        space_id=space.id,
        message_id=message_id,
        sender=row["sender"],
        body=Template(row["body"]),
        class_=row["class"],
        priority=row["priority"],
        factor=row["factor"],
        is_test=row["is_test"],
        is_open=True,
        due_at=due_at,
        callback_host=None if callback is None else lane_host(callback["url"]),
        now=now,
    )
    return _Open(terms, row["recipient_count"], row["invalid_listed"], row["first_invalid"])
