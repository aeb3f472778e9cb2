"""The whole API on a real database: one account, two worlds, a token of each, routes, an intake."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from bulk_hand import BulkHand
from hand_gateway import START, FrozenClock, Gateway, make_connector, make_gateway
from prometheus_client import CollectorRegistry

from staffetta.accounts.authorize import Authorizer
from staffetta.accounts.create_account import NewAccount, create_account
from staffetta.accounts.create_token import create_token
from staffetta.accounts.email import Email
from staffetta.accounts.token_desk import TokenDesk
from staffetta.accounts.token_rates import TokenCounter
from staffetta.api.context import ApiContext, ApiSettings, make_context
from staffetta.api.server import make_app
from staffetta.app.message_bodies import MessageBodies
from staffetta.compliance.register_sender import SenderRegistry
from staffetta.connectors.smpp.options import text_rules_of
from staffetta.db.pool import Database
from staffetta.domain.environments import Environment
from staffetta.domain.scopes import all_scopes
from staffetta.domain.text_rules import cut_by
from staffetta.ledger.topup import top_up
from staffetta.messaging.bulk.desk import BulkDesk
from staffetta.messaging.explain import Explainer
from staffetta.otp.send import OtpSender
from staffetta.otp.verify import OtpVerifier

BASES = {
    Environment.PRODUCTION: "http://127.0.0.1:8080/v2",
    Environment.SANDBOX: "http://127.0.0.1:8080/sandbox/v2",
}


@dataclass
class Site:
    """A client's view of the gateway, and the gateway."""

    gateway: Gateway
    account: NewAccount
    production: httpx.AsyncClient
    sandbox: httpx.AsyncClient
    authorizer: Authorizer
    context: ApiContext

    async def make_token(self, environment: Environment, scopes: Sequence[str] = ()) -> str:
        async with self.gateway.database.transaction() as connection:
            made = await create_token(
                connection,
                self.account.spaces[environment],
                scopes or all_scopes(environment),
                self.gateway.clock.now(),
                own_hosts=["127.0.0.1:8080"],
            )
        return made.token

    async def send(self, segment: str = "IT-messages", **changes: Any) -> httpx.Response:
        body = {"recipient": "+393331234567", "message": "hello", **changes}
        # With escapes, so that half a surrogate pair can be written.
        return await self.production.post(segment, content=json.dumps(body))

    async def balance(self, environment: Environment) -> int:
        return (await self.gateway.wallet(self.account.spaces[environment].space_id))[0]


@pytest.fixture
async def site(database: Database, clock: FrozenClock) -> AsyncIterator[Site]:
    gateway = await make_gateway(database, clock)
    async with database.transaction() as connection:
        email = Email.parse("anna@example.com")
        account = await create_account(connection, email, "EUR", top_up, clock.now())
        production = account.spaces[Environment.PRODUCTION].space_id
        await top_up(connection, production, 20_000_000, "for the test", START)
        sandbox_connector = await connection.fetchval(
            "INSERT INTO connector (environment, name, kind, created_at, updated_at)"
            " VALUES ('sandbox', 'phones', 'simulated', $1, $1) RETURNING id",
            START,
        )
        await connection.execute(
            "INSERT INTO route (environment, connector_id, country, price_micro, created_at)"
            " VALUES ('sandbox', $1, '*', 30000, $2)",
            sandbox_connector,
            START,
        )
    await make_connector(database, "spanish", {"ES": 40_000})
    await gateway.snapshots.refresh_once()
    authorizer = Authorizer(database)
    context = make_context(
        clock=clock,
        database=database,
        reports=database,
        authorizer=authorizer,
        token_desk=TokenDesk(database, gateway.keyring, ["127.0.0.1:8080"]),
        acceptor=gateway.acceptor,
        bulk=BulkDesk(database, BulkHand(gateway).acceptor),
        reader=gateway.reader,
        canceller=gateway.canceller,
        explainer=Explainer(
            database,
            gateway.acceptor,
            gateway.ids,
            cut_of=lambda settings: cut_by(text_rules_of(settings)),
        ),
        otp_sender=OtpSender(database, gateway.acceptor, gateway.keyring, gateway.ids),
        otp_verifier=OtpVerifier(database, gateway.keyring),
        senders=SenderRegistry(database),
        callback_bodies=MessageBodies(),
        routes=lambda: gateway.snapshots.table,
        token_counter=TokenCounter(database),
        is_ready=lambda: True,
        settings=ApiSettings(),
        registry=CollectorRegistry(),
    )
    transport = httpx.ASGITransport(make_app(context))
    clients = {
        environment: httpx.AsyncClient(transport=transport, base_url=base)
        for environment, base in BASES.items()
    }
    site = Site(
        gateway,
        account,
        clients[Environment.PRODUCTION],
        clients[Environment.SANDBOX],
        authorizer,
        context,
    )
    for environment, client in clients.items():
        client.headers["Authorization"] = f"Bearer {await site.make_token(environment)}"
    storing = asyncio.create_task(_store(gateway))
    yield site
    storing.cancel()
    with suppress(asyncio.CancelledError):
        await storing
    for client in clients.values():
        await client.aclose()


async def _store(gateway: Gateway) -> None:
    """Until the intake is closed and empty."""
    await gateway.intake.arrived()
    while await gateway.intake.store_once():
        await gateway.intake.arrived()
