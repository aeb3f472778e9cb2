"""What the API is given: everything it depends on, built once by `app`."""

from collections.abc import Callable
from typing import Final

import msgspec
from prometheus_client import CollectorRegistry

from staffetta.accounts.authorize import Authorizer
from staffetta.accounts.token_desk import TokenDesk
from staffetta.accounts.token_rates import TokenCounter
from staffetta.api.doors import PUBLISHED_NAMES, Names
from staffetta.api.metrics import ApiMetrics
from staffetta.api.rates import TokenRates
from staffetta.api.totals import TokenTotals
from staffetta.api.usage import UsageRecorder
from staffetta.api.v1.rules import V1Rules
from staffetta.callbacks.letters import BodySource
from staffetta.compliance.register_sender import SenderRegistry
from staffetta.db.pool import Database
from staffetta.domain.clock import Clock
from staffetta.messaging.accept import Acceptor
from staffetta.messaging.bulk.desk import BulkDesk
from staffetta.messaging.cancel import Canceller
from staffetta.messaging.explain import Explainer
from staffetta.messaging.read import Reader
from staffetta.otp.send import OtpSender
from staffetta.otp.verify import OtpVerifier
from staffetta.routing.table import RouteTable

BODY_OCTETS_MAX: Final = 128 * 1024
REQUESTS_PER_MINUTE_MAX: Final = 10_000


class ApiSettings(msgspec.Struct, frozen=True):
    """The settings that the HTTP edge obeys."""

    names: Names = PUBLISHED_NAMES
    body_octets_max: int = BODY_OCTETS_MAX
    requests_per_minute_max: int = REQUESTS_PER_MINUTE_MAX  # of one token; 0: no limit
    v1: V1Rules = V1Rules()


class ApiContext(msgspec.Struct, frozen=True):
    """The API's dependencies."""

    clock: Clock
    database: Database
    reports: Database  # for what reads a lot: few connections, little patience
    authorizer: Authorizer
    token_desk: TokenDesk
    acceptor: Acceptor
    bulk: BulkDesk
    reader: Reader
    canceller: Canceller
    explainer: Explainer
    otp_sender: OtpSender
    otp_verifier: OtpVerifier
    senders: SenderRegistry
    callback_bodies: BodySource  # what callbacks said
    routes: Callable[[], RouteTable]  # as they are now
    is_ready: Callable[[], bool]  # whether a message could be accepted now
    settings: ApiSettings
    rates: TokenRates
    totals: TokenTotals
    usage: UsageRecorder
    metrics: ApiMetrics
    registry: CollectorRegistry


def make_context(
    *,
    clock: Clock,
    database: Database,
    reports: Database,
    authorizer: Authorizer,
    token_desk: TokenDesk,
    acceptor: Acceptor,
    bulk: BulkDesk,
    reader: Reader,
    canceller: Canceller,
    explainer: Explainer,
    otp_sender: OtpSender,
    otp_verifier: OtpVerifier,
    senders: SenderRegistry,
    callback_bodies: BodySource,
    routes: Callable[[], RouteTable],
    token_counter: TokenCounter,
    is_ready: Callable[[], bool],
    settings: ApiSettings,
    registry: CollectorRegistry,
) -> ApiContext:
    """The context of one process, with counters of its own."""
    return ApiContext(
        clock=clock,
        database=database,
        reports=reports,
        authorizer=authorizer,
        token_desk=token_desk,
        acceptor=acceptor,
        bulk=bulk,
        reader=reader,
        canceller=canceller,
        explainer=explainer,
        otp_sender=otp_sender,
        otp_verifier=otp_verifier,
        senders=senders,
        callback_bodies=callback_bodies,
        routes=routes,
        is_ready=is_ready,
        settings=settings,
        rates=TokenRates(settings.requests_per_minute_max, token_counter),
        totals=TokenTotals(token_counter),
        usage=UsageRecorder(),
        metrics=ApiMetrics(registry),
        registry=registry,
    )
