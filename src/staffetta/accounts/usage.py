"""What a space asked of the API: counts by scope, service, address and token, and refusals.

Reads what count_usage.py wrote, which is up to a second behind. Days are UTC, both ends included.
What was spent is the ledger's to say: `totals` is given it. `wallet_micro` of everything else is
what was charged or held when messages were accepted; captures and refunds come later and are not
told apart by token or address.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

import msgspec

from staffetta.accounts.sql import usage as sql
from staffetta.db.pool import Database

ADDRESSES_LISTED_MAX: Final = 1_000
ERRORS_LISTED_MAX: Final = 1_000
ERRORS_LOOKED_AT_MAX: Final = 100_000


class ScopeUsage(msgspec.Struct, frozen=True, order=True):
    """How often something was asked; counts of requests."""

    request_count: int = 0
    error_count: int = 0  # answered with a status of 400 or more
    wallet_count: int = 0  # the wallet paid, in whole or in part
    subscription_count: int = 0  # a bundle covered, in whole or in part
    wallet_micro: int = 0  # charged or held at acceptance


class DomainUsage(msgspec.Struct, frozen=True):
    """What was asked of one service, by its canonical host, and from how many addresses."""

    counts: ScopeUsage
    ip_count: int


class TotalUsage(msgspec.Struct, frozen=True):
    """What a space asked in all, and what it spent."""

    request_count: int
    error_count: int
    wallet_count: int
    subscription_count: int
    ip_count: int
    wallet_micro: int  # by the ledger: charges, captures and penalties less refunds


class RequestError(msgspec.Struct, frozen=True):
    """One refused request."""

    id: bytes
    at: datetime
    scope: str
    domain: str
    http_status: int
    error: float  # the number in the body; 125.23 is one
    message: str
    ip: str


class UsageReader:
    """Reads what was counted. Every method raises what the database raises."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_scope(
        self, space_id: int, first_day: date, last_day: date
    ) -> Mapping[str, ScopeUsage]:
        """What was asked by canonical scope, like POST:sms.openapi.com/IT-messages.

        A scope that nobody called is not in it.
        """
        return await self._named(sql.READ_BY_SCOPE, space_id, first_day, last_day)

    async def by_domain(
        self, space_id: int, first_day: date, last_day: date
    ) -> Mapping[str, DomainUsage]:
        """What was asked by canonical host; a service that nobody called is not in it."""
        counts = await self._named(sql.READ_BY_DOMAIN, space_id, first_day, last_day)
        async with self._database.acquire() as connection:
            rows = await connection.fetch(sql.COUNT_ADDRESSES, space_id, first_day, last_day)
        ip_counts = {row["domain"]: row["ip_count"] for row in rows}
        return MappingProxyType(
            {name: DomainUsage(one, ip_counts.get(name, 0)) for name, one in counts.items()}
        )

    async def by_ip(
        self,
        space_id: int,
        first_day: date,
        last_day: date,
        limit: int = ADDRESSES_LISTED_MAX,
        *,
        domain: str | None = None,
    ) -> Mapping[str, ScopeUsage]:
        """What was asked by client address, the busiest first; 0.0.0.0 stands for the rest.

        With `domain`, a canonical host, of that service alone.
        """
        return await self._named(sql.READ_BY_ADDRESS, space_id, first_day, last_day, limit, domain)

    async def totals(
        self, space_id: int, first_day: date, last_day: date, spent_micro: int
    ) -> TotalUsage:
        """What was asked in all; `spent_micro` is the ledger's (ledger/read_spending.py)."""
        async with self._database.acquire() as connection:
            row = await connection.fetchrow(sql.READ_TOTALS, space_id, first_day, last_day)
        assert row is not None, "sums are always one row"
        return TotalUsage(**row, wallet_micro=spent_micro)

    async def by_token(self, token_hash: bytes) -> ScopeUsage:
        """What one token asked in its whole life."""
        async with self._database.acquire() as connection:
            row = await connection.fetchrow(sql.READ_OF_TOKEN, token_hash)
        assert row is not None, "sums are always one row"
        return ScopeUsage(**row)

    async def by_tokens(self, token_hashes: Sequence[bytes]) -> Mapping[bytes, ScopeUsage]:
        """The same of several at once; a token that was never used is not in it."""
        return await self._named(sql.READ_OF_TOKENS, list(token_hashes))

    async def errors(
        self,
        space_id: int,
        scopes: Sequence[str] = (),
        skip: int = 0,
        limit: int = ERRORS_LISTED_MAX,
    ) -> Sequence[RequestError]:
        """The refusals of the last 90 days, newest first; of some scopes, or of all if empty.

        Among the newest ERRORS_LOOKED_AT_MAX.
        """
        async with self._database.acquire() as connection:
            rows = await connection.fetch(
                sql.READ_ERRORS, space_id, list(scopes) or None, skip, limit, ERRORS_LOOKED_AT_MAX
            )
        return [RequestError(**row) for row in rows]

    async def _named(self, statement: str, *arguments: object) -> Mapping[Any, ScopeUsage]:
        async with self._database.acquire() as connection:
            rows = await connection.fetch(statement, *arguments)
        return MappingProxyType(
            {
                row["name"]: ScopeUsage(
                    row["request_count"],
                    row["error_count"],
                    row["wallet_count"],
                    row["subscription_count"],
                    row["wallet_micro"],
                )
                for row in rows
            }
        )
