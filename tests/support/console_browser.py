"""The console without a server, and browsers for it, each with cookies of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, Final, cast

import httpx
from bulk_hand import BulkHand
from hand_gateway import Gateway
from litestar import Litestar
from people_desk import HOME, PASSWORD, QUICK

from staffetta.accounts.create_person import create_person
from staffetta.accounts.email import Email
from staffetta.accounts.passwords import Passwords
from staffetta.accounts.people import Role
from staffetta.accounts.token_desk import TokenDesk
from staffetta.app.carrier_desk import make_carrier_desk
from staffetta.app.message_bodies import MessageBodies
from staffetta.compliance.register_sender import SenderRegistry
from staffetta.connectors.smpp.options import text_rules_of
from staffetta.console.application import make_console
from staffetta.console.parts import ConsoleParts
from staffetta.db.pool import Database
from staffetta.domain.clock import Clock
from staffetta.domain.senders import DEFAULT_SENDER
from staffetta.domain.text_rules import cut_by
from staffetta.messaging.bulk.desk import BulkDesk
from staffetta.messaging.explain import Explainer

SITE: Final = "https://console.test"
SIGN_IN: Final = "/console/sign-in"
Browser = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@asynccontextmanager
async def open_console(gateway: Gateway) -> AsyncIterator[Litestar]:
    """The console of a gateway; what it accepts is stored as in an API process."""
    passwords = Passwords(QUICK)
    storing = asyncio.create_task(_store(gateway))
    try:
        yield make_console(_parts(gateway, passwords))
    finally:
        storing.cancel()
        with suppress(asyncio.CancelledError):
            await storing
        passwords.close()


def _parts(gateway: Gateway, passwords: Passwords) -> ConsoleParts:
    database = gateway.database
    return ConsoleParts(
        database=database,
        reports=database,
        clock=gateway.clock,
        passwords=passwords,
        keyring=gateway.keyring,
        token_desk=TokenDesk(database, gateway.keyring, []),
        reader=gateway.reader,
        acceptor=gateway.acceptor,
        bulk=BulkDesk(database, BulkHand(gateway).acceptor),
        canceller=gateway.canceller,
        explainer=Explainer(
            database,
            gateway.acceptor,
            gateway.ids,
            cut_of=lambda settings: cut_by(text_rules_of(settings)),
        ),
        senders=SenderRegistry(database),
        callback_bodies=MessageBodies(),
        routes=lambda: gateway.snapshots.table,
        carriers=make_carrier_desk(response_seconds=10.0, default_sender=DEFAULT_SENDER),
    )


async def _store(gateway: Gateway) -> None:
    """Until the intake is closed and empty."""
    await gateway.intake.arrived()
    while await gateway.intake.store_once():
        await gateway.intake.arrived()


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
