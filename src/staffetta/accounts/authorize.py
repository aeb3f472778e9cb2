"""Who a token speaks for: a cache that every request asks, kept true by a poll.

A token revoked anywhere is refused here within a second. What is cached counts only while the last
poll is younger than POLL_SECONDS_MAX; when a poll is overdue, every look-up reads the database.
What is unknown is never cached: a token made a moment ago works at once. Owns no task: `app` calls
`refresh_once` twice a second.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from staffetta.accounts.sql import authorize as sql
from staffetta.accounts.terms import Terms, parse_terms
from staffetta.accounts.token_limits import NO_LIMITS, TokenLimits, parse_limits
from staffetta.db.pool import Database, Row
from staffetta.domain.environments import Environment
from staffetta.domain.scopes import ScopeSet
from staffetta.domain.secrets import hash_secret, is_token

GRANTS_MAX: Final = 10_000
POLL_SECONDS_MAX: Final = 1.0
# A row is dated when it is written, and seen when its transaction commits: a statement behind it
# may run for a minute, and the transaction then idle for another (db/pool.py, Limits).
COMMITS_WITHIN: Final = timedelta(seconds=120)
# Polls further apart than this could miss such a change: then nothing that is cached is kept.
_GAP_MAX: Final = timedelta(seconds=5)
CHANGES_WINDOW: Final = COMMITS_WITHIN + 2 * _GAP_MAX
CHANGES_MAX: Final = 100_000
# A wall clock that steps back must not make an old poll look like a coming one. Requests read their
# time a little before they ask, hence not zero.
_CLOCK_SLACK: Final = timedelta(seconds=1)
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Grant:
    """What one token may do, as the database said."""

    space_id: int
    account_id: int
    email: str
    environment: Environment
    currency: str
    scopes: ScopeSet
    expire_at: datetime
    blocklisted: bool
    token_hash: bytes
    use_hash: bytes  # what its use is counted under: the same for it and those it was renewed from
    terms: Terms
    limits: TokenLimits = NO_LIMITS

    def allows(self, method: str, hosts: Sequence[str], segment: str) -> bool:
        """Whether the token's scopes cover a call; `hosts` are the called service's names."""
        return self.scopes.allows(method, hosts, segment)


@dataclass(frozen=True, slots=True)
class _Cached:
    """A grant, and which versions of its rows it was read from."""

    grant: Grant
    token_updated_at: datetime
    space_updated_at: datetime


class Authorizer:
    """The cache of one process."""

    def __init__(self, database: Database, grants_max: int = GRANTS_MAX) -> None:
        self._database = database
        self._grants_max = grants_max
        self._cached: dict[str, _Cached] = {}
        self._tokens_by_hash: dict[bytes, str] = {}
        self._poll_count = 0
        self._polled_at = _LONG_AGO
        self._trusted_from = _LONG_AGO
        self._trusted_until = _LONG_AGO

    def cached_grant(self, token: str, environment: Environment, now: datetime) -> Grant | None:
        """The grant if it is known without asking the database; None says: ask `grant_for`."""
        cached = self._cached.get(token)
        if cached is None or not self._trusted_from <= now < self._trusted_until:
            return None
        return _valid(cached.grant, environment, now)

    async def grant_for(self, token: str, environment: Environment, now: datetime) -> Grant | None:
        """The grant of a token, or None: unknown, revoked, expired, or of the other environment.

        Raises what the database raises: nobody is refused because it does not answer.
        """
        if (grant := self.cached_grant(token, environment, now)) is not None:
            return grant
        if not is_token(token):
            return None
        polls_before = self._poll_count
        token_hash = hash_secret(token)
        async with self._database.acquire() as connection:
            row = await connection.fetchrow(sql.READ_GRANT, token_hash)
        if row is None:
            self._forget(token)
            return None
        cached = _read(row, token_hash)
        # A poll that came in between may have seen a change that this row does not show.
        if self._poll_count == polls_before:
            self._remember(token, cached)
        return _valid(cached.grant, environment, now)

    async def refresh_once(self, now: datetime) -> int:
        """Drop what changed in the last seconds; answers how many grants were dropped.

        `now` must have been read just before the call: trust is counted from then.
        """
        async with self._database.acquire() as connection:
            tokens = await connection.fetch(sql.CHANGED_TOKENS, CHANGES_WINDOW, CHANGES_MAX)
            spaces = await connection.fetch(sql.CHANGED_SPACES, CHANGES_WINDOW, CHANGES_MAX)
        gap = now - self._polled_at
        self._poll_count += 1
        self._polled_at = now
        self._trusted_from = now - _CLOCK_SLACK
        self._trusted_until = now + timedelta(seconds=POLL_SECONDS_MAX)
        missed = not timedelta(0) <= gap <= _GAP_MAX
        if missed or max(len(tokens), len(spaces)) >= CHANGES_MAX:
            return self._forget_all()
        return self._forget_tokens(tokens) + self._forget_spaces(spaces)

    def forget_space(self, space_id: int) -> None:
        """Drop a space's grants at once, where this process itself changed the space."""
        for token, cached in list(self._cached.items()):
            if cached.grant.space_id == space_id:
                self._forget(token)

    def _forget_tokens(self, rows: Sequence[Row]) -> int:
        count = 0
        for row in rows:
            token = self._tokens_by_hash.get(row["hash"])
            if token is not None and self._cached[token].token_updated_at != row["updated_at"]:
                self._forget(token)
                count += 1
        return count

    def _forget_spaces(self, rows: Sequence[Row]) -> int:
        if not rows:
            return 0  # the usual case: the walk below costs a millisecond or two
        changed = {row["space_id"]: row["updated_at"] for row in rows}
        stale = [
            token
            for token, cached in self._cached.items()
            if cached.space_updated_at
            != changed.get(cached.grant.space_id, cached.space_updated_at)
        ]
        for token in stale:
            self._forget(token)
        return len(stale)

    def _forget_all(self) -> int:
        count = len(self._cached)
        self._cached.clear()
        self._tokens_by_hash.clear()
        return count

    def _remember(self, token: str, cached: _Cached) -> None:
        self._forget(token)
        if len(self._cached) >= self._grants_max:
            self._forget(next(iter(self._cached)))  # the one read longest ago
        self._cached[token] = cached
        self._tokens_by_hash[cached.grant.token_hash] = token

    def _forget(self, token: str) -> None:
        cached = self._cached.pop(token, None)
        if cached is not None:
            del self._tokens_by_hash[cached.grant.token_hash]


def _valid(grant: Grant, environment: Environment, now: datetime) -> Grant | None:
    return grant if grant.environment is environment and now < grant.expire_at else None


def _read(row: Row, token_hash: bytes) -> _Cached:
    return _Cached(
        Grant(
            space_id=row["space_id"],
            account_id=row["account_id"],
            email=row["email"],
            environment=Environment(row["environment"]),
            currency=row["currency"],
            scopes=ScopeSet.of(row["scopes"]),
            expire_at=row["expire_at"],
            blocklisted=row["blocklisted"],
            token_hash=token_hash,
            use_hash=row["use_hash"],
            terms=parse_terms(row["settings"]),
            limits=parse_limits(row["limits"]),
        ),
        row["token_updated_at"],
        row["space_updated_at"],
    )
