"""What went over a connector's links last, asked of the processes that hold them.

Their memory is theirs: a row asks, they answer with recordings within a second or so.
"""

import os
from datetime import datetime
from typing import Any, Final

from staffetta.db.pool import Connection
from staffetta.domain.errors import StaffettaError
from staffetta.messaging.recordings import FRAMES_MAX
from staffetta.messaging.sql import recordings as sql
from staffetta.routing.carriers import OWNER_DEAD_SECONDS

_INCIDENT_OCTETS: Final = 8


class NobodyHoldsLinks(StaffettaError):
    """No process that runs holds a link of the connector."""


async def ask_for_frames(
    connection: Connection, connector_id: int, count: int, now: datetime
) -> bytes:
    """Ask every process that holds links of a connector; answers the name of the question.

    Raises NobodyHoldsLinks.
    """
    incident = os.urandom(_INCIDENT_OCTETS)
    asked = await connection.fetch(
        sql.ASK_OWNERS,
        incident,
        connector_id,
        min(count, FRAMES_MAX),
        now,
        OWNER_DEAD_SECONDS,
    )
    if not asked:
        raise NobodyHoldsLinks(
            "no process holds a link of this connector: is `staffetta serve` up?"
        )
    return incident


async def is_answered(connection: Connection, incident: bytes) -> bool:
    """Whether all who were asked have answered."""
    return not await connection.fetchval(sql.COUNT_UNANSWERED, incident)


async def read_answer(connection: Connection, incident: bytes, count: int) -> list[dict[str, Any]]:
    """The newest frames of what was answered, as rows of recordings, the oldest first."""
    rows = await connection.fetch(sql.READ_ASKED, incident, count)
    return [dict(row.items()) for row in reversed(rows)]
