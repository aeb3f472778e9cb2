"""A gateway without its edges: the real steps on a real database, a connector played by the test.

The test is the carrier: it looks at what the connector was handed and says what became of it.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from staffetta.accounts.terms import DEFAULT_TERMS
from staffetta.callbacks.bell import CallbackBell
from staffetta.db.pool import Database
from staffetta.domain.clock import Clock
from staffetta.domain.environments import Environment, Market
from staffetta.domain.ids import IdMaker
from staffetta.domain.secrets import Keyring, make_server_key_text
from staffetta.domain.segments import Segmentation, segment_text
from staffetta.ledger.topup import top_up
from staffetta.ledger.verify import verify_books
from staffetta.messaging.accept import Acceptance, Acceptor, AcceptRules, make_draft, offence_of
from staffetta.messaging.bell import Bell
from staffetta.messaging.cancel import Canceller
from staffetta.messaging.connector import (
    Accepted,
    Claim,
    Outcome,
    Report,
    ReportMeaning,
    Settlement,
)
from staffetta.messaging.dispatch import Dispatcher
from staffetta.messaging.draft import Draft, IdempotencyKey
from staffetta.messaging.housekeeping import Housekeeper
from staffetta.messaging.inbox import MemoryInbox
from staffetta.messaging.inspection import SendRequest, Space
from staffetta.messaging.intake import Intake
from staffetta.messaging.learning import Learning
from staffetta.messaging.read import Reader
from staffetta.messaging.report import Reporter
from staffetta.messaging.settle import Settler
from staffetta.messaging.snapshots import LiveSnapshots
from staffetta.messaging.view import MessageView

START = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
ITALIAN = "+393331234567"
FRENCH = "+33612345678"


@dataclass
class HandConnector:
    """A connector whose carrier is the test."""

    connector_id: int
    claims: list[Claim] = field(default_factory=list)
    capacity: int = 500
    cut: Callable[[str], Segmentation] = segment_text

    def room(self) -> int:
        return self.capacity

    def submit(self, claim: Claim) -> None:
        self.claims.append(claim)


@dataclass
class Gateway:
    database: Database
    clock: "FrozenClock"
    acceptor: Acceptor
    snapshots: LiveSnapshots
    canceller: Canceller
    callback_bell: CallbackBell
    keyring: Keyring
    ids: IdMaker
    intake: Intake
    reader: Reader
    inbox: MemoryInbox
    connector: HandConnector
    housekeeper: Housekeeper
    reporter: Reporter
    learning: Learning
    make_worker: Callable[[int], "Worker"]
    space_id: int
    owner: int
    answers: list[bool] = field(default_factory=list)

    @property
    def worker(self) -> "Worker":
        return self.make_worker(self.owner)

    @property
    def space(self) -> Space:
        return Space(self.space_id, Environment.PRODUCTION, DEFAULT_TERMS)

    async def accept(self, space: Space | None = None, **changes: Any) -> Acceptance:
        """Accept one message, as the only request of its batch unless others wait."""
        task = asyncio.ensure_future(
            self.acceptor.accept(space or self.space, request(**changes), self.clock.now())
        )
        while not task.done():
            await asyncio.sleep(0)
            await self.intake.store_once()
        return await task

    def draft(self, space_id: int, **changes: Any) -> Draft:
        """What acceptance would hand to the intake."""
        asked, space = request(**changes), Space(space_id, Environment.PRODUCTION, DEFAULT_TERMS)
        found = self.acceptor.inspect(space, asked)
        return make_draft(
            asked,
            found,
            offence_of(asked, found),
            space=space,
            rules=AcceptRules(),
            message_id=self.ids.make(self.clock.now()),
            reference=0,
            now=self.clock.now(),
        )

    async def accept_and_claim(self, **changes: Any) -> Claim:
        acceptance = await self.accept(**changes)
        await self.worker.dispatcher.dispatch_once()
        claim = self.connector.claims[-1]
        assert claim.recipient_id == acceptance.message.id
        return claim

    async def settle(self, claim: Claim, *outcomes: Outcome, owner: int | None = None) -> None:
        self.inbox.settled(Settlement(self.connector.connector_id, claim, outcomes))
        await self.make_worker(owner or self.owner).settler.settle_once()

    async def report(self, *reports: Report) -> None:
        for one in reports:
            assert self.inbox.reported(one, self.answers.append)
        await self.reporter.report_once()

    def delivered(self, smsc_key: str, meaning: ReportMeaning = ReportMeaning.DELIVERED) -> Report:
        return Report(
            connector_id=self.connector.connector_id,
            smsc_id=smsc_key.upper(),
            smsc_key=smsc_key,
            meaning=meaning,
            state_word=meaning.name,
            error="000",
            done_at=None,
            destination="",
        )

    async def view(self, message_id: bytes) -> MessageView:
        found = await self.reader.get(self.space_id, message_id, self.clock.now())
        assert found is not None
        return found

    async def rows(self, query: str, *arguments: object) -> Sequence[Any]:
        async with self.database.acquire() as connection:
            return await connection.fetch(query, *arguments)

    async def wallet(self, space_id: int | None = None) -> tuple[int, int]:
        rows = await self.rows(
            "SELECT balance_micro, held_micro FROM wallet WHERE space_id = $1",
            space_id or self.space_id,
        )
        return rows[0]["balance_micro"], rows[0]["held_micro"]

    async def books_hold(self) -> None:
        async with self.database.transaction(isolation="repeatable_read") as connection:
            proof = await verify_books(connection)
        assert proof.faults == ()


class FrozenClock(Clock, Protocol):
    """The tests' clock."""

    def advance(self, seconds: float) -> None: ...


@dataclass
class Worker:
    """The steps of one dispatch process."""

    dispatcher: Dispatcher
    settler: Settler


def request(
    *,
    market: Market = Market.ITALY,
    recipient: str = ITALIAN,
    text: str = "hello",
    dry_run: bool = False,
    key: str | None = None,
    body_hash: bytes = b"h" * 32,
    **changes: Any,
) -> SendRequest:
    fields: dict[str, Any] = {
        "market": market,
        "recipient": recipient,
        "text": text,
        "sender": "ACME",
        "dry_run": dry_run,
        "fail_on_multiple_segments": False,
        "callback": None,
        "idempotency": IdempotencyKey("/IT-messages", key, body_hash) if key else None,
    }
    return SendRequest(**{**fields, **changes})


def accepted(smsc_key: str) -> Accepted:
    return Accepted(smsc_key.upper(), smsc_key)


async def make_space(
    database: Database,
    email: str,
    balance_micro: int = 10_000_000,
    environment: str = "production",
) -> int:
    async with database.transaction() as connection:
        account_id = await connection.fetchval(
            "INSERT INTO account (email, created_at) VALUES ($1, $2) RETURNING id", email, START
        )
        space_id: int = await connection.fetchval(
            "INSERT INTO space (account_id, environment, created_at)"
            " VALUES ($1, $3::text::environment, $2) RETURNING id",
            account_id,
            START,
            environment,
        )
        await connection.execute(
            "INSERT INTO wallet (space_id, updated_at) VALUES ($1, $2)", space_id, START
        )
        if balance_micro:
            await top_up(connection, space_id, balance_micro, "for the test", START)
    return space_id


async def make_connector(database: Database, name: str, prices: dict[str, int]) -> int:
    async with database.transaction() as connection:
        connector_id: int = await connection.fetchval(
            "INSERT INTO connector (environment, name, kind, created_at, updated_at)"
            " VALUES ('production', $1, 'smpp', $2, $2) RETURNING id",
            name,
            START,
        )
        for country, price_micro in prices.items():
            await connection.execute(
                "INSERT INTO route (environment, connector_id, country, price_micro, created_at)"
                " VALUES ('production', $1, $2, $3, $4)",
                connector_id,
                country,
                price_micro,
                START,
            )
    return connector_id


async def make_process(database: Database) -> int:
    """A process that is alive for an hour: nothing renews its heartbeat."""
    async with database.acquire() as connection:
        process_id: int = await connection.fetchval(
            "INSERT INTO process (role, host, pid, started_at, heartbeat_at)"
            " VALUES ('dispatch', 'here', 1, clock_timestamp(),"
            " clock_timestamp() + interval '1 hour') RETURNING id"
        )
    return process_id


async def make_gateway(database: Database, clock: FrozenClock) -> Gateway:
    """The parts, wired as a process wires them."""
    ids, inbox = IdMaker(), MemoryInbox()
    space_id = await make_space(database, "alice@example.com")
    connector = HandConnector(
        await make_connector(database, "carrier", {"IT": 30_000, "*": 80_000})
    )
    snapshots = LiveSnapshots(database)
    await snapshots.refresh_once()
    bell, callback_bell = Bell(database), CallbackBell(database)
    keyring = Keyring.parse(make_server_key_text())
    intake = Intake(database, bell, ids)
    reader, learning = Reader(database), Learning(database, clock)

    def make_worker(owner: int) -> Worker:
        return Worker(
            Dispatcher(database, connector, inbox, clock, keyring, owner, lambda: True),
            Settler(database, inbox, clock, ids, callback_bell, owner, learning),
        )

    return Gateway(
        database=database,
        clock=clock,
        acceptor=Acceptor(snapshots, intake, reader, AcceptRules(), ids),
        snapshots=snapshots,
        canceller=Canceller(database, callback_bell, reader, ids),
        callback_bell=callback_bell,
        keyring=keyring,
        ids=ids,
        intake=intake,
        reader=reader,
        inbox=inbox,
        connector=connector,
        housekeeper=Housekeeper(database, bell, callback_bell, clock, ids, resends=True),
        reporter=Reporter(database, inbox, clock, ids, callback_bell, learning),
        learning=learning,
        make_worker=make_worker,
        space_id=space_id,
        owner=await make_process(database),
    )
