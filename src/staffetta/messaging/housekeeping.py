"""What time does to messages: waiting ones fall due, old ones expire, abandoned claims open.

Every step is a bounded amount of work in one transaction, safe in several processes at once.
"""

from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Final

from staffetta.callbacks.bell import CallbackBell
from staffetta.db.pool import Database
from staffetta.domain.clock import Clock
from staffetta.domain.ids import IdMaker
from staffetta.messaging.bell import Bell
from staffetta.messaging.money import add_charges, captures_of, settle_money
from staffetta.messaging.sql import housekeeping as sql
from staffetta.messaging.step import Step, begin_step
from staffetta.messaging.telling import owe_changes_of
from staffetta.routing.carriers import OWNER_DEAD_SECONDS

STEP_MAX: Final = 1000
# A carrier is told when a message expires; its report of that comes a while later.
REPORT_MARGIN: Final = timedelta(minutes=5)
KEYS_KEPT: Final = timedelta(hours=24)


class Housekeeper:
    """The steps; `app` repeats them."""

    def __init__(
        self,
        database: Database,
        bell: Bell,
        callback_bell: CallbackBell,
        clock: Clock,
        ids: IdMaker,
        *,
        resends: bool,
    ) -> None:
        self._database = database
        self._bell = bell
        self._callback_bell = callback_bell
        self._clock = clock
        self._ids = ids
        self._resends = resends

    async def promote_once(self) -> int:
        """Queue what has fallen due."""
        return await self._requeue(sql.PROMOTE)

    async def send_again_once(self) -> int:
        """Queue uncertain recipients once more, flagged as possible duplicates.

        Only where the setting on_uncertain is "resend"; with "hold" they wait for a report.
        """
        return await self._requeue(sql.SEND_AGAIN) if self._resends else 0

    async def _requeue(self, statement: str) -> int:
        async with self._database.transaction() as connection:
            rows = await connection.fetch(statement, self._clock.now(), STEP_MAX)
        for connector_id in {row["connector_id"] for row in rows}:
            self._bell.ring(connector_id)
        return len(rows)

    async def reap_once(self, *, silent_too: bool = True) -> int:
        """Open the claims of processes that ended, and with `silent_too` of those that fell silent.

        Silence counts only for a caller that has been renewing its own heartbeat steadily: after an
        outage of the database everybody looks dead for a moment.
        """
        silent_seconds = OWNER_DEAD_SECONDS if silent_too else None
        async with self._begin() as step:
            rows = await step.connection.fetch(sql.REAP, step.now, silent_seconds, STEP_MAX)
            await owe_changes_of(step, rows)
        return len(rows)

    async def expire_once(self) -> int:
        """Expire what was not delivered within its time to live, and give unsent money back."""
        async with self._begin() as step:
            reported_until = step.now - REPORT_MARGIN
            rows = await step.connection.fetch(sql.EXPIRE, step.now, STEP_MAX, reported_until)
            unsent = [row for row in rows if row["sent_at"] is None]
            captures = captures_of(row for row in rows if row["sent_at"] is not None)
            paid = await settle_money(step, captures, unsent)
            await add_charges(step.connection, rows, paid)
            await owe_changes_of(step, rows, paid | {row["id"]: 0 for row in unsent})
        return len(rows)

    def _begin(self) -> AbstractAsyncContextManager[Step]:
        return begin_step(self._database, self._callback_bell, self._ids, self._clock.now())

    async def forget_keys_once(self) -> int:
        """Forget idempotency keys older than a day."""
        now = self._clock.now()
        async with self._database.acquire() as connection:
            status = await connection.execute(sql.FORGET_KEYS, now - KEYS_KEPT)
        return int(status.rpartition(" ")[2])
