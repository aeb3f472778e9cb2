"""Accounts whose money is moved at random by several processes at once, and the books they keep.

Acceptance, captures, refunds, bundles and closings are the product's own; the carrier is played.
Processes differ in their clocks.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from hand_gateway import FRENCH, ITALIAN, Gateway, make_gateway, make_space
from open_books import closed, drop_month, faults_of, rows, tell_nobody

from staffetta.compliance.blocklist import lift_block
from staffetta.db.partitions import READ_PARTITIONS, ensure_partitions
from staffetta.db.pool import Connection, Database, TryAgain
from staffetta.domain.environments import Market
from staffetta.domain.errors import ForbiddenWords, StaffettaError
from staffetta.domain.ids import IdMaker
from staffetta.ledger.bundle import BundleTerms
from staffetta.ledger.closing import begin_of, next_month
from staffetta.ledger.credit_limit import set_credit_limit
from staffetta.ledger.errors import BundleOver, BundleTooDear, LedgerError
from staffetta.ledger.renew_bundles import renew_once
from staffetta.ledger.sell_bundle import buy_bundle, end_bundle
from staffetta.ledger.store import HoldSettlement, open_book, settle_holds
from staffetta.ledger.topup import top_up
from staffetta.messaging.commit import commit_drafts
from staffetta.messaging.draft import Draft, Offence
from staffetta.messaging.money import add_charges, captures_of, settle_money
from staffetta.messaging.results import Stored
from staffetta.messaging.sql.told import TOLD
from staffetta.messaging.step import begin_step

START = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
EUR = 1_000_000
# Too little for anything, for many at once, and enough. A WW message needs a euro.
_BALANCES = (EUR // 10, 2 * EUR, 20 * EUR)
SPACES = len(_BALANCES)

_ANSWER = f"""
UPDATE recipient
   SET state = $2::recipient_state, sent_at = $3
 WHERE id IN (SELECT id FROM recipient
               WHERE id = ANY($1::bytea[]) AND state = 'queued' ORDER BY id FOR UPDATE)
{TOLD}
"""
_READ_QUEUED = "SELECT id FROM recipient WHERE state = 'queued' AND id < $1 ORDER BY id"


@dataclass
class Clock:
    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - START).total_seconds()

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class World:
    """A gateway's database, and what can happen to its accounts' money."""

    database: Database
    clock: Clock
    gateway: Gateway
    space_ids: Sequence[int]
    floors: dict[int, int]
    makers: Sequence[IdMaker] = field(default_factory=lambda: [IdMaker(), IdMaker(), IdMaker()])
    queued: list[tuple[int, bytes]] = field(default_factory=list)
    settled: list[tuple[int, bytes]] = field(default_factory=list)
    bundles: list[tuple[int, int]] = field(default_factory=list)
    owing: set[int] = field(default_factory=set)  # below their floor for a good reason, perhaps

    @classmethod
    async def make(cls, database: Database) -> "World":
        clock = Clock()
        gateway = await make_gateway(database, clock)
        spaces = [
            await make_space(database, f"{n}@example.com", balance_micro)
            for n, balance_micro in enumerate(_BALANCES)
        ]
        return cls(database, clock, gateway, spaces, dict.fromkeys(spaces, 0))

    async def together(self, operations: Sequence[tuple[str, int, int]]) -> None:
        """Run operations at once, each as a process of its own."""
        await asyncio.gather(
            *(self.run(process, *operation) for process, operation in enumerate(operations))
        )

    async def run(self, process: int, name: str, space: int, number: int) -> None:
        now = self.clock.now() + timedelta(seconds=process % 3 - 1)
        ids = self.makers[process % len(self.makers)]
        # A deadlock is rolled back, and nothing of it happened.
        with suppress(TryAgain):
            await getattr(self, name)(self.space_ids[space], number, ids, now)

    # What can happen. Each takes a space, a number, and the ids and the clock of its process.

    async def accept(self, space_id: int, number: int, ids: IdMaker, now: datetime) -> None:
        """A batch of Italian and French messages of several accounts."""
        others = [space_id, *self.space_ids] * 2
        drafts = [
            self._draft(others[n], n + number, now, "x" * (161 if (number + n) % 5 == 0 else 9))
            for n in range(1 + number % 6)
        ]
        await self._commit(drafts, ids)

    async def offend(self, space_id: int, number: int, ids: IdMaker, now: datetime) -> None:
        """A message with forbidden words: a penalty, and a block that is lifted at once."""
        offence = Offence("words", ForbiddenWords("no", charged_at_once=True))
        draft = msgspec.structs.replace(self._draft(space_id, number, now, "x"), offence=offence)
        self.owing.add(space_id)
        await self._commit([draft], ids)
        async with self.database.transaction() as connection:
            await lift_block(connection, space_id, "stories go on", now)

    async def take(self, _space_id: int, number: int, ids: IdMaker, now: datetime) -> None:
        """A carrier takes some messages: holds are captured."""
        async with begin_step(self.database, self.gateway.callback_bell, ids, now) as step:
            told = await step.connection.fetch(_ANSWER, self._some(number), "submitted", now)
            paid = await settle_money(step, captures_of(told), [])
            await add_charges(step.connection, told, paid)
        self._note_settled(told)

    async def refuse(self, _space_id: int, number: int, ids: IdMaker, now: datetime) -> None:
        """A carrier refuses some: holds are released, charges and segments given back."""
        await self._refuse(self._some(number), ids, now)

    async def settle_again(self, _space: int, number: int, ids: IdMaker, now: datetime) -> None:
        """An answer that comes twice settles nothing twice."""
        some = self.settled[-1 - number % 5 :]
        async with self.database.transaction() as connection:
            book = await open_book(connection, [space_id for space_id, _ in some], ids, now)
            asked = [HoldSettlement(space_id, one, one, EUR) for space_id, one in some]
            assert await settle_holds(connection, book, asked) == {}
            assert book.touched == []

    async def bring(self, space_id: int, number: int, _ids: IdMaker, now: datetime) -> None:
        """A top-up, or money taken back."""
        amount_micro = (number - 3) * 50_000 + 1
        if amount_micro < 0:
            self.owing.add(space_id)
        async with self.database.transaction() as connection:
            await top_up(connection, space_id, amount_micro, "", now)

    async def buy(self, space_id: int, number: int, ids: IdMaker, now: datetime) -> None:
        terms = BundleTerms(
            segment_count=1 + number,
            price_micro=number % 4 * 40_000,
            period_days=1 + number * 3,
            market=[None, Market.ITALY, Market.WORLD][number % 3],
            autorenew=number % 2 == 0,
        )
        with suppress(BundleTooDear):
            async with self.database.transaction() as connection:
                bundle = await buy_bundle(connection, space_id, terms, ids, now)
            self.bundles.append((space_id, bundle.id))

    async def end(self, _space_id: int, number: int, _ids: IdMaker, now: datetime) -> None:
        if self.bundles and number % 3 == 0:
            bundle = self.bundles[number % len(self.bundles)]
            with suppress(BundleOver):
                async with self.database.transaction() as connection:
                    await end_bundle(connection, *bundle, "no more", now)

    async def renew(self, _space_id: int, _number: int, ids: IdMaker, now: datetime) -> None:
        await renew_once(self.database, ids, now, tell_nobody)

    async def close(self, _space_id: int, _number: int, _ids: IdMaker, now: datetime) -> None:
        await closed(self.database, now)

    # What happens alone.

    async def limit(self, space: int, micro: int, *, force: bool) -> None:
        space_id = self.space_ids[space]
        with suppress(LedgerError):
            async with self.database.transaction() as connection:
                change = await set_credit_limit(
                    connection, space_id, micro, "", self.clock.now(), force=force
                )
            self.floors[space_id] = -micro
            if change.forced:
                self.owing.add(space_id)

    async def wait(self, hours: int) -> None:
        self.clock.advance(hours * 3600)
        async with self.database.transaction() as connection:
            await ensure_partitions(connection, self.clock.now())

    async def drop_oldest(self) -> None:
        """Drop the oldest month once it is over, and its messages have come to their ends."""
        month = await self.oldest_month()
        over_at = begin_of(next_month(month)) + timedelta(days=3)
        await self.wait(max(0, int((over_at - self.clock.now()).total_seconds()) // 3600 + 1))
        now, ids = self.clock.now(), self.makers[0]
        found = await rows(self.database, _READ_QUEUED, self.gateway.ids.make(now))
        await self._refuse([row["id"] for row in found], ids, now)
        await closed(self.database, now)
        await drop_month(self.database, month)

    async def oldest_month(self) -> date:
        found = await rows(self.database, READ_PARTITIONS)
        names = [row["child"] for row in found if row["parent"] == "ledger_entry"]
        return min(
            date(int(year), int(month), 1)
            for _, _, year, month in (name.removesuffix("_first").split("_") for name in names)
        )

    async def has_closings(self) -> bool:
        return bool(await rows(self.database, "SELECT FROM ledger_closing LIMIT 1"))

    # What must be true after each.

    async def check(self) -> None:
        faults = await faults_of(self.database)
        assert not faults, faults
        entries = await rows(
            self.database, "SELECT * FROM ledger_entry ORDER BY space_id, sequence"
        )
        closings = await rows(
            self.database, "SELECT * FROM ledger_closing ORDER BY space_id, month"
        )
        wallets = await rows(self.database, "SELECT * FROM wallet ORDER BY space_id")
        sides = 0
        for wallet in wallets:
            mine = [row for row in entries if row["space_id"] == wallet["space_id"]]
            gone = [
                row
                for row in closings
                if row["space_id"] == wallet["space_id"]
                and (not mine or row["sequence"] < mine[0]["sequence"])
            ]
            sides -= sum(part["amount_micro"] for row in gone for part in row["sums"])
            sides -= sum(row["amount_micro"] for row in mine)
            self._replay(wallet, gone[-1] if gone else None, mine)
        assert sum(wallet["balance_micro"] for wallet in wallets) + sides == 0
        assert len({row["recipient_id"] for row in entries if row["kind"] == "capture"}) == sum(
            row["kind"] == "capture" for row in entries
        )

    def _replay(self, wallet: Any, closing: Any, entries: Sequence[Any]) -> None:
        """The wallet's story, from its last dropped month on, by hand."""
        sequence, balance_micro, last_id = 0, 0, b""
        if closing is not None:
            sequence, balance_micro = closing["sequence"], closing["balance_after_micro"]
            last_id = closing["last_id"]
        for row in entries:
            sequence, balance_micro = sequence + 1, balance_micro + row["amount_micro"]
            assert (row["sequence"], row["balance_after_micro"]) == (sequence, balance_micro)
            assert row["id"] > last_id
            last_id = row["id"]
        assert (wallet["sequence"], wallet["balance_micro"]) == (sequence, balance_micro)
        space_id = wallet["space_id"]
        if space_id in self.floors and space_id not in self.owing:
            assert balance_micro - wallet["held_micro"] >= wallet["floor_micro"]
            assert wallet["floor_micro"] == self.floors[space_id]

    # ---------------------------------------------------------------------------------------------

    def _draft(self, space_id: int, number: int, now: datetime, text: str) -> Draft:
        is_french = number % 2 == 1
        draft = self.gateway.draft(
            space_id,
            market=Market.WORLD if is_french else Market.ITALY,
            recipient=FRENCH if is_french else ITALIAN,
            text=text,
        )
        return msgspec.structs.replace(draft, now=now, due_at=now)

    async def _commit(self, drafts: Sequence[Draft], ids: IdMaker) -> None:
        results = await commit_drafts(self.database, drafts, ids)
        for draft, result in zip(drafts, results, strict=True):
            if isinstance(result, Stored):
                self.queued.append((draft.space_id, draft.id))
            else:
                assert isinstance(result, StaffettaError), result

    def _some(self, number: int) -> list[bytes]:
        """Messages that may be queued; others may settle the same ones at the same time."""
        return [recipient_id for _, recipient_id in self.queued[-1 - number :]]

    async def _refuse(self, some: Sequence[bytes], ids: IdMaker, now: datetime) -> None:
        async with begin_step(self.database, self.gateway.callback_bell, ids, now) as step:
            told = await step.connection.fetch(_ANSWER, some, "rejected", None)
            await settle_money(step, [], told)
        self._note_settled(told)

    def _note_settled(self, told: Sequence[Any]) -> None:
        done = [(row["space_id"], row["id"]) for row in told]
        self.settled.extend(done)
        self.queued = [one for one in self.queued if one not in done]


OPERATIONS = (
    *("accept", "accept", "accept", "offend", "take", "take", "refuse"),
    *("settle_again", "settle_again", "bring", "buy", "end", "renew", "close"),
)


# Every column, with a value that it did not have.
CHANGES = {
    "space_id": "space_id + 1000",
    "sequence": "sequence + 1000",
    "id": "set_byte(id, 11, (get_byte(id, 11) + 1) % 256)",
    "at": "at + interval '1 second'",
    "kind": "CASE kind WHEN 'charge' THEN 'refund' ELSE 'charge' END",
    "amount_micro": "amount_micro + 9223372036854775807 * (amount_micro < 0)::int + 1",
    "balance_after_micro": "balance_after_micro + 1",
    "counter_account": "counter_account || 'x'",
    "recipient_id": "CASE WHEN recipient_id IS NULL THEN id END",
    "message_id": "CASE WHEN message_id IS NULL THEN id END",
    "note": "note || ' '",
    "checksum": "checksum # 1",
}
CLOSING_CHANGES = {
    "first_sequence": "first_sequence - 1",
    "sequence": "sequence + 1",
    "first_id": "set_byte(first_id, 11, (get_byte(first_id, 11) + 1) % 256)",
    "last_id": "set_byte(last_id, 11, (get_byte(last_id, 11) + 1) % 256)",
    "balance_after_micro": "balance_after_micro + 1",
    "sums": "'[]'",
    "closed_at": "closed_at + interval '1 second'",
    "checksum": "checksum + 1",
}


async def damaged(connection: Connection, statement: str, *arguments: object) -> None:
    """Change what must not be changed, in a transaction that is rolled back."""
    for table in ("ledger_entry", "ledger_closing"):
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    await connection.execute(statement, *arguments)
