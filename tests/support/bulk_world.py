"""A gateway whose v1 messages are sent, carried and reported at random, and what must hold.

The messages are the product's own; the carrier is played, and remembers what it took.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from bulk_hand import BulkHand
from hand_gateway import FrozenClock, Gateway, accepted, make_gateway

from staffetta.db.partitions import ensure_partitions
from staffetta.db.pool import Database
from staffetta.domain.errors import CreditTooLow, MessageRefused
from staffetta.domain.states import State
from staffetta.messaging.bulk.discard import discard_open_once
from staffetta.messaging.bulk.errors import AlreadySending, TransactionClosed
from staffetta.messaging.bulk.read import BulkView, RecipientView
from staffetta.messaging.connector import (
    Busy,
    Claim,
    NotSent,
    Outcome,
    Refused,
    ReportMeaning,
    Uncertain,
)

START_MICRO: Final = 10_000_000
BODIES: Final = ("ciao", "x" * 161, "Ciao {{name}}", "{{name}}")
# With and without a name, of countries with a route and without, some that are none, some twice.
GUESTS: Final[tuple[object, ...]] = (
    "+39-3330000001",
    "+39-3330000002",
    {"number": "+39-3330000003", "fields": {"name": "Anna"}},
    {"number": "+39-3330000004", "fields": {"name": "y" * 170}},
    {"number": "+39-3330000001", "fields": {"name": "again"}},
    "+33-612345678",
    {"number": "+33-612345679", "fields": {"name": "Łukasz"}},
    "+34-612345678",
    "nobody",
    "+39-3330000002",
)
_REFUND_ENDS: Final = {State.REJECTED, State.EXPIRED}
_FAILED: Final = {State.UNDELIVERABLE, State.REJECTED, State.EXPIRED}
_ENTRIES: Final = """
SELECT kind, message_id, recipient_id, amount_micro FROM ledger_entry WHERE kind <> 'top_up'
"""


@dataclass
class BulkWorld:
    """The gateway, its messages, and what its carrier has."""

    gateway: Gateway
    bulk: BulkHand
    clock: FrozenClock
    messages: list[bytes] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)  # handed over and not answered
    keys: list[str] = field(default_factory=list)  # accepted and not reported for good
    taken: set[bytes] = field(default_factory=set)  # recipients of which the carrier took a part
    key_count: int = 0

    @classmethod
    async def make(cls, database: Database, clock: FrozenClock) -> "BulkWorld":
        gateway = await make_gateway(database, clock)
        await gateway.rows("UPDATE route SET country = 'FR' WHERE country = '*'")
        await gateway.snapshots.refresh_once()
        return cls(gateway, BulkHand(gateway), clock)

    async def do(self, name: str, choice: int, guests: list[int]) -> None:
        """One operation; what the product refuses changes nothing."""
        operation: Callable[[int, list[object]], Awaitable[None]] = getattr(self, f"_{name}")
        with suppress(MessageRefused, CreditTooLow, TransactionClosed, AlreadySending):
            await operation(choice, [GUESTS[one] for one in guests])

    async def _post(self, choice: int, guests: list[object]) -> None:
        realtime = choice % 7 == 6
        made = await self.bulk.post(
            guests,
            body=BODIES[choice % 4],
            priority=(1000, 1010, 1333, 10_000)[choice % 4],
            factor=1200 if realtime else 1000,
            realtime=realtime,
            is_open=choice % 3 == 1,
            is_test=choice % 5 == 4,
            due_at=self.clock.now() + timedelta(hours=choice) if choice % 4 > 1 else None,
        )
        self.messages.append(made.message_id)

    async def _put(self, choice: int, guests: list[object]) -> None:
        changes: dict[str, Any] = {}
        if choice % 2:
            changes["closes"] = True
        if choice % 3 == 0:
            changes["due_at"] = self.clock.now() + timedelta(hours=choice) if choice else None
        if self.messages:
            message_id = self.messages[choice % len(self.messages)]
            await self.bulk.put(message_id, guests if choice % 4 else (), **changes)

    async def _delete(self, choice: int, _guests: list[object]) -> None:
        if self.messages:
            await self.bulk.delete(self.messages[choice % len(self.messages)])

    async def _wait(self, choice: int, _guests: list[object]) -> None:
        self.clock.advance(3600 * (1, 5, 20, 49)[choice % 4])
        async with self.gateway.database.transaction() as connection:
            await ensure_partitions(connection, self.clock.now())

    async def _promote(self, _choice: int, _guests: list[object]) -> None:
        await self.gateway.housekeeper.promote_once()

    async def _claim(self, choice: int, _guests: list[object]) -> None:
        self.gateway.connector.capacity = choice + 1
        before = len(self.gateway.connector.claims)
        await self.gateway.worker.dispatcher.dispatch_once()
        self.claims += self.gateway.connector.claims[before:]

    async def _settle(self, choice: int, _guests: list[object]) -> None:
        """The carrier answers the claims it has, or half of them, each in another way."""
        answered = self.claims[: len(self.claims) // 2 or 1] if choice % 2 else self.claims
        self.claims = self.claims[len(answered) :]
        for place, claim in enumerate(answered):
            outcomes = [
                self._outcome(choice + place + index, claim) for index in range(len(claim.segments))
            ]
            if choice % 5 == 0:  # the reports overtake the answers
                await self._report(choice, [])
            await self.gateway.settle(claim, *outcomes)

    def _outcome(self, choice: int, claim: Claim) -> Outcome:
        match choice % 9:
            case 0:
                return Refused(11, "no", temporary=False)
            case 1:
                return Refused(8, "later", temporary=True)
            case 2:
                return Busy(0x58, 1.0)
            case 3:
                return NotSent("down")
            case 4:
                return Uncertain("silence")
        self.key_count += 1
        key = f"{self.key_count:04x}"
        self.keys.append(key)
        self.taken.add(claim.recipient_id)
        return accepted(key)

    async def _report(self, choice: int, _guests: list[object]) -> None:
        reported = self.keys[: choice + 1]
        self.keys = self.keys[choice + 1 :]
        meanings = list(ReportMeaning)
        for place, key in enumerate(reported):
            meaning = meanings[(choice * place) % len(meanings)]
            await self.gateway.report(self.gateway.delivered(key, meaning))

    async def _expire(self, _choice: int, _guests: list[object]) -> None:
        await self.gateway.housekeeper.expire_once()
        await discard_open_once(self.gateway.database, self.clock.now())

    async def _again(self, _choice: int, _guests: list[object]) -> None:
        await self.gateway.housekeeper.send_again_once()
        await self.gateway.reporter.rematch_once()

    async def check(self) -> None:
        """What holds after everything that can happen."""
        await self.gateway.books_hold()
        entries = await self.gateway.rows(_ENTRIES)
        spent_micro = -sum(entry["amount_micro"] for entry in entries)
        balance_micro, held_micro = await self.gateway.wallet()
        assert (balance_micro, held_micro) == (START_MICRO - spent_micro, 0)
        assert balance_micro >= 0
        assert {entry["kind"] for entry in entries} <= {"charge", "refund"}
        refunded = {
            entry["recipient_id"]: entry["amount_micro"]
            for entry in entries
            if entry["kind"] == "refund"
        }
        assert not refunded.keys() & self.taken, "only what no carrier took is refunded"
        charged = {
            entry["message_id"]: -entry["amount_micro"]
            for entry in entries
            if entry["kind"] == "charge"
        }
        assert len(refunded) + len(charged) == len(entries), "each once"
        for message_id in self.messages:
            await self._check_message(message_id, charged.get(message_id, 0), refunded)

    async def _check_message(
        self, message_id: bytes, charged_micro: int, refunded: dict[bytes, int]
    ) -> None:
        message = await self.bulk.read(message_id)
        found = await self.bulk.recipients(message_id)
        assert [one.position for one in found] == list(range(message.recipient_count))
        assert len({one.number for one in found}) == len(found), "a number has it once"
        _check_counts(message, list(found))
        assert message.price_micro == sum(one.price_micro for one in found)
        assert message.segment_total == sum(one.segment_count for one in found)
        was_charged = not (message.is_open or message.is_test) and bool(charged_micro)
        assert charged_micro == (message.price_micro if was_charged else 0)
        if not was_charged:
            assert message.is_test or message.is_open or message.cancelled_at is not None
        for one in found:
            _check_money(one, refunded.get(one.id), was_charged=was_charged)


def _check_counts(message: BulkView, found: list[RecipientView]) -> None:
    states = [one.state for one in found]
    delivered = states.count(State.DELIVERED)
    failed = sum(state in _FAILED for state in states)
    assert message.delivered_count == delivered
    assert message.sent_count == delivered + states.count(State.SUBMITTED)
    assert message.error_count == failed
    assert message.error_count + message.sent_count <= message.recipient_count
    if message.is_test and not message.is_open and message.cancelled_at is None:
        assert delivered + failed == len(found)
        assert message.price_micro == 0
    is_finished = message.number in {2, 4} and not message.is_open
    if message.cancelled_at is None and not message.is_open:
        assert is_finished == (delivered + failed == len(found))
        assert (message.number == 4) == (failed == len(found))
    else:
        assert message.number == (3 if message.cancelled_at else 0)
    if message.cancelled_at is not None:
        assert set(states) <= {State.CANCELLED, State.REJECTED, State.UNDELIVERABLE}


def _check_money(one: RecipientView, refund_micro: int | None, *, was_charged: bool) -> None:
    if refund_micro is not None:
        assert refund_micro == one.price_micro, "in full"
        assert one.state in _REFUND_ENDS
        assert one.paid_micro == 0
        return
    assert one.paid_micro == (one.price_micro if was_charged else 0)
    is_unsent = one.state in _REFUND_ENDS and one.sent_at is None
    assert not (is_unsent and was_charged and one.price_micro), "it should have been refunded"
