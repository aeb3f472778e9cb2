"""What callbacks about messages say, whichever generation of the API they were sent through."""

from collections.abc import Mapping, Sequence

import structlog

from staffetta.api.v2.render import message_object
from staffetta.app.bulk_bodies import read_bulk_bodies
from staffetta.callbacks.claim import Claim
from staffetta.callbacks.letters import Told
from staffetta.db.pool import Connection
from staffetta.messaging.bulk.told import RecentCounts
from staffetta.messaging.told import read_told

_log = structlog.get_logger(__name__)


class MessageBodies:
    """What callbacks about messages say: the Message of the API that was called."""

    def __init__(self) -> None:
        self._recent = RecentCounts()

    async def read(self, connection: Connection, claims: Sequence[Claim]) -> Mapping[bytes, Told]:
        """What each claim tells, by callback id."""
        of_v1 = [one for one in claims if one.is_of_v1]
        bodies = await read_bulk_bodies(connection, of_v1, self._recent) if of_v1 else {}
        of_v2 = [one for one in claims if not one.is_of_v1]
        told = await read_told(connection, of_v2) if of_v2 else {}
        for callback_id, one in told.items():
            try:
                body = message_object(one.view, one.username)
            except Exception:  # noqa: BLE001 - one message must not stop its lane, nor any other
                _log.exception("callback_body_not_made", callback=callback_id.hex())
                continue
            bodies[callback_id] = Told(one.view.callback or {}, body)
        return bodies
