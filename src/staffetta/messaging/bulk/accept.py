"""Accepting a v1 message: all its recipients in one transaction, or nothing.

Rows are copied while they are made, in steps with pauses for everybody else (`steps`); the wallet
is locked last, for the shortest time. Owns POST; changes are `change`'s.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import msgspec

from staffetta.callbacks.addresses import AllowedNetworks
from staffetta.callbacks.target import CallbackTarget, parse_callback
from staffetta.compliance.blocklist import impose_block
from staffetta.compliance.words import Finding
from staffetta.db.pool import Connection, ConnectionLost, Database, TryAgain
from staffetta.domain.errors import (
    AccountBlocklisted,
    InvalidCallback,
    InvalidText,
    NotAcceptingNow,
    StaffettaError,
)
from staffetta.domain.ids import IdMaker
from staffetta.domain.segments import segment_text
from staffetta.ledger.book import Book, Wallet
from staffetta.ledger.store import open_book
from staffetta.messaging.accept import (
    AcceptRules,
    Snapshots,
    circumstances_of,
    rolling_references,
)
from staffetta.messaging.alerts import tell_low_credit
from staffetta.messaging.bell import Bell
from staffetta.messaging.bulk import sql
from staffetta.messaging.bulk.answer import read_first_answer, totals_of, view_of_new
from staffetta.messaging.bulk.keys import claim_key, find_first
from staffetta.messaging.bulk.lanes import Lanes
from staffetta.messaging.bulk.money import charge, credit_of, lock_wallet
from staffetta.messaging.bulk.note import note_ends
from staffetta.messaging.bulk.read import BulkView
from staffetta.messaging.bulk.realtime import take_realtime
from staffetta.messaging.bulk.request import TRANSACTION_KEPT, BulkRequest, Terms
from staffetta.messaging.bulk.rows import Counts, RowMaker, require_agreed, require_sendable
from staffetta.messaging.bulk.steps import copy_rows
from staffetta.messaging.inspection import Space
from staffetta.messaging.lost import outcome_unknown

PLACEHOLDERS_MAX: Final = 50
RECIPIENTS_MAX: Final = 500_000  # of one message, unless the operator says otherwise
LOOK_UP_SECONDS_MAX: Final = 20.0
_TRIES_MAX: Final = 3
_SEGMENT_CHARACTERS_MAX: Final = 160


class BulkAccepted(msgspec.Struct, frozen=True):
    """A message that is durable, as it was accepted, and the wallet after it. Micro-units."""

    message: BulkView
    credit_micro: int
    paid_micro: int = 0  # by this request
    replayed: bool = False

    @property
    def message_id(self) -> bytes:
        """The message's id."""
        return self.message.id


class WordsFound(Exception):
    """Forbidden words: the transaction is given up, and the account is blocked in another."""

    def __init__(self, finding: Finding, *, is_test: bool) -> None:
        super().__init__(finding.reason)
        self.finding = finding
        self.is_test = is_test


class _Attempt(msgspec.Struct):
    """A message on its way into the database."""

    space: Space
    request: BulkRequest
    terms: Terms
    callback: CallbackTarget | None
    counts: Counts = msgspec.field(default_factory=Counts)  # of the newest try
    is_written: bool = False  # it has come to COMMIT

    def accepted(self, wallet: Wallet) -> BulkAccepted:
        """Its answer, once it is durable."""
        message = view_of_new(self.request, self.terms, self.counts)
        paid_micro = 0 if self.terms.is_open else self.counts.price_micro
        return BulkAccepted(message, credit_of(wallet), paid_micro)


class BulkAcceptor:
    """Takes v1 messages of this process."""

    def __init__(
        self,
        database: Database,
        bell: Bell,
        snapshots: Snapshots,
        rules: AcceptRules,
        ids: IdMaker,
        *,
        recipients_max: int = RECIPIENTS_MAX,
    ) -> None:
        self.lanes = Lanes()
        self.database = database
        self.ids = ids
        self.recipients_max = recipients_max  # of one message
        self._bell = bell
        self._snapshots = snapshots
        self._rules = rules
        self._references = rolling_references()

    async def accept(self, space: Space, request: BulkRequest, now: datetime) -> BulkAccepted:
        """Store a message and take its price: when this returns, it is durable.

        Raises domain.errors.MessageRefused, AccountBlocklisted, IdempotencyKeyReused or
        NotAcceptingNow; then nothing was stored or charged. Raises OutcomeUnknown where that cannot
        be found out.
        """
        self.check_text(request)
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
                return await self._store_patiently(_Attempt(space, request, terms, callback))
            except WordsFound as found:
                raise await self.punish(space.id, found, now) from None

    async def punish(self, space_id: int, found: WordsFound, now: datetime) -> StaffettaError:
        """What a message with forbidden words is refused with, its account blocked.

        A test of one says so, and blocks nobody, as a dry run of v2.
        """
        if found.is_test:
            return refusal_of_test(found.finding)
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
            recipients_max=self.recipients_max,
            first_position=first_position,
        )

    @property
    def segments_max(self) -> int:
        """How many segments a text may need, filled in."""
        return self._rules.segments_max

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
        return parse_bulk_callback(request.callback, self._rules.networks)

    def check_text(self, request: BulkRequest) -> None:
        """Refuse a text that nobody could get; one with placeholders is looked at when filled."""
        found = segment_text(request.body.text)
        if request.body.placeholder_count > PLACEHOLDERS_MAX:
            raise InvalidText(
                f"'body' has {request.body.placeholder_count} placeholders, and {PLACEHOLDERS_MAX}"
                " are the most"
            )
        segments_max = self._rules.segments_max
        if request.body.is_plain and len(found.parts) > segments_max:
            raise InvalidText(
                f"'body' needs {len(found.parts)} segments, and {segments_max} are the most"
            )
        # Filling in what is far too long, once for every recipient, would take for ever.
        if request.body.fixed_length > segments_max * _SEGMENT_CHARACTERS_MAX:
            raise InvalidText(
                f"'body' needs more than {segments_max} segments, whatever is filled in"
            )

    async def _store_patiently(self, attempt: _Attempt) -> BulkAccepted:
        for _ in range(_TRIES_MAX):
            try:
                accepted = await self._store(attempt)
            except TryAgain:
                continue
            except ConnectionLost as lost:
                if not attempt.is_written:
                    raise  # before COMMIT
                accepted = await self._answer_by_looking(attempt, lost)
            if not (accepted.replayed or attempt.terms.is_open):
                self.ring(attempt.counts)
            return accepted
        raise NotAcceptingNow("the database is too busy: send the request again")

    async def _answer_by_looking(self, attempt: _Attempt, lost: ConnectionLost) -> BulkAccepted:
        """The connection went, perhaps inside COMMIT: only the database knows what is stored.

        Raises OutcomeUnknown where it cannot be asked: "send it again" might send everything twice.
        """
        wallet = None
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_UP_SECONDS_MAX):
                is_stored, wallet = await self._look_patiently(attempt.terms)
        if wallet is None:
            raise outcome_unknown(
                attempt.terms.message_id, has_key=attempt.request.idempotency is not None
            ) from lost
        if not is_stored:
            raise NotAcceptingNow(
                "the database was lost before the message was kept: send it again"
            ) from lost
        return attempt.accepted(wallet)

    async def _look_patiently(self, terms: Terms) -> tuple[bool, Wallet | None]:
        for _ in range(_TRIES_MAX):
            with suppress(ConnectionLost, TryAgain):
                async with self.database.transaction() as connection:
                    # Whoever still commits holds this lock.
                    book = await open_book(connection, [terms.space_id], self.ids, terms.now)
                    is_stored = await connection.fetchval(
                        sql.EXISTS, terms.space_id, terms.message_id
                    )
                return is_stored, book.wallets[terms.space_id]
        return False, None

    async def _store(self, attempt: _Attempt) -> BulkAccepted:
        space, request, terms = attempt.space, attempt.request, attempt.terms
        now = terms.now
        attempt.is_written = False
        async with self.database.transaction() as connection:
            first = await find_first(connection, space.id, request.idempotency, now)
            if first is not None:
                message = await read_first_answer(connection, space.id, first)
                _, wallet = await lock_wallet(connection, space.id, self.ids, now)
                return BulkAccepted(message, credit_of(wallet), replayed=True)
            attempt.counts = await self._copy(connection, attempt)
            await self._insert_message(connection, attempt)
            book, wallet = await lock_wallet(connection, space.id, self.ids, now)
            first = await claim_key(
                connection, space.id, request.idempotency, terms.message_id, now
            )
            if first is not None:
                raise TryAgain("the same request came at the same moment")
            if not request.is_open:
                await self._queue(connection, attempt, book, wallet)
            attempt.is_written = True
        return attempt.accepted(wallet)

    async def _copy(self, connection: Connection, attempt: _Attempt) -> Counts:
        """Write the recipients; raises WordsFound, or what refuses a message for nobody."""
        request, terms = attempt.request, attempt.terms
        turns = await read_turns(connection, terms.space_id)
        maker = self.row_maker(terms, attempt.space, turns)
        await copy_rows(connection, maker.rows(request.recipients, set()))
        counts = maker.counts
        if counts.finding is not None:
            raise WordsFound(counts.finding, is_test=request.is_test)
        if not request.is_open:
            require_sendable(
                counts.sendable_count, counts.refused_as, next(iter(counts.invalid), None)
            )
        require_agreed(request.agreed, counts)
        if attempt.callback is not None and (counts.refused_as or request.is_test):
            await note_ends(
                *(connection, terms.space_id, terms.message_id),
                *(counts.recipient_count, terms.now),
            )
        return counts

    async def _queue(
        self, connection: Connection, attempt: _Attempt, book: Book, wallet: Wallet
    ) -> None:
        """Take the price and the places of a message that is no open transaction."""
        terms, counts = attempt.terms, attempt.counts
        if attempt.request.realtime:
            due_at = max(terms.due_at or terms.now, terms.now)
            await take_realtime(connection, terms.space_id, terms.message_id, due_at, terms.now)
        await charge(
            *(connection, book, wallet, terms.message_id, counts.price_micro),
            attempt.space.allowance,
        )
        await move_turns(connection, terms, counts)
        await tell_low_credit(connection, book, self.ids)

    async def _insert_message(self, connection: Connection, attempt: _Attempt) -> None:
        request, terms, counts = attempt.request, attempt.terms, attempt.counts
        found = segment_text(request.body.text)
        callback, now = attempt.callback, terms.now
        is_open, has_key = request.is_open, request.idempotency is not None
        await connection.execute(
            sql.INSERT_MESSAGE,
            *(terms.space_id, terms.message_id, terms.class_, terms.priority, terms.sender),
            *(request.body.text, found.encoding, found.characters_count, len(found.parts)),
            *(next(self._references), request.flash, request.options),
            None if callback is None else callback.kept(),
            *(now, max(request.due_at or now, now)),
        )
        await connection.execute(
            sql.INSERT_STATE,
            *(terms.space_id, terms.message_id, is_open, request.is_test),
            *(request.due_at, request.factor, counts.recipient_count, counts.segment_total),
            *(counts.base_micro, counts.price_micro, counts.invalid_total, counts.invalid),
            totals_of(request, counts) if has_key else None,
            now,
            *((now + TRANSACTION_KEPT, None) if is_open else (None, now)),
        )


async def read_turns(connection: Connection, space_id: int) -> dict[int, int]:
    """How far each connector's queue has come for this space."""
    rows = await connection.fetch(sql.READ_TURNS, space_id)
    return {row["id"]: row["turn"] for row in rows}


async def move_turns(connection: Connection, terms: Terms, counts: Counts) -> None:
    """Note the places that the recipients took, where they take theirs now."""
    if terms.is_test or (terms.due_at is not None and terms.due_at > terms.now):
        return
    await connection.execute(
        sql.MOVE_TURNS, terms.space_id, list(counts.turns), list(counts.turns.values())
    )


def parse_bulk_callback(asked: Mapping[str, object], networks: AllowedNetworks) -> CallbackTarget:
    """The callback of a message; raises InvalidCallback in v1's words."""
    try:
        return parse_callback(asked, networks)
    except InvalidCallback as wrong:
        raise InvalidCallback(_in_words_of_v1(str(wrong))) from None


def _in_words_of_v1(sentence: str) -> str:
    """A sentence about a callback with v1's names for its parts; it has no headers."""
    known = sentence.replace(": use callback.headers", "")
    return known.replace("callback.", "options.callback_")


def refusal_of_test(finding: Finding) -> InvalidText:
    """What a test with forbidden words is refused with, as a dry run of v2."""
    return InvalidText(f"the message would be refused: {finding.reason}")
