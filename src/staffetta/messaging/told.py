"""Messages as callbacks tell them: as they were when they changed, however late that is told."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec
import structlog

from staffetta.callbacks.claim import Claim
from staffetta.db.pool import Connection, Row
from staffetta.messaging.read import view_of
from staffetta.messaging.sql import told_messages as sql
from staffetta.messaging.view import MessageView

_log = structlog.get_logger(__name__)


class ToldMessage(msgspec.Struct, frozen=True):
    """A message at the moment of a change, and its account's address."""

    view: MessageView
    username: str


async def read_told(connection: Connection, claims: Sequence[Claim]) -> dict[bytes, ToldMessage]:
    """What each claim tells, by the callback's id; a message that is gone is not there."""
    by_id = {claim.id: claim for claim in claims}
    rows = await connection.fetch(
        sql.READ_TOLD,
        [claim.space_id for claim in claims],
        [claim.id for claim in claims],
        [claim.message_id for claim in claims],
        [claim.recipient_id or claim.message_id for claim in claims],
    )
    told: dict[bytes, ToldMessage] = {}
    for row in rows:
        claim = by_id[row["callback_id"]]
        try:
            told[claim.id] = ToldMessage(view_of(cast("Row", _as_of(claim, row))), row["email"])
        except Exception:  # noqa: BLE001 - one row must not stop its lane, nor any other
            _log.exception("told_message_not_read", callback=claim.id.hex())
    return told


def _as_of(claim: Claim, row: Any) -> Mapping[str, object]:
    """The row of a view, with what can change later as it was then."""
    return {
        **row,
        "state": claim.event,
        "charged_micro": claim.charged_micro,
        "possibly_duplicate": claim.possibly_duplicate,
        "updated_at": claim.changed_at,
        "sent_at": claim.sent_at,
        "delivered_at": claim.delivered_at,
    }
