"""Accepting a v1 message: all its recipients in one transaction, or nothing.

Bulk has its own lane: one large request at a time in each process, so that what it does between two
pauses (STEP recipients) is all that anybody else ever waits for. Rows are copied while they are
made; the wallet is locked last, for the shortest time. Owns POST; changes are `change`'s.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

import msgspec

from staffetta.callbacks.target import CallbackTarget, parse_callback
from staffetta.compliance.blocklist import impose_block
from staffetta.compliance.words import Finding
from staffetta.db.pool import Connection, ConnectionLost, Database, TryAgain
from staffetta.domain.errors import (
    AccountBlocklisted,
    InvalidText,
    NotAcceptingNow,
    StaffettaError,
)
from staffetta.domain.ids import IdMaker
from staffetta.domain.segments import segment_text
from staffetta.messaging.accept import (
    AcceptRules,
    Snapshots,
    circumstances_of,
    rolling_references,
)
from staffetta.messaging.bell import Bell
from staffetta.messaging.bulk import sql
from staffetta.messaging.bulk.errors import RealtimeTooSoon
from staffetta.messaging.bulk.keys import claim_key, find_first
from staffetta.messaging.bulk.money import charge, credit_of, lock_wallet, tell
from staffetta.messaging.bulk.note import note_ends
from staffetta.messaging.bulk.request import (
    MANY,
    TRANSACTION_KEPT,
    BulkRequest,
    Recipients,
    Terms,
)
from staffetta.messaging.bulk.rows import COLUMNS, Counts, Row, RowMaker, require_sendable
from staffetta.messaging.inspection import Space

STEP: Final = 500  # recipients between two pauses
PLACEHOLDERS_MAX: Final = 50
REALTIME_PAUSE: Final = timedelta(minutes=1)
_SMALL_MAX: Final = 3  # at once; each holds a connection
_WAIT_SECONDS_MAX: Final = 30.0
_TRIES_MAX: Final = 3


class BulkAccepted(msgspec.Struct, frozen=True):
    """A message that is durable, and the wallet after it."""

    message_id: bytes
    credit_micro: int
    paid_micro: int = 0  # by this request
    replayed: bool = False


class WordsFound(Exception):
    """Forbidden words: the transaction is given up, and the account is blocked in another."""

    def __init__(self, finding: Finding, *, is_test: bool) -> None:
        super().__init__(finding.reason)
        self.finding = finding
        self.is_test = is_test


class Lanes:
    """How many requests may work at once: the large ones one by one, the small beside them."""

    def __init__(self) -> None:
        self._large = asyncio.Semaphore(1)
        self._small = asyncio.Semaphore(_SMALL_MAX)

    @asynccontextmanager
    async def enter(self, recipients: Recipients) -> AsyncIterator[None]:
        """Wait for a place; raises NotAcceptingNow when that takes too long."""
        lane = self._large if recipients.count_at_least >= MANY else self._small
        try:
            async with asyncio.timeout(_WAIT_SECONDS_MAX):
                await lane.acquire()
        except TimeoutError:
            raise NotAcceptingNow(
                "other messages with many recipients are being stored: send the request again"
            ) from None
        try:
            yield
        finally:
            lane.release()


class BulkAcceptor:
    """Takes v1 messages of this process."""

    def __init__(
        self,
        database: Database,
        bell: Bell,
        snapshots: Snapshots,
        rules: AcceptRules,
        ids: IdMaker,
    ) -> None:
        self.lanes = Lanes()
        self.database = database
        self.ids = ids
        self._bell = bell
        self._snapshots = snapshots
        self._rules = rules
        self._references = rolling_references()

    async def accept(self, space: Space, request: BulkRequest, now: datetime) -> BulkAccepted:
        """Store a message and take its price: when this returns, it is durable.

        Raises domain.errors.MessageRefused, AccountBlocklisted, IdempotencyKeyReused or
        NotAcceptingNow; then nothing was stored or charged.
        """
        self._check_text(request)
        callback = self._callback_of(request)
        terms = Terms(
            space_id=space.id,
            message_id=self.ids.make(now),
            sender=request.sender,
            body=request.body,
            class_=request.class_,
            priority=request.priority,
            factor=request.factor,
            is_test=request.is_test,
            is_open=request.is_open,
            due_at=request.due_at,
            callback_host=None if callback is None else callback.host,
            now=now,
        )
        async with self.lanes.enter(request.recipients):
            try:
                return await self._store_patiently(space, request, terms, callback)
            except WordsFound as found:
                raise await self.punish(space.id, found, now) from None

    async def punish(self, space_id: int, found: WordsFound, now: datetime) -> StaffettaError:
        """What a message with forbidden words is refused with, its account blocked.

        A test of one says so, and blocks nobody, as a dry run of v2.
        """
        if found.is_test:
            return InvalidText(f"the message would be refused: {found.finding.reason}")
        await self._block(space_id, found, now)
        return AccountBlocklisted()

    async def _block(self, space_id: int, found: WordsFound, now: datetime) -> None:
        """Block the account that sent forbidden words; nothing of the message is kept."""
        async with self.database.transaction() as connection:
            await impose_block(connection, space_id, found.finding.reason, None, now)

    def row_maker(
        self, terms: Terms, space: Space, turns: dict[int, int], first_position: int = 0
    ) -> RowMaker:
        """What makes rows for a message, as things stand now."""
        return RowMaker(
            terms,
            space.environment,
            space.terms,
            circumstances_of(self._snapshots, self._rules),
            self.ids,
            turns=turns,
            time_to_live=self._rules.time_to_live,
            first_position=first_position,
        )

    @property
    def time_to_live(self) -> timedelta:
        """How long after its time a message may still be delivered."""
        return self._rules.time_to_live

    def ring(self, counts: Counts) -> None:
        """Tell dispatch of what was queued."""
        for connector_id in counts.turns:
            self._bell.ring(connector_id)

    def _callback_of(self, request: BulkRequest) -> CallbackTarget | None:
        if request.callback is None:
            return None
        return parse_callback(request.callback, self._rules.networks)

    def _check_text(self, request: BulkRequest) -> None:
        """Refuse a text that nobody could get; one with placeholders is looked at when filled."""
        found = segment_text(request.body.text)
        if request.body.placeholder_count > PLACEHOLDERS_MAX:
            raise InvalidText(
                f"'body' has {request.body.placeholder_count} placeholders, and {PLACEHOLDERS_MAX}"
                " are the most"
            )
        if request.body.is_plain and len(found.parts) > self._rules.segments_max:
            raise InvalidText(
                f"'body' needs {len(found.parts)} segments, and {self._rules.segments_max} are"
                " the most"
            )

    async def _store_patiently(
        self, space: Space, request: BulkRequest, terms: Terms, callback: CallbackTarget | None
    ) -> BulkAccepted:
        for _ in range(_TRIES_MAX):
            try:
                return await self._store(space, request, terms, callback)
            except TryAgain:
                continue
            except ConnectionLost as lost:
                return await self._answer_by_looking(terms, lost)
        raise NotAcceptingNow("the database is too busy: send the request again")

    async def _answer_by_looking(self, terms: Terms, lost: ConnectionLost) -> BulkAccepted:
        """The connection went, perhaps inside COMMIT: only the database knows what is stored."""
        try:
            async with self.database.transaction() as connection:
                # Whoever still commits holds this lock.
                _, wallet = await lock_wallet(connection, terms.space_id, self.ids, terms.now)
                is_stored = await connection.fetchval(sql.EXISTS, terms.space_id, terms.message_id)
        except ConnectionLost:
            is_stored = False
        if not is_stored:
            raise NotAcceptingNow(
                "the database was lost before the message was kept: send it again"
            ) from lost
        return BulkAccepted(terms.message_id, credit_of(wallet))

    async def _store(
        self, space: Space, request: BulkRequest, terms: Terms, callback: CallbackTarget | None
    ) -> BulkAccepted:
        now = terms.now
        async with self.database.transaction() as connection:
            first = await find_first(connection, space.id, request.idempotency, now)
            if first is not None:
                _, wallet = await lock_wallet(connection, space.id, self.ids, now)
                return BulkAccepted(first, credit_of(wallet), replayed=True)
            maker = self.row_maker(terms, space, await read_turns(connection, space.id))
            await copy_rows(connection, maker.rows(request.recipients, set()))
            counts = maker.counts
            if counts.finding is not None:
                raise WordsFound(counts.finding, is_test=request.is_test)
            if not request.is_open:
                require_sendable(counts.sendable_count, counts.refused_as, counts.invalid)
            await self._insert_message(connection, request, terms, callback, counts)
            if callback is not None and (counts.refused_as or request.is_test):
                await note_ends(connection, space.id, terms.message_id, now)
            book, wallet = await lock_wallet(connection, space.id, self.ids, now)
            first = await claim_key(
                connection, space.id, request.idempotency, terms.message_id, now
            )
            if first is not None:
                raise TryAgain("the same request came at the same moment")
            if request.realtime:
                await _take_realtime(connection, space.id, now)
            if not request.is_open:
                await charge(
                    *(connection, book, wallet, terms.message_id, counts.price_micro),
                    space.allowance,
                )
                await move_turns(connection, terms, counts)
                await tell(connection, book, self.ids)
        if not request.is_open:
            self.ring(counts)
        paid_micro = 0 if request.is_open else counts.price_micro
        return BulkAccepted(terms.message_id, credit_of(wallet), paid_micro)

    async def _insert_message(
        self,
        connection: Connection,
        request: BulkRequest,
        terms: Terms,
        callback: CallbackTarget | None,
        counts: Counts,
    ) -> None:
        found = segment_text(request.body.text)
        now = terms.now
        await connection.execute(
            sql.INSERT_MESSAGE,
            terms.space_id,
            terms.message_id,
            terms.class_,
            terms.priority,
            terms.sender,
            request.body.text,
            found.encoding,
            found.characters_count,
            len(found.parts),
            next(self._references),
            request.flash,
            request.options,
            None if callback is None else callback.kept(),
            now,
            max(request.due_at or now, now),
        )
        await connection.execute(
            sql.INSERT_STATE,
            terms.space_id,
            terms.message_id,
            request.is_open,
            request.is_test,
            request.due_at,
            request.factor,
            counts.recipient_count,
            counts.segment_total,
            counts.base_micro,
            counts.price_micro,
            counts.invalid,
            now,
            now + TRANSACTION_KEPT if request.is_open else None,
        )


async def read_turns(connection: Connection, space_id: int) -> dict[int, int]:
    """How far each connector's queue has come for this space."""
    rows = await connection.fetch(sql.READ_TURNS, space_id)
    return {row["id"]: row["turn"] for row in rows}


async def copy_rows(connection: Connection, rows: Iterator[Row]) -> None:
    """Write rows as they are made, with a pause for everybody else after each step."""
    while step := list(islice(rows, STEP)):
        await connection.copy_records_to_table("recipient", records=step, columns=COLUMNS)


async def move_turns(connection: Connection, terms: Terms, counts: Counts) -> None:
    """Note the places that the recipients took, where they take theirs now."""
    if terms.is_test or (terms.due_at is not None and terms.due_at > terms.now):
        return
    await connection.execute(
        sql.MOVE_TURNS, terms.space_id, list(counts.turns), list(counts.turns.values())
    )


async def _take_realtime(connection: Connection, space_id: int, now: datetime) -> None:
    if await connection.fetchval(sql.TAKE_REALTIME, space_id, now, REALTIME_PAUSE) is None:
        raise RealtimeTooSoon(
            "'options.realtime' may be used once a minute: send it without, or later"
        )
