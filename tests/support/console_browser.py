"""The console without a server, and browsers for it, each with cookies of its own."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final, cast

import httpx
from litestar import Litestar
from people_desk import HOME, PASSWORD, QUICK

from staffetta.accounts.create_person import create_person
from staffetta.accounts.email import Email
from staffetta.accounts.passwords import Passwords
from staffetta.accounts.people import Role
from staffetta.console.application import make_console
from staffetta.console.parts import ConsoleParts
from staffetta.db.pool import Database
from staffetta.domain.clock import Clock
from staffetta.messaging.read import Reader

SITE: Final = "https://console.test"
SIGN_IN: Final = "/console/sign-in"
Browser = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@asynccontextmanager
async def open_console(database: Database, clock: Clock) -> AsyncIterator[Litestar]:
    """The console on a database."""
    passwords = Passwords(QUICK)
    try:
        yield make_console(ConsoleParts(database, passwords, Reader(database), clock))
    finally:
        passwords.close()


def browser_of(console: Litestar) -> Browser:
    """Makes browsers; keywords are headers that each request bears."""

    @asynccontextmanager
    async def make(**headers: str) -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(cast("Any", console), client=(HOME, 4711))
        async with httpx.AsyncClient(transport=transport, base_url=SITE, headers=headers) as one:
            yield one

    return make


async def let_in(
    database: Database, clock: Clock, email: Email, role: Role, account_id: int | None = None
) -> None:
    """Somebody may sign in, with PASSWORD."""
    password_hash = QUICK.hash(PASSWORD.text)
    async with database.transaction() as connection:
        await create_person(connection, email, role, account_id, password_hash, clock.now())


async def sign_in(
    one: httpx.AsyncClient, email: Email, password: str = PASSWORD.text, **form: str
) -> httpx.Response:
    """Send the form."""
    return await one.post(SIGN_IN, data={"email": email.text, "password": password, **form})
