"""The console as a table: every route, who may use it, and an address of something that is there.

A route that is new is found by itself. Who may use it follows from where it stands; only what is
for owners alone is named, and tests compare that with what the routes do.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import httpx
from console_browser import Browser, browser_of, let_in, open_console, sign_in
from hand_gateway import Gateway, make_space
from hostile_texts import SCRIPT
from litestar import Litestar
from litestar.routes import HTTPRoute
from outbox import Outbox
from people_desk import OLGA, OTTO

from staffetta.accounts.create_token import create_token
from staffetta.accounts.email import Email
from staffetta.accounts.named_tokens import token_id
from staffetta.accounts.people import Role
from staffetta.accounts.rotate_api_key import rotate_api_key
from staffetta.accounts.space import find_space
from staffetta.compliance.edit_words import add_entries
from staffetta.compliance.word_file import make_noted
from staffetta.console.forgery import FIELD, form_token
from staffetta.domain.environments import Environment
from staffetta.domain.secrets import hash_secret
from staffetta.ledger.bundle import BundleTerms
from staffetta.ledger.sell_bundle import buy_bundle

CONSOLE: Final = "/console"
SESSION: Final = "staffetta_session"
OWNER, MEMBER, OPERATOR, OTHERS, NOBODY = "owner", "member", "operator", "others", "nobody"
VISITORS: Final = (OWNER, MEMBER, OPERATOR, OTHERS, NOBODY)
SAFE_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
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
_ENDING: Final = ("/sign-out", "/sign-out-everywhere", "/close", "/disable", "/remove", "/password")
_SCOPES: Final = ("GET:sms.openapi.com/messages",)
_BUNDLE: Final = BundleTerms(segment_count=10, price_micro=0, period_days=30, name="ten")
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
        if self in OWNERS_ALONE:
            return frozenset({OWNER, OTHERS})
        if self.path == CONSOLE or self.path.startswith(_SIGNED_IN):
            return frozenset({OWNER, MEMBER, OPERATOR, OTHERS})
        if self.path.startswith(_OPERATE):
            return frozenset({OPERATOR})
        assert self.path.startswith(_ACCOUNTS), f"for whom is {self.path}?"
        return frozenset({OWNER, MEMBER, OTHERS})

    @property
    def names_something(self) -> bool:
        """Whether it is about a thing of the account's own."""
        own = self.path.removeprefix(_ACCOUNTS)
        return "{" in own and OWNER in self.allowed and not self.path.startswith(_ANYBODYS)

    @property
    def is_personal(self) -> bool:
        """Whether it is about what one person brought, and nobody else of the account."""
        return "{file:" in self.path

    @property
    def ends_sessions(self) -> bool:
        """Whether somebody is signed out, or let in no more, when it is asked for."""
        return self.path.endswith(_ENDING)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _owners(path: str, *methods: str) -> set[Entry]:
    base = CONSOLE if path.startswith("/me/") else _ACCOUNTS.removesuffix("/")
    return {Entry(method, f"{base}{path}") for method in methods}


OWNERS_ALONE: Final = frozenset(
    _owners("/tokens/new", "GET", "POST")
    | _owners("/tokens/{token:str}", "POST")
    | _owners("/tokens/{token:str}/revoke", "POST")
    | _owners("/credit/alert", "POST")
    | _owners("/callbacks/secret", "GET", "POST")
    | _owners("/callbacks/secret/rotate", "POST")
    | _owners("/documentation", "POST")
    | _owners("/me/people", "POST")
    | {
        entry
        for what in ("password", "owner", "member", "disable", "enable", "remove")
        for entry in _owners(f"/me/people/{{person_id:int}}/{what}", "POST")
    }
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
        # What nobody gave a name is not there, and a test says so.
        return self.named.get(parameter_of(part), "0") if part.startswith("{") else part

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
        form = {FIELD: self.token_of(visitor)} if fields is None else fields
        data = None if entry.method in {"GET", "HEAD"} else form
        answer = await browser.request(entry.method, address, data=data, headers=headers)
        require_safe_headers(answer)
        return answer

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


def require_safe_headers(answer: httpx.Response) -> None:
    """Every answer says what a browser may do with it."""
    asked = (answer.request.method, str(answer.request.url), answer.status_code)
    policy = answer.headers.get("content-security-policy", "")
    assert "default-src 'none'" in policy, asked
    assert "frame-ancestors 'none'" in policy, asked
    assert "unsafe" not in policy, asked
    assert {name: answer.headers.get(name) for name in SAFE_HEADERS} == SAFE_HEADERS, asked
    is_file = answer.request.url.path.startswith(f"{CONSOLE}/static/")
    assert is_file or answer.headers["cache-control"] == "no-store", asked
    assert "server" not in answer.headers, asked


def parameter_of(part: str) -> str:
    """The name of a parameter, as a path writes it."""
    return part.strip("{}").split(":")[0]


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
        world = World(gateway, console, make_browser, browsers, named)
        named["file"] = await _bring_file(world)
        yield world


async def _bring_file(world: World) -> str:
    """A file of recipients, as its owner brings it; how addresses name it."""
    answer = await world.browsers[OWNER].post(
        f"{CONSOLE}/{world.named['environment']}/send/many",
        data={FIELD: world.token_of(OWNER)},
        files={"file": ("list.csv", f"number,name\n+393331234567,{SCRIPT}\n".encode())},
    )
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rpartition("/")[2]


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
    now = gateway.clock.now()
    message = await gateway.accept(text=SCRIPT)
    outbox = Outbox(gateway.database, now, gateway.space_id)
    told = await outbox.message("http://127.0.0.1:9/sms")
    await outbox.owe([told])
    await outbox.rows("UPDATE callback SET status = 'dead', settled_at = $1", now)
    async with gateway.database.transaction() as connection:
        email = Email.parse("alice@example.com")
        space = await find_space(connection, email, Environment.PRODUCTION)
        token = await create_token(connection, space, _SCOPES, now, name=SCRIPT)
        key = await rotate_api_key(connection, space, timedelta(0), now)
        bundle = await buy_bundle(connection, space.space_id, _BUNDLE, gateway.ids, now)
        await add_entries(connection, [make_noted("word", "jackpot", "*", SCRIPT)], now)
        word = await connection.fetchval("SELECT id FROM forbidden_word")
        member = await connection.fetchval(
            "SELECT id FROM person WHERE email = $1", _EMAILS[MEMBER].text
        )
    return {
        "environment": "production",
        "language": "it",
        "file_path": "console.css",
        "message": message.message.id.hex(),
        "token": token_id(hash_secret(token.token)),
        "callback": (await outbox.owed(told))[0].id.hex(),
        "name": "carrier",
        "account_id": str(space.account_id),
        "space_id": str(space.space_id),
        "person_id": str(member),
        "key_id": str(key.api_key_id),
        "bundle_id": str(bundle.id),
        "entry_id": str(word),
    }
