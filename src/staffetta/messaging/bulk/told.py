"""Messages and recipients as callbacks tell them: as they are at the moment of sending."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from staffetta.callbacks.claim import Claim
from staffetta.db.pool import Connection, Row
from staffetta.domain.templates import Template
from staffetta.messaging.bulk import sql, tell_sql
from staffetta.messaging.bulk.read import BulkView, RecipientView, bulk_view, recipient_view


class ToldBulk(msgspec.Struct, frozen=True):
    """What one callback tells."""

    view: BulkView
    callback: Mapping[str, object]  # where it goes, as the message keeps it
    recipients: Sequence[RecipientView]  # those that changed, in their order


async def read_told_bulk(connection: Connection, claims: Sequence[Claim]) -> dict[bytes, ToldBulk]:
    """What each claim tells, by the callback's id; a message that is gone is not there."""
    messages = await _read_messages(connection, claims)
    recipients = await _read_recipients(connection, claims)
    told: dict[bytes, ToldBulk] = {}
    for claim in claims:
        message = messages.get((claim.space_id, claim.message_id))
        if message is not None:
            rows = [row for one in claim.recipient_ids if (row := recipients.get(one))]
            told[claim.id] = _told(message, rows)
    return told


def _told(message: Row, rows: Iterable[Row]) -> ToldBulk:
    body = Template(message["body"])
    return ToldBulk(
        view=bulk_view(message),
        callback=message["callback"] or {},
        recipients=[recipient_view(row, message["id"], message, body) for row in rows],
    )


async def _read_messages(
    connection: Connection, claims: Sequence[Claim]
) -> dict[tuple[int, bytes | None], Row]:
    asked = sorted({(one.space_id, one.message_id) for one in claims if one.message_id})
    rows = await connection.fetch(
        tell_sql.READ_TOLD,
        [space_id for space_id, _ in asked],
        [message_id for _, message_id in asked],
    )
    return {(row["space_id"], row["id"]): row for row in rows}


async def _read_recipients(connection: Connection, claims: Sequence[Claim]) -> dict[bytes, Row]:
    by_space: dict[int, list[bytes]] = {}
    for claim in claims:
        by_space.setdefault(claim.space_id, []).extend(claim.recipient_ids)
    found: dict[bytes, Row] = {}
    for space_id, recipient_ids in by_space.items():
        rows = await connection.fetch(sql.READ_SOME_RECIPIENTS, space_id, recipient_ids)
        found.update((row["id"], row) for row in rows)
    return found
