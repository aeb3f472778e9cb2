"""A token with what it has done so far, as its owner's list shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from staffetta.accounts.sql import token_use as sql
from staffetta.accounts.tokens import TokenRecord
from staffetta.db.pool import Connection, Row


@dataclass(frozen=True, slots=True)
class TokenLine:
    """A live token, and its use. What limits count is counted with the tokens it was renewed from.

    Money in micro-units.
    """

    record: TokenRecord
    request_count: int  # calls with it, up to a second ago
    error_count: int  # those that were refused
    used_on: date | None  # the last day, UTC; None: never
    lent_count: int  # what counts against its limit of requests: lent in blocks, so a little ahead
    wallet_count: int  # requests that the wallet paid for, while that is limited
    subscription_count: int  # requests that bundles covered, likewise
    wallet_micro: int  # what they cost the wallet, likewise


async def read_token_lines(
    connection: Connection, records: Sequence[TokenRecord]
) -> list[TokenLine]:
    """The use of each of these tokens, in their order."""
    hashes = [one.token_hash for one in records]
    rows = {row["hash"]: row for row in await connection.fetch(sql.READ_LINES, hashes)}
    return [_line(one, rows[one.token_hash]) for one in records if one.token_hash in rows]


def _line(record: TokenRecord, row: Row) -> TokenLine:
    return TokenLine(
        record,
        row["request_count"],
        row["error_count"],
        row["used_on"],
        row["lent_count"],
        row["wallet_count"],
        row["subscription_count"],
        row["wallet_micro"],
    )
