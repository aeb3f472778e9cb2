"""The API role: acceptance with its intake, behind HTTP."""

import asyncio
import math
from datetime import timedelta
from types import MappingProxyType
from typing import Final, cast

import structlog
from prometheus_client import CollectorRegistry

from staffetta.accounts.authorize import Authorizer
from staffetta.accounts.passwords import Passwords
from staffetta.accounts.token_desk import TokenDesk
from staffetta.accounts.token_rates import TokenCounter
from staffetta.api.asgi import AsgiApp
from staffetta.api.context import ApiContext, ApiSettings, make_context
from staffetta.api.doors import PUBLISHED_NAMES, Door, Names, Room
from staffetta.api.server import make_app
from staffetta.api.v1.rules import V1Rules
from staffetta.app.carrier_desk import make_carrier_desk
from staffetta.app.http_server import HttpServers
from staffetta.app.loops import Loops
from staffetta.app.message_bodies import MessageBodies
from staffetta.app.proxies import behind_proxies
from staffetta.app.reports import opened_reports
from staffetta.app.roles import Role, RoleContext
from staffetta.callbacks.addresses import allowed_networks
from staffetta.callbacks.bell import CallbackBell
from staffetta.compliance.register_sender import SenderRegistry
from staffetta.config import Settings
from staffetta.connectors.smpp.options import text_rules_of
from staffetta.console.application import make_console
from staffetta.console.parts import ConsoleParts
from staffetta.db.errors import DatabaseError
from staffetta.db.pool import Database
from staffetta.domain.phones import warm_up
from staffetta.domain.text_rules import cut_by
from staffetta.messaging.accept import Acceptor, AcceptRules
from staffetta.messaging.bell import Bell
from staffetta.messaging.bulk.accept import BulkAcceptor
from staffetta.messaging.bulk.desk import BulkDesk
from staffetta.messaging.cancel import Canceller
from staffetta.messaging.explain import Explainer
from staffetta.messaging.intake import Intake
from staffetta.messaging.read import Reader
from staffetta.messaging.snapshots import LiveSnapshots
from staffetta.otp import languages
from staffetta.otp.send import OtpSender
from staffetta.otp.verify import OtpVerifier

_MARKETS: Final = ("IT", "ES")
_REFRESH_SECONDS: Final = 0.5
_PUBLISH_SECONDS: Final = 1.0
_USAGE_SECONDS: Final = 1.0
_DATABASE_SILENT_SECONDS_MAX: Final = 3.0

_log = structlog.get_logger(__name__)


async def run_api(context: RoleContext, stop: asyncio.Event) -> None:
    """Answer requests until `stop`, then finish those in progress and store what they brought."""
    async with opened_reports(context.database_url) as reports:
        await _run(_Parts(context, reports), context, stop)


async def _run(parts: "_Parts", context: RoleContext, stop: asyncio.Event) -> None:
    sockets, settings = context.sockets, context.settings
    app = make_app(parts.api, parts.console)
    servers = HttpServers(behind_proxies(app, settings.trusted_proxies))
    if sockets.http is not None:
        servers.add(sockets.http)
    if sockets.https is not None:
        servers.add(sockets.https, settings.tls_cert, settings.tls_key)
    warm_up(_MARKETS)
    languages.warm_up()
    # Before the first request: without routes it would be told that there are none.
    await parts.snapshots.refresh_once()
    await parts.refresh_grants()
    async with Loops() as loops:
        # Ended in the reverse order: the bell last, since storing rings it.
        loops.start(parts.bell.notify_once, 0, may_be_cut=True)
        loops.start(parts.store_arrived, 0)
        loops.start(parts.callback_bell.notify_once, 0, may_be_cut=True)
        loops.start(parts.snapshots.refresh_once, _REFRESH_SECONDS)
        loops.start(parts.refresh_grants, _REFRESH_SECONDS)
        loops.start(parts.publish_metrics, _PUBLISH_SECONDS)
        loops.start(parts.write_usage, _USAGE_SECONDS)
        try:
            await servers.serve(lambda: context.ready(Role.API), stop)
        finally:  # also when it is hurried: what stores would wait for arrivals still
            parts.intake.close()
    await parts.finish_usage()
    parts.passwords.close()


class _Parts:
    """What an API process is made of."""

    def __init__(self, context: RoleContext, reports: Database) -> None:
        database = context.database
        self._context = context
        self._reports = reports
        self._grants_refreshed_at = -math.inf
        self.bell = Bell(database)
        self.intake = Intake(database, self.bell, context.ids)
        self.callback_bell = CallbackBell(database)
        self.snapshots = LiveSnapshots(database)
        self.authorizer = Authorizer(database)
        self.reader = Reader(database)
        self.acceptor = Acceptor(
            self.snapshots, self.intake, self.reader, _rules(context.settings), context.ids
        )
        self.bulk = BulkDesk(
            database,
            BulkAcceptor(
                *(database, self.bell, self.snapshots, _rules(context.settings), context.ids),
                recipients_max=context.settings.v1_recipients_max,
            ),
        )
        self.canceller = Canceller(database, self.callback_bell, self.reader, context.ids)
        self.otp_sender = OtpSender(database, self.acceptor, context.keyring, context.ids)
        self.otp_verifier = OtpVerifier(database, context.keyring)
        self.api = self._api_context()
        self.passwords = Passwords()
        self.console = cast("AsgiApp", make_console(self._console_parts()))

    def _console_parts(self) -> ConsoleParts:
        """What the console depends on: the API's own parts."""
        settings = self._context.settings
        return ConsoleParts(
            database=self._context.database,
            reports=self._reports,
            clock=self._context.clock,
            passwords=self.passwords,
            keyring=self._context.keyring,
            token_desk=self.api.token_desk,
            reader=self.reader,
            acceptor=self.acceptor,
            bulk=self.bulk,
            canceller=self.canceller,
            explainer=self.api.explainer,
            senders=self.api.senders,
            callback_bodies=self.api.callback_bodies,
            routes=self.api.routes,
            carriers=make_carrier_desk(settings.response_seconds, settings.default_sender),
        )

    def _api_context(self) -> ApiContext:
        """What the API depends on."""
        settings = self._context.settings
        return make_context(
            clock=self._context.clock,
            database=self._context.database,
            reports=self._reports,
            authorizer=self.authorizer,
            token_desk=_token_desk(self._context),
            acceptor=self.acceptor,
            bulk=self.bulk,
            reader=self.reader,
            canceller=self.canceller,
            explainer=Explainer(
                self._context.database,
                self.acceptor,
                self._context.ids,
                cut_of=lambda settings: cut_by(text_rules_of(settings)),
            ),
            otp_sender=self.otp_sender,
            otp_verifier=self.otp_verifier,
            senders=SenderRegistry(self._context.database),
            callback_bodies=MessageBodies(),
            routes=lambda: self.snapshots.table,
            token_counter=TokenCounter(self._context.database),
            is_ready=self.is_ready,
            settings=ApiSettings(
                names=_names(settings),
                body_octets_max=settings.body_bytes_max,
                requests_per_minute_max=settings.rate_limit_per_minute,
                v1=V1Rules(
                    cuts_senders=settings.v1_long_sender == "truncate",
                    realtime_factor=settings.v1_realtime_factor,
                ),
            ),
            registry=CollectorRegistry(),
        )

    def is_ready(self) -> bool:
        """Whether a message could be accepted now: routes are known, the database answers."""
        age = self._context.clock.monotonic() - self._grants_refreshed_at
        return self.snapshots.loaded and age < _DATABASE_SILENT_SECONDS_MAX

    async def store_arrived(self) -> int:
        """Wait for drafts and store one batch."""
        await self.intake.arrived()
        return await self.intake.store_once()

    async def refresh_grants(self) -> int:
        """Drop the grants that changed; answers 0, so that the loop pauses."""
        await self.authorizer.refresh_once(self._context.clock.now())
        self._grants_refreshed_at = self._context.clock.monotonic()
        return 0

    async def publish_metrics(self) -> int:
        """Bring what was counted to its series; answers 0, so that the loop pauses."""
        self.api.metrics.publish()
        return 0

    async def write_usage(self) -> int:
        """Write down what was asked, give back what idles; answers 0, so that the loop pauses."""
        await self.api.usage.store_once(self._context.database)
        await self.api.totals.give_back_once(self._context.clock.now())
        return 0

    async def finish_usage(self) -> None:
        """Write down the last of what was asked, and give back what limited tokens did not use."""
        try:
            await self.api.usage.store_once(self._context.database)
            await self.api.totals.give_back_all()
        except DatabaseError as error:
            # It must not hold up the end: a second of statistics, and a block of a token, are gone.
            _log.warning("usage_not_written", error=str(error))


def _rules(settings: Settings) -> AcceptRules:
    return AcceptRules(
        segments_max=settings.segments_max,
        default_sender=settings.default_sender,
        time_to_live=timedelta(hours=settings.message_ttl_hours),
        networks=allowed_networks(settings.callbacks_allow_networks, settings.host),
    )


def _token_desk(context: RoleContext) -> TokenDesk:
    settings = context.settings
    return TokenDesk(
        context.database,
        context.keyring if settings.tokens_listable else None,
        settings.own_hosts,
    )


def _names(settings: Settings) -> Names:
    own = {host.name: Door(Room(f"/{host.service}"), host.environment) for host in settings.hosts}
    return MappingProxyType({**PUBLISHED_NAMES, **own})
