"""The console as a table: every route, who may use it, and an address of something that is there.

A route that is new is found by itself. Who may use it follows from where it stands; only what is
for owners alone is named, and tests compare that with what the routes do.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx
from console_browser import Browser, browser_of, let_in, open_console, sign_in
from hand_gateway import Gateway, make_space
from litestar import Litestar
from litestar.routes import HTTPRoute
from people_desk import OLGA, OTTO

from staffetta.accounts.create_token import create_token
from staffetta.accounts.email import Email
from staffetta.accounts.named_tokens import token_id
from staffetta.accounts.people import Role
from staffetta.accounts.space import find_space
from staffetta.console.forgery import FIELD, form_token
from staffetta.domain.environments import Environment
from staffetta.domain.secrets import hash_secret

CONSOLE: Final = "/console"
SESSION: Final = "staffetta_session"
OWNER, MEMBER, OPERATOR, OTHERS, NOBODY = "owner", "member", "operator", "others", "nobody"
VISITORS: Final = (OWNER, MEMBER, OPERATOR, OTHERS, NOBODY)
_EMAILS: Final = {
    OWNER: OLGA,
    MEMBER: Email.parse("mario@example.com"),
    OPERATOR: Email.parse("root@example.com"),
    OTHERS: OTTO,  # owns another account
}
_ANYBODYS: Final = ("/console/static/", "/console/sign-in", "/console/language/")
_SIGNED_IN: Final = ("/console/sign-out", "/console/me")
_OPERATE: Final = "/console/operate"
_ACCOUNTS: Final = "/console/{environment:str}/"
_SCOPES: Final = ("GET:sms.openapi.com/messages",)
_UNCOUNTED: Final = frozenset({"person_session", "sign_in_rate", "process"})


@dataclass(frozen=True)
class Entry:
    """A route and a method of it."""

    method: str
    path: str  # as the application's table has it

    @property
    def allowed(self) -> frozenset[str]:
        """Who may use it, as far as roles go."""
        if self.path.startswith(_ANYBODYS):
            return frozenset(VISITORS)
        if self.path == CONSOLE or self.path.startswith(_SIGNED_IN):
            return frozenset({OWNER, MEMBER, OPERATOR, OTHERS})
        if self.path.startswith(_OPERATE):
            return frozenset({OPERATOR})
        assert self.path.startswith(_ACCOUNTS), f"for whom is {self.path}?"
        return frozenset({OWNER, OTHERS} if self in OWNERS_ALONE else {OWNER, MEMBER, OTHERS})

    @property
    def names_something(self) -> bool:
        """Whether it is about a thing of the account's own."""
        return self.path.startswith(_ACCOUNTS) and self.path.count("{") > 1

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _owners(path: str, *methods: str) -> set[Entry]:
    return {Entry(method, f"/console/{{environment:str}}{path}") for method in methods}


OWNERS_ALONE: Final = frozenset(
    _owners("/tokens/new", "GET", "POST")
    | _owners("/tokens/{token:str}", "POST")
    | _owners("/tokens/{token:str}/revoke", "POST")
)


@dataclass(frozen=True)
class World:
    """A console, its people's browsers, and what its pages may be about."""

    gateway: Gateway
    console: Litestar
    make_browser: Browser
    browsers: dict[str, httpx.AsyncClient]
    named: dict[str, str]  # what stands for {a parameter} of a path

    @property
    def entries(self) -> list[Entry]:
        """Everything that can be asked for."""
        return [
            Entry(handler_method, route.path)
            for route in self.console.routes
            if isinstance(route, HTTPRoute)
            for handler_method in sorted(map(str, route.route_handler_map))
            if handler_method != "OPTIONS"
        ]

    def address(self, entry: Entry) -> str:
        """The address of something that is there, of the first account's."""
        return "/".join(self.filled(part) for part in entry.path.split("/"))

    def filled(self, part: str) -> str:
        """A part of a path; what it names when it is a parameter."""
        return self.named[part.strip("{}").split(":")[0]] if part.startswith("{") else part

    def token_of(self, visitor: str) -> str:
        """What forms of this visitor's session hold."""
        session = self.browsers[visitor].cookies.get(SESSION)
        return form_token(session) if session else ""

    async def ask(
        self,
        visitor: str,
        entry: Entry,
        fields: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """One request, with the form token where something changes unless fields are given."""
        browser, address = self.browsers[visitor], self.address(entry)
        if entry.method in {"GET", "HEAD"}:
            return await browser.request(entry.method, address, headers=headers)
        form = {FIELD: self.token_of(visitor)} if fields is None else fields
        return await browser.request(entry.method, address, data=form, headers=headers)

    async def traces(self) -> list[tuple[Any, ...]]:
        """How many rows each table has, and their youngest: the same while nothing changes."""
        tables = await self.gateway.rows(
            "SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace"
            " WHERE nspname = 'public' AND relkind IN ('r', 'p') AND NOT relispartition"
        )
        names = [row["relname"] for row in tables if row["relname"] not in _UNCOUNTED]
        query = " UNION ALL ".join(
            f"SELECT '{name}', count(*), max(xmin::text::bigint) FROM {name}" for name in names
        )
        return sorted(tuple(row) for row in await self.gateway.rows(query))


@asynccontextmanager
async def console_world(gateway: Gateway) -> AsyncIterator[World]:
    """A gateway's account in use, another one, and everybody signed in."""
    others = await make_space(gateway.database, "other@example.com")
    accounts = [await _open_sandbox(gateway, space) for space in (gateway.space_id, others)]
    of = {OWNER: accounts[0], MEMBER: accounts[0], OPERATOR: None, OTHERS: accounts[1]}
    roles = {MEMBER: Role.MEMBER, OPERATOR: Role.OPERATOR}
    for visitor, email in _EMAILS.items():
        role = roles.get(visitor, Role.OWNER)
        await let_in(gateway.database, gateway.clock, email, role, of[visitor])
    named = await _name_things(gateway)
    async with open_console(gateway) as console, AsyncExitStack() as stack:
        make_browser, browsers = browser_of(console), {}
        for visitor in VISITORS:
            browsers[visitor] = await stack.enter_async_context(make_browser())
            if visitor in _EMAILS:
                await sign_in(browsers[visitor], _EMAILS[visitor])
        yield World(gateway, console, make_browser, browsers, named)


async def _open_sandbox(gateway: Gateway, space_id: int) -> int:
    """The account of a space, with a space in the sandbox as well."""
    async with gateway.database.transaction() as connection:
        account_id: int = await connection.fetchval(
            "SELECT account_id FROM space WHERE id = $1", space_id
        )
        await connection.execute(
            "WITH made AS (INSERT INTO space (account_id, environment, created_at)"
            " VALUES ($1, 'sandbox', $2) RETURNING id)"
            " INSERT INTO wallet (space_id, updated_at) SELECT id, $2 FROM made",
            account_id,
            gateway.clock.now(),
        )
    return account_id


async def _name_things(gateway: Gateway) -> dict[str, str]:
    """Something of each kind that addresses name, of the first account."""
    message = await gateway.accept(text="something that is there")
    async with gateway.database.transaction() as connection:
        email = Email.parse("alice@example.com")
        space = await find_space(connection, email, Environment.PRODUCTION)
        token = await create_token(connection, space, _SCOPES, gateway.clock.now())
    return {
        "environment": "production",
        "language": "it",
        "file_path": "console.css",
        "message": message.message.id.hex(),
        "token": token_id(hash_secret(token.token)),
        "name": "carrier",
    }
