"""What time does to messages: waiting ones fall due, old ones expire, abandoned claims open.

Every step is a bounded amount of work in one transaction, safe in several processes at once.
"""

from datetime import timedelta
from typing import Final

from staffetta.db.pool import Database
from staffetta.domain.clock import Clock
from staffetta.domain.ids import IdMaker
from staffetta.messaging.bell import Bell
from staffetta.messaging.money import add_charges, captures_of, settle_money
from staffetta.messaging.sql import housekeeping as sql
from staffetta.routing.carriers import OWNER_DEAD_SECONDS

STEP_MAX: Final = 1000
KEYS_KEPT: Final = timedelta(hours=24)


class Housekeeper:
    """The steps; `app` repeats them."""

    def __init__(
        self, database: Database, bell: Bell, clock: Clock, ids: IdMaker, *, resends: bool
    ) -> None:
        self._database = database
        self._bell = bell
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
        async with self._database.transaction() as connection:
            rows = await connection.fetch(sql.REAP, self._clock.now(), silent_seconds, STEP_MAX)
        return len(rows)

    async def expire_once(self) -> int:
        """Expire what was not delivered within its time to live, and give unsent money back."""
        now = self._clock.now()
        async with self._database.transaction() as connection:
            rows = await connection.fetch(sql.EXPIRE, now, STEP_MAX)
            unsent = [row for row in rows if not row["accepted"]]
            captures = captures_of(row for row in rows if row["accepted"])
            paid = await settle_money(connection, captures, unsent, self._ids, now)
            await add_charges(connection, rows, paid)
        return len(rows)

    async def forget_keys_once(self) -> int:
        """Forget idempotency keys older than a day."""
        now = self._clock.now()
        async with self._database.acquire() as connection:
            status = await connection.execute(sql.FORGET_KEYS, now - KEYS_KEPT)
        return int(status.rpartition(" ")[2])
