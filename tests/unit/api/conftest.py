"""The real application over doubles of what stands behind it: edges are tested here, not rules."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import httpx
import pytest
from prometheus_client import CollectorRegistry

from staffetta.accounts.authorize import Grant
from staffetta.accounts.terms import DEFAULT_TERMS
from staffetta.accounts.token_rates import Loan
from staffetta.api.asgi import AsgiApp
from staffetta.api.context import ApiSettings, make_context
from staffetta.api.server import make_app
from staffetta.domain.encodings import Encoding
from staffetta.domain.environments import Environment
from staffetta.domain.scopes import ScopeSet, all_scopes
from staffetta.domain.secrets import hash_secret
from staffetta.domain.states import State
from staffetta.messaging.accept import Acceptance
from staffetta.messaging.lists import Listed, ListQuery
from staffetta.messaging.view import MessageView
from staffetta.otp.send import SentOtp
from staffetta.otp.verify import Verified, Wrong
from staffetta.routing.table import RouteTable

TOKENS = {Environment.PRODUCTION: "a" * 24, Environment.SANDBOX: "b" * 24}


def make_grant(environment: Environment, now, **changes) -> Grant:
    grant = Grant(
        space_id=7,
        account_id=1,
        email="anna@example.com",
        environment=environment,
        currency="EUR",
        scopes=ScopeSet.of(all_scopes(environment)),
        expire_at=now + timedelta(days=1),
        blocklisted=False,
        token_hash=hash_secret(TOKENS[environment]),
        use_hash=hash_secret(TOKENS[environment]),
        terms=DEFAULT_TERMS,
    )
    return replace(grant, **changes)


def make_view(now, **changes) -> MessageView:
    fields = {
        "id": bytes.fromhex("65f2c1a0" + "00" * 8),
        "market": "IT",
        "state": State.QUEUED,
        "dry_run": False,
        "sender": "ACME",
        "recipient": "+393331234567",
        "calling_code": "39",
        "country": "IT",
        "text": "hello",
        "encoding": Encoding.GSM_7,
        "characters_count": 5,
        "segment_count": 1,
        "price_micro": 30_000,
        "total_price_micro": 30_000,
        "options": {"dryRun": False, "failOnMultipleMessages": False},
        "callback": None,
        "blocklisted_reason": None,
        "possibly_duplicate": False,
        "created_at": now,
        "updated_at": now,
        "sent_at": None,
        "delivered_at": None,
        "send_at": None,
    }
    return MessageView(**{**fields, **changes})


@dataclass
class Backstage:
    """Everything behind the edge, in memory: what it was asked, and what it is to answer."""

    clock: object
    grants: dict[str, Grant] = field(default_factory=dict)
    outcome: Exception | None = None
    replayed: bool = False
    messages: list[MessageView] = field(default_factory=list)
    next_before: bytes | None = None
    listed: list[ListQuery] = field(default_factory=list)
    accepted: list = field(default_factory=list)
    ready: bool = True
    taken: Counter = field(default_factory=Counter)

    # as Authorizer
    def cached_grant(self, token, environment, now):
        return None

    async def grant_for(self, token, environment, now):
        grant = self.grants.get(token)
        return grant if grant and grant.environment is environment else None

    # as TokenCounter
    async def borrow(self, token_hash, minute, wanted, limit):
        if self.taken[token_hash, minute] >= limit:
            return Loan(0, limit)
        self.taken[token_hash, minute] += wanted
        taken = self.taken[token_hash, minute]
        return Loan(wanted - max(0, taken - limit), min(taken, limit))

    # as Acceptor
    async def accept(self, space, request, now):
        self.accepted.append((space.id, space.environment, request, now))
        if self.outcome is not None:
            raise self.outcome
        return Acceptance(make_view(now), self.replayed)

    # as Canceller
    async def cancel(self, space_id, message_id, now):
        if self.outcome is not None:
            raise self.outcome
        return await self.get(space_id, message_id, now)

    # as OtpSender
    async def send(self, space, request, now):
        self.accepted.append((space.id, space.environment, request, now))
        if self.outcome is not None:
            raise self.outcome
        code = None if request.dry_run else "12345"
        return SentOtp(make_view(now, text=f"Code: {code}"), code, self.replayed)

    # as OtpVerifier
    async def verify(self, space_id, message_id, given, now):
        self.accepted.append((space_id, message_id, given, now))
        if self.outcome is not None:
            raise self.outcome
        return Verified() if given == "12345" else Wrong(tries_left=4)

    # as Reader
    async def list(self, space_id, wanted):
        self.listed.append(wanted)
        return Listed(self.messages[wanted.skip :][: wanted.limit], self.next_before)

    async def get(self, space_id, message_id, now):
        return next((view for view in self.messages if view.id == message_id), None)


@pytest.fixture
def backstage(clock) -> Backstage:
    grants = {token: make_grant(env, clock.now()) for env, token in TOKENS.items()}
    return Backstage(clock, grants)


@pytest.fixture
def settings() -> ApiSettings:
    return ApiSettings(body_octets_max=4096, requests_per_minute_max=100)


@pytest.fixture
def app(backstage: Backstage, settings: ApiSettings) -> AsgiApp:
    return make_app(
        make_context(
            clock=backstage.clock,
            database=backstage,
            reports=backstage,
            authorizer=backstage,
            token_desk=backstage,
            acceptor=backstage,
            bulk=backstage,
            reader=backstage,
            canceller=backstage,
            explainer=backstage,
            otp_sender=backstage,
            otp_verifier=backstage,
            senders=backstage,
            callback_bodies=backstage,
            routes=lambda: RouteTable([]),
            token_counter=backstage,
            is_ready=lambda: backstage.ready,
            settings=settings,
            registry=CollectorRegistry(),
        )
    )


@pytest.fixture
async def client(app: AsgiApp) -> AsyncIterator[httpx.AsyncClient]:
    """Calls in production, by the path prefix."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://127.0.0.1:8080/v2",
        headers={"Authorization": f"Bearer {TOKENS[Environment.PRODUCTION]}"},
    ) as client:
        yield client
