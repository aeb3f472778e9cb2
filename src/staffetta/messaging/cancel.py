"""Taking back a message that waits for its time (contract section 5: DELETE, refunded in v2)."""

from datetime import datetime

from staffetta.callbacks.bell import CallbackBell
from staffetta.db.pool import Database
from staffetta.domain.errors import NotWaiting
from staffetta.domain.ids import IdMaker
from staffetta.messaging.money import settle_money
from staffetta.messaging.read import Reader
from staffetta.messaging.sql import housekeeping as sql
from staffetta.messaging.step import begin_step
from staffetta.messaging.telling import owe_changes_of
from staffetta.messaging.view import MessageView


class Canceller:
    """Cancels messages of spaces."""

    def __init__(
        self, database: Database, bell: CallbackBell, reader: Reader, ids: IdMaker
    ) -> None:
        self._database = database
        self._bell = bell
        self._reader = reader
        self._ids = ids

    async def cancel(self, space_id: int, message_id: bytes, now: datetime) -> MessageView | None:
        """Cancel and refund; the message as it is then, or None where the space has none such.

        Raises NotWaiting when its time has come, or it has ended: nothing changes then.
        """
        async with begin_step(self._database, self._bell, self._ids, now) as step:
            rows = await step.connection.fetch(sql.CANCEL, space_id, message_id, now)
            await settle_money(step, [], rows)
            await owe_changes_of(step, rows, {row["id"]: 0 for row in rows})
        view = await self._reader.get(space_id, message_id, now)
        if view is not None and not rows:
            raise NotWaiting(
                "the message waits no longer: only one whose sendAt has not come can be cancelled"
            )
        return view
