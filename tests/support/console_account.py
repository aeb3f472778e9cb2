"""An account's people in the console, in both environments, beside a gateway played by hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import httpx
from console_browser import Browser, browser_of, let_in, open_console, sign_in
from hand_gateway import START, Gateway, make_gateway, make_space
from people_desk import OLGA, OTTO

from staffetta.accounts.people import Role
from staffetta.db.pool import Database
from staffetta.domain.clock import Clock
from staffetta.ledger.topup import top_up

OPERATOR: Final = OLGA.parse("oscar@example.com")
SANDBOX_PRICE_MICRO: Final = 50_000


@dataclass
class Account:
    """Olga's account is the gateway's; Otto's is another; Oscar operates."""

    gateway: Gateway
    browser: Browser
    olga: httpx.AsyncClient
    sandbox_id: int

    def form_token(self, page: str) -> str:
        """The token that a page's forms hold."""
        return page.split('name="form_token" value="', 1)[1].split('"', 1)[0]

    async def post(self, path: str, **fields: object) -> httpx.Response:
        """Send a form as Olga, from a page of hers."""
        page = (await self.olga.get("/console/sandbox/send")).text
        files = fields.pop("files", None)
        return await self.olga.post(
            path, data={"form_token": self.form_token(page), **fields}, files=files
        )


@asynccontextmanager
async def opened_account(database: Database, clock: Clock) -> AsyncIterator[Account]:
    """Everybody may sign in, and Olga has."""
    gateway = await make_gateway(database, clock)  # type: ignore[arg-type]
    sandbox_id = await _add_sandbox(database, gateway.space_id)
    await _add_connector(database)
    other = await make_space(database, "other@example.com")
    await _add_sandbox(database, other)
    await let_in(database, clock, OLGA, Role.OWNER, await _account_of(database, gateway.space_id))
    await let_in(database, clock, OTTO, Role.OWNER, await _account_of(database, other))
    await let_in(database, clock, OPERATOR, Role.OPERATOR)
    await gateway.snapshots.refresh_once()
    async with open_console(gateway) as console:
        browser = browser_of(console)
        async with browser() as olga:
            await sign_in(olga, OLGA)
            yield Account(gateway, browser, olga, sandbox_id)


async def _account_of(database: Database, space_id: int) -> int:
    async with database.acquire() as connection:
        found: int = await connection.fetchval(
            "SELECT account_id FROM space WHERE id = $1", space_id
        )
    return found


async def _add_sandbox(database: Database, space_id: int) -> int:
    account_id = await _account_of(database, space_id)
    async with database.transaction() as connection:
        sandbox_id: int = await connection.fetchval(
            "INSERT INTO space (account_id, environment, created_at)"
            " VALUES ($1, 'sandbox', $2) RETURNING id",
            account_id,
            START,
        )
        await connection.execute(
            "INSERT INTO wallet (space_id, updated_at) VALUES ($1, $2)", sandbox_id, START
        )
        await top_up(connection, sandbox_id, 10_000_000, "to play with", START)
    return sandbox_id


async def _add_connector(database: Database) -> None:
    async with database.transaction() as connection:
        connector_id: int = await connection.fetchval(
            "INSERT INTO connector (environment, name, kind, created_at, updated_at)"
            " VALUES ('sandbox', 'playground', 'simulated', $1, $1) RETURNING id",
            START,
        )
        await connection.execute(
            "INSERT INTO route (environment, connector_id, country, price_micro, created_at)"
            " VALUES ('sandbox', $1, '*', $2, $3)",
            connector_id,
            SANDBOX_PRICE_MICRO,
            START,
        )
