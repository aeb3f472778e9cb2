"""Gathering changes into callbacks: at most one a second for each message (contract section 4).

A callback names the recipients that it tells of, and their notes are gone with the same
transaction, so each change is told at least once whatever dies in between. Owns when and how many;
what is said of them is read when it is sent (`told`).
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from staffetta.callbacks.bell import CallbackBell
from staffetta.callbacks.owe import Gathered, Lane, owe_gathered
from staffetta.db.pool import Database
from staffetta.domain.clock import Clock
from staffetta.domain.ids import IdMaker
from staffetta.messaging.bulk import tell_sql as sql
from staffetta.messaging.step import Step, begin_step

PAUSE: Final = timedelta(seconds=1)  # between two callbacks of one message
RECIPIENTS_MAX: Final = 1000  # in a callback
MESSAGES_MAX: Final = 200  # looked at in one step
NOTES_MAX: Final = 5000  # taken in one step: settling waits for what is being taken
GATHERING: Final = 0x57AF_FE79  # the lock of the process that gathers
_Place = tuple[int, bytes]
_BEGINNING: Final[_Place] = (0, b"")


class Gatherer:
    """Makes callbacks of notes; `app` repeats the step."""

    def __init__(
        self,
        database: Database,
        bell: CallbackBell,
        clock: Clock,
        ids: IdMaker,
        *,
        messages_max: int = MESSAGES_MAX,
    ) -> None:
        self._messages_max = messages_max
        self._database = database
        self._bell = bell
        self._clock = clock
        self._ids = ids
        self._after = _BEGINNING

    async def gather_changes_once(self) -> int:
        """Owe what may be owed now; answers 0 when every message with changes was looked at.

        Safe in several processes: one gathers, the others find that it does.
        """
        async with begin_step(self._database, self._bell, self._ids, self._clock.now()) as step:
            if not await step.connection.fetchval(sql.TRY_GATHERING, GATHERING):
                return 0
            found = await step.connection.fetch(
                sql.FIND_NOTED, *self._after, self._messages_max, step.now - PAUSE
            )
            due = [_place_of(row) for row in found if row["is_due"]]
            taken = await _take(step, due)
            await _owe(step, taken)
        last = self._last_looked_at(found, taken)
        self._after = last or _BEGINNING
        return len(found) if last else 0

    def _last_looked_at(
        self, found: Sequence[Any], taken: Mapping[_Place, Sequence[bytes]]
    ) -> _Place | None:
        """Where to go on; None where nothing is left behind."""
        if sum(map(len, taken.values())) == NOTES_MAX:
            return max(taken)
        return _place_of(found[-1]) if len(found) == self._messages_max else None


def _place_of(row: Any) -> _Place:
    return row["space_id"], row["message_id"]


async def _take(step: Step, due: Sequence[_Place]) -> dict[_Place, list[bytes]]:
    """Take notes of these messages away; whom they name."""
    if not due:
        return {}
    rows = await step.connection.fetch(
        sql.TAKE_NOTES,
        [space_id for space_id, _ in due],
        [message_id for _, message_id in due],
        RECIPIENTS_MAX,
        NOTES_MAX,
    )
    taken: dict[_Place, list[bytes]] = {}
    for row in rows:
        taken.setdefault(_place_of(row), []).append(row["recipient_id"])
    return taken


async def _owe(step: Step, taken: dict[_Place, list[bytes]]) -> None:
    """Owe a callback for each message; what is not there any more has nothing to be told."""
    if not taken:
        return
    rows = await step.connection.fetch(
        sql.READ_HOSTS,
        [space_id for space_id, _ in taken],
        [message_id for _, message_id in taken],
        [min(recipients) for recipients in taken.values()],
    )
    gathered = [
        Gathered(
            lane=Lane(row["space_id"], row["callback_host"]),
            message_id=row["message_id"],
            recipient_ids=sorted(taken[_place_of(row)]),
        )
        for row in rows
    ]
    await owe_gathered(step.connection, gathered, step.ids, step.now)
    step.will_ring(one.lane for one in gathered)
