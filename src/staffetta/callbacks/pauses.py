"""Which hosts are left alone at the moment, told to people: the breakers of every process, in rows.

A breaker decides in memory (see breaker.py). What it decided is written down once a second, so that
pages can say it; nothing is ever decided by these rows.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from staffetta.callbacks import pauses_sql as sql
from staffetta.callbacks.owe import Lane
from staffetta.db.pool import Connection, Database

KEPT_FOR: Final = timedelta(hours=1)  # after its end
WAITING_MAX: Final = 1_000
_FORGET_MAX: Final = 10_000


class Pause(msgspec.Struct, frozen=True):
    """A host that is left alone."""

    lane: Lane
    down_since: datetime
    until: datetime  # then one callback is tried
    error: str  # of the last try


class Pauses:
    """What one process has to tell. There are no more than lanes that broke within a second."""

    def __init__(self, database: Database, owner: int) -> None:
        self._database = database
        self._owner = owner
        self._changed: dict[Lane, Pause | None] = {}  # None: it answered

    def began(self, pause: Pause) -> None:
        """A host is left alone from now on, or for longer."""
        self._note(pause.lane, pause)

    def ended(self, lane: Lane) -> None:
        """A host that was left alone answered again."""
        self._note(lane, None)

    def _note(self, lane: Lane, pause: Pause | None) -> None:
        if len(self._changed) < WAITING_MAX or lane in self._changed:
            self._changed[lane] = pause

    async def write_once(self) -> int:
        """Write what changed; answers how many hosts. What fails is written the next time."""
        if not self._changed:
            return 0
        changed, self._changed = self._changed, {}
        try:
            async with self._database.transaction() as connection:
                await self._write(connection, changed)
        except BaseException:
            self._changed = {**changed, **self._changed}
            raise
        return len(changed)

    async def _write(self, connection: Connection, changed: Mapping[Lane, Pause | None]) -> None:
        begun = [one for one in changed.values() if one is not None]
        over = [lane for lane, pause in changed.items() if pause is None]
        await connection.execute(
            sql.WRITE_PAUSES,
            [one.lane.space_id for one in begun],
            [one.lane.host for one in begun],
            [one.down_since for one in begun],
            [one.until for one in begun],
            [one.error for one in begun],
            self._owner,
        )
        await connection.execute(
            sql.END_PAUSES,
            [lane.space_id for lane in over],
            [lane.host for lane in over],
            self._owner,
        )


async def read_pauses(connection: Connection, space_id: int, now: datetime) -> Sequence[Pause]:
    """The hosts of a space that are left alone now, each as the most patient process has it."""
    return [
        Pause(Lane(space_id, row["host"]), row["down_since"], row["until"], row["error"])
        for row in await connection.fetch(sql.READ_PAUSES, space_id, now)
    ]


async def forget_pauses_once(database: Database, now: datetime) -> int:
    """Forget pauses of processes that told no end of them; answers how many."""
    async with database.acquire() as connection:
        status = await connection.execute(sql.FORGET_PAUSES, now - KEPT_FOR, _FORGET_MAX)
    return int(status.rpartition(" ")[2])
