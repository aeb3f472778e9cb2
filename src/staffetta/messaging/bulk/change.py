"""Changing a v1 message that waits: more recipients, another time, closing, cancelling.

Each change locks the message's row first, then its recipients, then the wallet: two at once wait
for each other, and none is lost (contract section 4, PUT and DELETE).
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from staffetta.callbacks.target import lane_host
from staffetta.db.pool import Connection, Database
from staffetta.domain.epochs import to_milliseconds
from staffetta.domain.ids import IdMaker
from staffetta.domain.states import State
from staffetta.domain.templates import Template
from staffetta.messaging.bulk import sql
from staffetta.messaging.bulk.accept import (
    STEP,
    BulkAcceptor,
    WordsFound,
    copy_rows,
    move_turns,
    read_turns,
)
from staffetta.messaging.bulk.errors import AlreadySending, NoSuchMessage, TransactionClosed
from staffetta.messaging.bulk.money import charge, credit_of, lock_wallet, tell
from staffetta.messaging.bulk.note import note_ends
from staffetta.messaging.bulk.request import Change, Recipients, Terms
from staffetta.messaging.bulk.rows import Counts, number_of, require_sendable
from staffetta.messaging.inspection import Space

_DISCARDED_MAX: Final = 20


class Changed(msgspec.Struct, frozen=True):
    """A change that is durable. Money in micro-units."""

    credit_micro: int  # after it
    paid_micro: int = 0  # by it


class BulkChanger:
    """PUT and DELETE."""

    def __init__(self, acceptor: BulkAcceptor, ids: IdMaker) -> None:
        self._acceptor = acceptor
        self._database = acceptor.database
        self._ids = ids

    async def change(
        self, space: Space, message_id: bytes, change: Change, now: datetime
    ) -> Changed:
        """Apply a change; answers what it took and left.

        Raises NoSuchMessage, TransactionClosed, NoRecipient, CreditTooLow, AccountBlocklisted;
        then nothing changed.
        """
        async with self._acceptor.lanes.enter(change.recipients):
            try:
                return await self._change(space, message_id, change, now)
            except WordsFound as found:
                raise await self._acceptor.punish(space.id, found, now) from None

    async def cancel(self, space: Space, message_id: bytes, now: datetime) -> None:
        """Take back a message that waits; nothing is refunded.

        Raises NoSuchMessage; AlreadySending when its time has come.
        """
        async with self._database.transaction() as connection:
            row = await _lock(connection, space.id, message_id)
            waits = row["is_open"] or (row["due_at"] is not None and row["due_at"] > now)
            if not waits or row["cancelled_at"] is not None:
                raise AlreadySending("message already scheduled for sending")
            await connection.execute(sql.CANCEL_RECIPIENTS, space.id, message_id, now)
            # A process whose clock is ahead may have begun: then it cannot be taken back.
            if await connection.fetchval(sql.COUNT_UNDER_WAY, space.id, message_id):
                raise AlreadySending("message already scheduled for sending")
            await connection.execute(sql.CANCEL_STATE, space.id, message_id, now)
            await note_ends(connection, space.id, message_id, now)

    async def _change(
        self, space: Space, message_id: bytes, change: Change, now: datetime
    ) -> Changed:
        queued: Counts | None = None
        async with self._database.transaction() as connection:
            row = await _lock(connection, space.id, message_id)
            if not row["is_open"]:
                await _change_time(connection, space, message_id, row, change, now, self._acceptor)
                _, wallet = await lock_wallet(connection, space.id, self._ids, now)
                return Changed(credit_of(wallet))
            due_at = change.due_at if change.changes_due else row["due_at"]
            terms = _terms(space, message_id, row, due_at, now)
            invalid = row["invalid"]
            if change.recipients.count_at_least:
                added = await self._add(connection, space, terms, change.recipients)
                invalid = invalid + added.invalid
            if change.changes_due:
                await _note_time(connection, space.id, message_id, due_at, now)
            if change.closes:
                queued = await self._close(connection, terms, invalid)
            book, wallet = await lock_wallet(connection, space.id, self._ids, now)
            if queued is not None:
                await charge(
                    *(connection, book, wallet, message_id, queued.price_micro), space.allowance
                )
                await move_turns(connection, terms, queued)
                await tell(connection, book, self._ids)
        if queued is not None:
            self._acceptor.ring(queued)
        return Changed(credit_of(wallet), queued.price_micro if queued else 0)

    async def _add(
        self, connection: Connection, space: Space, terms: Terms, recipients: Recipients
    ) -> Counts:
        numbers = await _numbers_of(recipients)
        rows = await connection.fetch(sql.FIND_TAKEN, space.id, terms.message_id, numbers)
        taken = {row["number"] for row in rows}
        first = await connection.fetchval(sql.NEXT_POSITION, space.id, terms.message_id)
        maker = self._acceptor.row_maker(terms, space, {}, first)
        await copy_rows(connection, maker.rows(recipients, taken))
        counts = maker.counts
        if counts.finding is not None:
            raise WordsFound(counts.finding, is_test=terms.is_test)
        if terms.callback_host is not None and counts.refused_as:
            await note_ends(connection, space.id, terms.message_id, terms.now)
        await connection.execute(
            sql.ADD_TO_STATE,
            space.id,
            terms.message_id,
            counts.recipient_count,
            counts.segment_total,
            counts.base_micro,
            counts.price_micro,
            counts.invalid,
            terms.now,
        )
        return counts

    async def _close(self, connection: Connection, terms: Terms, invalid: Sequence[str]) -> Counts:
        """Queue what waits; answers what was queued where, and its price."""
        now = terms.now
        due_at = max(terms.due_at or now, now)
        state = State.SCHEDULED if due_at > now else State.QUEUED
        places = await read_turns(connection, terms.space_id)
        rows = await connection.fetch(
            sql.CLOSE_RECIPIENTS,
            terms.space_id,
            terms.message_id,
            State.DELIVERED if terms.is_test else state,
            due_at,
            due_at + self._acceptor.time_to_live,
            now,
            0 if terms.is_test else terms.priority,
            terms.factor,
            now if terms.is_test else None,
            list(places),
            list(places.values()),
        )
        if not rows:
            refused = await connection.fetch(sql.READ_REFUSALS, terms.space_id, terms.message_id)
            require_sendable(0, {row["refused_as"] for row in refused}, invalid)
        charged_micro = sum(row["charged_micro"] for row in rows)
        base_micro = 0 if terms.is_test else sum(row["base_micro"] for row in rows)
        await connection.execute(
            *(sql.CLOSE_STATE, terms.space_id, terms.message_id, terms.due_at),
            *(base_micro, charged_micro, now),
        )
        if terms.is_test:
            await note_ends(connection, terms.space_id, terms.message_id, now)
        return Counts(
            price_micro=charged_micro,
            turns={row["connector_id"]: row["turn"] for row in rows},
        )


async def _numbers_of(recipients: Recipients) -> list[str]:
    """The numbers that a request names, read with a pause for everybody else after each step."""
    numbers: list[str] = []
    for count, item in enumerate(recipients.items, 1):
        if number := number_of(item):
            numbers.append(number)
        if count % STEP == 0:
            await asyncio.sleep(0)
    return numbers


async def discard_open_once(database: Database, now: datetime) -> int:
    """Discard transactions that were left open for 48 hours; answers how many."""
    async with database.transaction() as connection:
        rows = await connection.fetch(sql.FIND_DISCARDABLE, now, _DISCARDED_MAX)
        for row in rows:
            await connection.execute(sql.CANCEL_RECIPIENTS, row["space_id"], row["id"], now)
            await connection.execute(sql.CANCEL_STATE, row["space_id"], row["id"], now)
            await note_ends(connection, row["space_id"], row["id"], now)
    return len(rows)


async def _lock(connection: Connection, space_id: int, message_id: bytes) -> Any:
    row = await connection.fetchrow(sql.LOCK_STATE, space_id, message_id)
    if row is None:
        raise NoSuchMessage("No message found")
    return row


async def _change_time(
    connection: Connection,
    space: Space,
    message_id: bytes,
    row: Any,
    change: Change,
    now: datetime,
    acceptor: BulkAcceptor,
) -> None:
    """Another time for a message that waits for its time; anything else comes too late."""
    waits = row["due_at"] is not None and row["due_at"] > now and row["cancelled_at"] is None
    if not waits or not change.is_time_alone:
        raise TransactionClosed("Transaction already closed")
    due_at = max(change.due_at or now, now)
    await _note_time(connection, space.id, message_id, due_at, now)
    await connection.execute(
        sql.MOVE_RECIPIENTS, space.id, message_id, due_at, due_at + acceptor.time_to_live, now
    )
    if await connection.fetchval(sql.COUNT_UNDER_WAY, space.id, message_id):
        raise TransactionClosed("Transaction already closed")


async def _note_time(
    connection: Connection,
    space_id: int,
    message_id: bytes,
    due_at: datetime | None,
    now: datetime,
) -> None:
    await connection.execute(sql.SET_DUE_OF_STATE, space_id, message_id, due_at, now)
    shown: Mapping[str, object] = {"timestamp_send": str(to_milliseconds(due_at or now))}
    await connection.execute(sql.SET_DUE_OF_MESSAGE, space_id, message_id, due_at or now, shown)


def _terms(
    space: Space, message_id: bytes, row: Any, due_at: datetime | None, now: datetime
) -> Terms:
    callback: Mapping[str, Any] | None = row["callback"]
    return Terms(
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
