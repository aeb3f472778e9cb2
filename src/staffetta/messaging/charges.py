"""What messages cost their accounts."""

from collections.abc import Sequence

from staffetta.db.pool import Connection
from staffetta.messaging.sql import charges as sql


async def read_charges(
    connection: Connection, asked: Sequence[tuple[int, bytes]]
) -> dict[tuple[int, bytes], int]:
    """In micro-units, by space and message; what is not kept any more is left out."""
    rows = await connection.fetch(
        sql.READ_CHARGES, [space_id for space_id, _ in asked], [one for _, one in asked]
    )
    return {(row["space_id"], row["message_id"]): row["charged_micro"] for row in rows}
