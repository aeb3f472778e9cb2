"""Blocks: an account that sent forbidden words sends nothing more in that environment.

Owns the block of a space and its history. What a blocked space is refused with is the API's, and
acceptance reads under the wallet's lock whether it is blocked; so a block and its lifting take that
lock too, first.
"""

from datetime import datetime
from typing import Final

import msgspec

from staffetta.compliance import sql
from staffetta.compliance.errors import InvalidReason
from staffetta.db.pool import Connection, Row
from staffetta.domain.environments import Environment

REASON_CHARACTERS_MAX: Final = 500
LISTED_MAX: Final = 1_000


class Block(msgspec.Struct, frozen=True):
    """One block of a space, standing or lifted."""

    email: str
    environment: Environment
    space_id: int
    reason: str
    message_id: bytes | None  # what it was imposed for
    imposed_at: datetime
    lifted_at: datetime | None
    lifted_reason: str | None


async def impose_block(
    connection: Connection, space_id: int, reason: str, message_id: bytes | None, now: datetime
) -> bool:
    """Block a space in the caller's transaction; False when it is blocked already.

    A block that stands keeps its reason and its time. Raises LookupError for a space without a
    wallet.
    """
    await _lock(connection, space_id)
    imposed = await connection.fetchval(
        sql.BLOCK_SPACE, space_id, reason[:REASON_CHARACTERS_MAX], message_id, now
    )
    return imposed is not None


async def lift_block(connection: Connection, space_id: int, reason: str, now: datetime) -> bool:
    """Lift a space's block in the caller's transaction; False when there was none.

    Raises InvalidReason, and LookupError for a space without a wallet.
    """
    _check(reason)
    await _lock(connection, space_id)
    lifted = await connection.fetchval(sql.UNBLOCK_SPACE, space_id, reason.strip(), now)
    return lifted is not None


async def list_blocked(connection: Connection, limit: int = LISTED_MAX) -> list[Block]:
    """The blocks that stand, newest first."""
    return [_block(row) for row in await connection.fetch(sql.LIST_BLOCKED, limit)]


async def read_history(connection: Connection, email: str, limit: int = LISTED_MAX) -> list[Block]:
    """Every block of an account in both environments, newest first."""
    return [_block(row) for row in await connection.fetch(sql.READ_BLOCK_HISTORY, email, limit)]


async def _lock(connection: Connection, space_id: int) -> None:
    if await connection.fetchval(sql.LOCK_WALLET, space_id) is None:
        raise LookupError(f"space {space_id} has no wallet")


def _check(reason: str) -> None:
    if not reason.strip():
        raise InvalidReason("a block is lifted for a reason: say which")
    if len(reason) > REASON_CHARACTERS_MAX:
        raise InvalidReason(
            f"the reason has {len(reason)} characters: {REASON_CHARACTERS_MAX} are the most"
        )


def _block(row: Row) -> Block:
    return Block(**{**row, "environment": Environment(row["environment"])})
