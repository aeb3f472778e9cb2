"""Accounts with messages whose changes are owed to URLs, laid straight into the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from staffetta.accounts.create_account import create_account
from staffetta.accounts.email import Email
from staffetta.callbacks.owe import STEP_FINAL, STEP_PENDING, Change, Lane, owe_changes
from staffetta.db.pool import Database
from staffetta.domain.environments import Environment
from staffetta.domain.ids import IdMaker
from staffetta.domain.states import State
from staffetta.ledger.topup import grant

TEXT = "Ciao"
STEPS = {State.SUBMITTED: STEP_PENDING, State.UNCERTAIN: STEP_PENDING}

_ALIVE = timedelta(hours=-1)  # for so long: nothing renews its heartbeat

_KEPT = {"method": "JSON", "field": "data", "retry": None, "headers": {}, "custom": None}

INSERT_MESSAGES = """
INSERT INTO message (space_id, id, service, market, class, priority, sender, body, encoding,
                     characters_count, segment_count, reference, options, callback, created_at,
                     due_at)
SELECT $1, id, 'v2', 'IT', 1, 1000, 'Staffetta', $3, 'GSM-7', 4, 1, 0, '{}', $4, $5, $5
  FROM unnest($2::bytea[]) AS new (id)
"""
INSERT_RECIPIENTS = """
INSERT INTO recipient (space_id, id, message_id, number, country, calling_code, state, class,
                       priority, turn, segment_count, price_micro, charged_micro, due_at,
                       expires_at, updated_at, callback_host)
SELECT $1, id, id, '+393331234567', 'IT', '39', 'delivered', 1, 1000, 0, 1, 70000, 70000, $3,
       $3::timestamptz + interval '2 days', $3, $4
  FROM unnest($2::bytea[]) AS new (id)
"""


@dataclass
class Owed:
    """One callback as it stands."""

    id: bytes
    message_id: bytes
    event: str
    status: str
    tries: int  # of its round
    due_at: datetime


@dataclass
class Outbox:
    """The outbox of a database, and one account with a space."""

    database: Database
    now: datetime
    space_id: int
    ids: IdMaker = field(default_factory=IdMaker)

    async def message(self, url: str, **callback: Any) -> bytes:
        """A message that calls back to `url`; `callback` are the other parts of that object."""
        return (await self.messages(1, url, **callback))[0]

    async def messages(
        self, count: int, url: str, *, space_id: int | None = None, **callback: Any
    ) -> list[bytes]:
        """So many of them."""
        space = space_id or self.space_id
        made = [self.ids.make(self.now) for _ in range(count)]
        kept = {**_KEPT, "url": url, **callback}
        async with self.database.transaction() as connection:
            await connection.execute(INSERT_MESSAGES, space, made, TEXT, kept, self.now)
            await connection.execute(INSERT_RECIPIENTS, space, made, self.now, "example.com")
        return made

    async def owe(
        self,
        message_ids: Sequence[bytes],
        state: State = State.DELIVERED,
        *,
        host: str = "127.0.0.1",
        space_id: int | None = None,
        now: datetime | None = None,
    ) -> list[Change]:
        """Owe a change of state of each message."""
        at = now or self.now
        changes = [
            Change(
                lane=Lane(space_id or self.space_id, host),
                message_id=message_id,
                recipient_id=message_id,
                step=STEPS.get(state, STEP_FINAL),
                state=state,
                charged_micro=70_000,
                possibly_duplicate=False,
                sent_at=at,
                delivered_at=at if state is State.DELIVERED else None,
            )
            for message_id in message_ids
        ]
        async with self.database.transaction() as connection:
            await owe_changes(connection, changes, self.ids, at)
        return changes

    async def account(self, email: str) -> int:
        """Another account; answers its production space."""
        return await make_space(self.database, email, self.now)

    async def rows(self, query: str, *arguments: object) -> Sequence[Any]:
        async with self.database.acquire() as connection:
            return await connection.fetch(query, *arguments)

    async def owed(self, *message_ids: bytes) -> list[Owed]:
        """Every callback, or those of some messages, oldest first."""
        rows = await self.rows(
            "SELECT id, message_id, event, status, attempt - attempts_before AS tries, due_at"
            " FROM callback"
            " WHERE $1::bytea[] = '{}' OR message_id = ANY($1) ORDER BY id",
            list(message_ids),
        )
        return [Owed(**dict(row)) for row in rows]

    async def statuses(self, *message_ids: bytes) -> list[str]:
        return [one.status for one in await self.owed(*message_ids)]

    async def attempts(self) -> list[Mapping[str, Any]]:
        rows = await self.rows("SELECT * FROM callback_attempt ORDER BY callback_id, attempt")
        return [dict(row) for row in rows]

    async def settings(self, settings: Mapping[str, object], space_id: int | None = None) -> None:
        """Write the settings of a space."""
        await self.rows(
            "UPDATE space SET settings = $2 WHERE id = $1", space_id or self.space_id, settings
        )

    async def process(self, *, silent_for: timedelta = _ALIVE, ended: bool = False) -> int:
        """A row of a process: alive, silent for some time, or ended."""
        rows = await self.rows(
            "INSERT INTO process (role, host, pid, started_at, heartbeat_at, ended_at) VALUES"
            " ('callbacks', 'test', 1, clock_timestamp(), clock_timestamp() - $1::interval,"
            " CASE WHEN $2 THEN clock_timestamp() END) RETURNING id",
            silent_for,
            ended,
        )
        return int(rows[0]["id"])


async def make_space(database: Database, email: str, now: datetime) -> int:
    async with database.transaction() as connection:
        account = await create_account(connection, Email.parse(email), "EUR", grant, now)
    return account.spaces[Environment.PRODUCTION].space_id


async def make_outbox(database: Database, now: datetime, email: str = "anna@example.com") -> Outbox:
    return Outbox(database, now, await make_space(database, email, now))
