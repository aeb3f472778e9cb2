"""An account's people in browsers: Olga owns the gateway's account, Otto is a member of it."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx
from console_browser import browser_of, let_in, open_console, sign_in
from hand_gateway import Gateway
from people_desk import OLGA, OTTO

from staffetta.accounts.email import Email
from staffetta.accounts.people import Role
from staffetta.accounts.space import Space
from staffetta.domain.environments import Environment

_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
# What forms hold that one must have seen: a number that counts once, and what the page showed.
_SEEN = ("once", "shown", "rotated_at")
STRANGER = Email.parse("stranger@example.com")


@dataclass(frozen=True)
class AccountConsole:
    """The console of a gateway, with three people signed in."""

    gateway: Gateway
    owner: httpx.AsyncClient
    member: httpx.AsyncClient
    stranger: httpx.AsyncClient  # owns another account
    spaces: dict[Environment, Space]

    async def send(
        self, one: httpx.AsyncClient, page: str, path: str = "", **fields: object
    ) -> httpx.Response:
        """Fill in a form of a page and send it, to the page itself unless given."""
        shown = await one.get(page)
        hidden = {"form_token": found_in(_TOKEN, shown.text)}
        for name in _SEEN:
            if seen := re.search(f'name="{name}" value="([^"]+)"', shown.text):
                hidden[name] = seen[1]
        return await one.post(path or page, data={**hidden, **fields})


def found_in(pattern: re.Pattern[str], text: str) -> str:
    """What a pattern's first group finds; fails with the text where it finds nothing."""
    found = pattern.search(text)
    assert found is not None, text
    return found[1]


@asynccontextmanager
async def account_console(gateway: Gateway) -> AsyncIterator[AccountConsole]:
    """Somebody signed in for each role."""
    spaces = await _spaces(gateway, gateway.space_id)
    async with gateway.database.acquire() as connection:
        other = await connection.fetchval(
            "INSERT INTO account (email, created_at) VALUES ('other@example.com', $1) RETURNING id",
            gateway.clock.now(),
        )
        for environment in Environment:
            await connection.execute(
                "INSERT INTO space (account_id, environment, created_at) VALUES ($1, $2, $3)",
                other,
                environment,
                gateway.clock.now(),
            )
    account = spaces[Environment.PRODUCTION].account_id
    async with AsyncExitStack() as stack:
        make = browser_of(await stack.enter_async_context(open_console(gateway)))
        browsers = []
        for email, role, account_id in (
            (OLGA, Role.OWNER, account),
            (OTTO, Role.MEMBER, account),
            (STRANGER, Role.OWNER, other),
        ):
            await let_in(gateway.database, gateway.clock, email, role, account_id)
            browser = await stack.enter_async_context(make())
            await sign_in(browser, email)
            browsers.append(browser)
        owner, member, stranger = browsers
        yield AccountConsole(gateway, owner, member, stranger, spaces)


async def _spaces(gateway: Gateway, space_id: int) -> dict[Environment, Space]:
    """Both spaces of the gateway's account; that of the sandbox is made."""
    async with gateway.database.transaction() as connection:
        row = await connection.fetchrow(
            "SELECT account.id, email FROM space JOIN account ON account.id = account_id"
            " WHERE space.id = $1",
            space_id,
        )
        assert row is not None
        sandbox = await connection.fetchval(
            "INSERT INTO space (account_id, environment, created_at)"
            " VALUES ($1, 'sandbox', $2) RETURNING id",
            row["id"],
            gateway.clock.now(),
        )
    ids = {Environment.PRODUCTION: space_id, Environment.SANDBOX: sandbox}
    return {one: Space(ids[one], row["id"], row["email"], one, "EUR") for one in Environment}
