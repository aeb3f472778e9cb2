"""What one process was asked since it last wrote it down: a table in memory.

Per request some numbers in a list are raised, a microsecond's work; `store_once` brings them to the
database, each second and once more at the end. A crash loses at most that second. Refusals are kept
one by one, so many a minute for each space; beyond that they are counted only. Everything here is
bounded: when the database is away for long, what no longer fits is counted without its address,
then not at all.
"""

from collections import Counter
from datetime import date, datetime
from typing import Final

import msgspec
import structlog

from staffetta.accounts.count_usage import (
    AddressCount,
    SpaceError,
    TokenCount,
    UsageBatch,
    add_usage,
)
from staffetta.accounts.usage import RequestError, ScopeUsage
from staffetta.api.asgi import Answer, Spent
from staffetta.api.client_address import UNKNOWN
from staffetta.db.pool import ConnectionLost, Database, TryAgain
from staffetta.domain.ids import IdMaker

ERRORS_PER_MINUTE_MAX: Final = 100  # of one space
ERRORS_WAITING_MAX: Final = 10_000
KEYS_MAX: Final = 50_000
ADDRESSES_PER_DAY_MAX: Final = 1_000  # of one space
_ERROR_STATUS: Final = 400
_MINUTE_SECONDS: Final = 60

_log = structlog.get_logger(__name__)

# Space, day (ordinal), scope, domain, token, address. Plain tuples: they are hashed each request.
_Key = tuple[int, int, str, str, bytes, str]
# Requests, errors, paid by the wallet, covered by bundles, micro-units.
_Counts = list[int]


class Called(msgspec.Struct, frozen=True):
    """One call of the API, as scopes name it."""

    scope: str  # canonical: POST:sms.openapi.com/IT-messages
    domain: str  # its host


class UsageRecorder:
    """Counts the requests that this process answered."""

    def __init__(self, *, keys_max: int = KEYS_MAX) -> None:
        self._keys_max = keys_max
        self._counts: dict[_Key, _Counts] = {}
        self._lost_count = 0
        self._ids = IdMaker()
        self._errors: list[SpaceError] = []
        self._minute = 0
        self._minute_errors: Counter[int] = Counter()
        self._addresses: dict[tuple[int, int], set[str]] = {}

    def answered(
        self,
        space_id: int,
        token_hash: bytes,
        called: Called,
        answer: Answer,
        address: str,
        now: datetime,
    ) -> None:
        """Count one request of a known token."""
        key = (space_id, now.toordinal(), called.scope, called.domain, token_hash, address)
        counts = self._counts.get(key) or self._fresh(key)
        counts[0] += 1
        if answer.status >= _ERROR_STATUS:
            counts[1] += 1
            self.refused(space_id, called, answer, address, now)
        elif answer.spent is not None:
            _add_spent(counts, answer.spent)

    def refused(
        self, space_id: int, called: Called, answer: Answer, address: str, now: datetime
    ) -> None:
        """Keep one refusal for the account to read, unless there are too many already."""
        minute = int(now.timestamp()) // _MINUTE_SECONDS
        if minute != self._minute:
            self._minute, self._minute_errors = minute, Counter()
        self._minute_errors[space_id] += 1
        if (
            self._minute_errors[space_id] > ERRORS_PER_MINUTE_MAX
            or len(self._errors) >= ERRORS_WAITING_MAX
        ):
            return
        said = answer.refused
        error = RequestError(
            id=self._ids.make(now),
            at=now,
            scope=called.scope,
            domain=called.domain,
            http_status=answer.status,
            error=answer.status if said is None else said.error,
            message="" if said is None else said.sentence,
            ip=address,
        )
        self._errors.append(SpaceError(space_id, error))

    async def store_once(self, database: Database) -> int:
        """Write down what was counted; answers how many rows.

        When the database does not answer, all is kept for the next time. What it wrote without our
        hearing of it is then counted twice.
        """
        counts, self._counts = self._counts, {}
        errors, self._errors = self._errors, []
        batch = self._batch(counts, errors)
        if batch.size == 0:
            return 0
        try:
            async with database.transaction() as connection:
                await add_usage(connection, batch)
        except (ConnectionLost, TryAgain):
            self._keep(counts, errors)
            raise
        self._tell_lost()
        return batch.size

    def _fresh(self, key: _Key) -> _Counts:
        """A new row of the table; without its address, or of nobody, where there are too many."""
        if len(self._counts) < self._keys_max:
            counts = self._counts[key] = [0, 0, 0, 0, 0]
            return counts
        plain = (*key[:-1], UNKNOWN)
        if plain in self._counts or len(self._counts) < 2 * self._keys_max:
            return self._counts.setdefault(plain, [0, 0, 0, 0, 0])
        self._lost_count += 1
        return [0, 0, 0, 0, 0]

    def _keep(self, counts: dict[_Key, _Counts], errors: list[SpaceError]) -> None:
        for key, kept in counts.items():
            _add(self._counts.get(key) or self._fresh(key), kept)
        self._errors = [*errors, *self._errors][:ERRORS_WAITING_MAX]

    def _tell_lost(self) -> None:
        if self._lost_count:
            _log.warning("usage_not_counted", requests=self._lost_count)
            self._lost_count = 0

    def _batch(self, counts: dict[_Key, _Counts], errors: list[SpaceError]) -> UsageBatch:
        """The table summed up as the database keeps it: by token, and by address."""
        tokens: dict[tuple[int, int, str, bytes, str], _Counts] = {}
        addresses: dict[tuple[int, int, str, str], _Counts] = {}
        for (space_id, day, scope, domain, token, address), one in counts.items():
            _add(tokens.setdefault((space_id, day, scope, token, domain), [0] * 5), one)
            shown = self._shown(space_id, day, address)
            _add(addresses.setdefault((space_id, day, domain, shown), [0] * 5), one)
        return UsageBatch(
            [
                TokenCount(space_id, date.fromordinal(day), scope, token, domain, ScopeUsage(*one))
                for (space_id, day, scope, token, domain), one in tokens.items()
            ],
            [
                AddressCount(space_id, date.fromordinal(day), domain, address, ScopeUsage(*one))
                for (space_id, day, domain, address), one in addresses.items()
            ],
            errors,
        )

    def _shown(self, space_id: int, day: int, address: str) -> str:
        """The address, while its space has not had too many different ones this day."""
        seen = self._addresses.get((space_id, day))
        if seen is None:
            self._forget_days_before(day - 1)
            seen = self._addresses[space_id, day] = set()
        if address not in seen and len(seen) >= ADDRESSES_PER_DAY_MAX:
            return UNKNOWN
        seen.add(address)
        return address

    def _forget_days_before(self, day: int) -> None:
        if any(key[1] < day for key in self._addresses):
            self._addresses = {key: seen for key, seen in self._addresses.items() if key[1] >= day}


def _add(counts: _Counts, more: _Counts) -> None:
    for place, count in enumerate(more):
        counts[place] += count


def _add_spent(counts: _Counts, spent: Spent) -> None:
    if spent.wallet_micro:
        counts[2] += 1
        counts[4] += spent.wallet_micro
    if spent.covered_count:
        counts[3] += 1
