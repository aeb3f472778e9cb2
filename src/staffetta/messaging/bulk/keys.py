"""Idempotency keys of v1's messages: the same table and rules as v2's (contract section 5)."""

from datetime import datetime

from staffetta.db.pool import Connection
from staffetta.domain.errors import StaffettaError
from staffetta.messaging.commit import result_of_taken_key
from staffetta.messaging.draft import IdempotencyKey
from staffetta.messaging.sql import accept as sql

FIND_KEY = """
SELECT body_hash, message_id
  FROM idempotency_key
 WHERE space_id = $1 AND path = $2 AND key = $3 AND created_at >= $4::timestamptz
                                                     - interval '24 hours'
"""


async def find_first(
    connection: Connection, space_id: int, key: IdempotencyKey | None, now: datetime
) -> bytes | None:
    """The message that an earlier request made with this key and body; None where none did.

    Raises IdempotencyKeyReused for another body.
    """
    if key is None:
        return None
    row = await connection.fetchrow(FIND_KEY, space_id, key.path, key.key, now)
    return None if row is None else _first(key, row["body_hash"], row["message_id"])


async def claim_key(
    connection: Connection,
    space_id: int,
    key: IdempotencyKey | None,
    message_id: bytes,
    now: datetime,
) -> bytes | None:
    """Take the key for this message, under the wallet's lock; the first one's id if it is taken.

    Raises IdempotencyKeyReused for another body.
    """
    if key is None:
        return None
    (row,) = await connection.fetch(
        sql.CLAIM_KEYS, [space_id], [key.path], [key.key], [key.body_hash], [message_id], now
    )
    if row["message_id"] == message_id:
        return None
    return _first(key, row["body_hash"], row["message_id"])


def _first(key: IdempotencyKey, body_hash: bytes, message_id: bytes) -> bytes:
    result = result_of_taken_key(key.body_hash, body_hash, message_id)
    if isinstance(result, StaffettaError):
        raise result
    return message_id
