"""The housekeeping role: what time does to messages, and partitions made ahead of it.

Every step is safe in several processes at once, so it needs no election.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from staffetta.accounts.count_usage import forget_errors_once
from staffetta.accounts.forget_tokens import forget_tokens_once
from staffetta.accounts.sessions import forget_sessions_once
from staffetta.accounts.sign_in import forget_tries_once
from staffetta.accounts.token_rates import forget_rates_once
from staffetta.app.closing_months import make_month_closer
from staffetta.app.loops import Loops, Step
from staffetta.app.renewing import renew_bundles_once
from staffetta.app.roles import Role, RoleContext
from staffetta.callbacks.bell import CallbackBell
from staffetta.callbacks.pauses import forget_pauses_once
from staffetta.callbacks.receiver import forget_test_deliveries_once
from staffetta.compliance import guards
from staffetta.db.partitions import ensure_partitions
from staffetta.db.pool import Database
from staffetta.ledger.fill_checksums import fill_checksums_once
from staffetta.ledger.refill import refill_once
from staffetta.messaging.bell import Bell
from staffetta.messaging.bulk.discard import discard_open_once
from staffetta.messaging.bulk.gather import Gatherer
from staffetta.messaging.housekeeping import Housekeeper
from staffetta.messaging.recipient_files.store import forget_files_once
from staffetta.messaging.store_recordings import forget_recordings_once
from staffetta.otp.forget import forget_codes_once

_DUE_SECONDS: Final = 0.5
_SEND_AGAIN_SECONDS: Final = 1.0
_REAP_SECONDS: Final = 1.0
_EXPIRE_SECONDS: Final = 5.0
_GATHER_SECONDS: Final = 0.5  # a message's changes are told once a second at most
_DISCARD_SECONDS: Final = 60.0  # transactions that were left open
_FORGET_SECONDS: Final = 600.0
_FORGET_RATES_SECONDS: Final = 60.0
_FORGET_RECORDINGS_SECONDS: Final = 60.0
_RENEW_SECONDS: Final = 2.0  # between two periods messages are paid by the wallet
_REFILL_SECONDS: Final = 600.0
_CLOSE_MONTHS_SECONDS: Final = 600.0
_PARTITIONS_SECONDS: Final = 3600.0


# Steps that need the database and the time alone: every so many seconds, under a name.
_CHORES: Final[tuple[tuple[Callable[[Database, datetime], Awaitable[int]], float, str], ...]] = (
    (discard_open_once, _DISCARD_SECONDS, "discard transactions"),
    (forget_rates_once, _FORGET_RATES_SECONDS, "forget rates"),
    (forget_tokens_once, _FORGET_SECONDS, "forget tokens"),
    (guards.forget_rates_once, _FORGET_SECONDS, "forget guards"),
    (forget_codes_once, _FORGET_SECONDS, "forget codes"),
    (forget_sessions_once, _FORGET_SECONDS, "forget sessions"),
    (forget_tries_once, _FORGET_SECONDS, "forget tries"),
    (forget_errors_once, _FORGET_SECONDS, "forget refusals"),
    (forget_files_once, _FORGET_SECONDS, "forget files of recipients"),
    (forget_test_deliveries_once, _FORGET_SECONDS, "forget test deliveries"),
    (forget_pauses_once, _FORGET_SECONDS, "forget pauses"),
    (refill_once, _REFILL_SECONDS, "refill sandboxes"),
)


async def run_housekeeping(context: RoleContext, stop: asyncio.Event) -> None:
    """Keep house until `stop`."""
    database, clock = context.database, context.clock
    async with Loops() as loops:
        _keep_messages(loops, context)
        for step, seconds, name in _CHORES:
            loops.start(_timed(step, context), seconds, name=name)
        _keep_books(loops, context)

        async def make_partitions() -> int:
            async with database.transaction() as connection:
                return await ensure_partitions(connection, clock.now())

        loops.start(make_partitions, _PARTITIONS_SECONDS, name="make partitions")
        context.ready(Role.HOUSEKEEPING)
        await stop.wait()


def _timed(step: Callable[[Database, datetime], Awaitable[int]], context: RoleContext) -> Step:
    """A step that is given the database and the time."""

    async def run() -> int:
        return await step(context.database, context.clock.now())

    return run


def _keep_messages(loops: Loops, context: RoleContext) -> None:
    """What time does to messages, and what is kept of them."""
    database, clock, settings = context.database, context.clock, context.settings
    bell, callback_bell = Bell(database), CallbackBell(database)
    resends = settings.on_uncertain == "resend"
    housekeeper = Housekeeper(database, bell, callback_bell, clock, context.ids, resends=resends)
    gatherer = Gatherer(database, callback_bell, clock, context.ids)

    async def reap() -> int:
        # After an outage of the database everybody looks dead for a moment; who ended is dead.
        return await housekeeper.reap_once(silent_too=context.heartbeat.steady(clock.monotonic()))

    async def forget_recordings() -> int:
        return await forget_recordings_once(
            database,
            clock.now(),
            kept=timedelta(days=settings.trace_retention_days),
            count_max=settings.trace_recordings_max,
        )

    loops.start(bell.notify_once, 0, may_be_cut=True)
    loops.start(callback_bell.notify_once, 0, may_be_cut=True)
    loops.start(housekeeper.promote_once, _DUE_SECONDS)
    loops.start(housekeeper.send_again_once, _SEND_AGAIN_SECONDS)
    loops.start(reap, _REAP_SECONDS, name="reap")
    loops.start(housekeeper.expire_once, _EXPIRE_SECONDS)
    loops.start(gatherer.gather_changes_once, _GATHER_SECONDS)
    loops.start(housekeeper.forget_keys_once, _FORGET_SECONDS)
    loops.start(forget_recordings, _FORGET_RECORDINGS_SECONDS, name="forget recordings")


def _keep_books(loops: Loops, context: RoleContext) -> None:
    """What time does to money."""
    database, clock = context.database, context.clock
    month_closer = make_month_closer(database)

    async def renew() -> int:
        return await renew_bundles_once(database, context.ids, clock.now())

    async def fill_checksums() -> int:
        return await fill_checksums_once(database)

    async def close_months() -> int:
        return await month_closer.close_once(clock.now())

    loops.start(renew, _RENEW_SECONDS, name="renew bundles")
    loops.start(fill_checksums, _CLOSE_MONTHS_SECONDS, name="fill checksums")
    loops.start(close_months, _CLOSE_MONTHS_SECONDS, name="close months")
