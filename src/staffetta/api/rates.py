"""How many requests a token may still make this minute (contract section 5).

Owns: this process's share of each token's minute, by the wall clock, borrowed in blocks (`loans`)
from a counter of all processes. What is not used of it, at most one block in each process, is
forgotten with its minute.

The table holds only tokens seen in the present minute, so it stays as small as the traffic.
"""

from datetime import datetime
from functools import partial
from typing import Final

import msgspec

from staffetta.accounts.token_rates import MINUTE_SECONDS, Loan, TokenCounter
from staffetta.api.asgi import Header
from staffetta.api.loans import Share


class Rate(msgspec.Struct, frozen=True):
    """Where a token stands after a request."""

    limit: int
    remaining: int  # as far as this process knows; -1: this request is one too many
    reset_seconds: int

    @property
    def allowed(self) -> bool:
        """Whether the request may go on."""
        return self.remaining >= 0

    @property
    def headers(self) -> tuple[Header, ...]:
        """The RateLimit-* headers; none where there is no limit."""
        if self.limit == 0:
            return ()
        return (
            (b"ratelimit-limit", b"%d" % self.limit),
            (b"ratelimit-remaining", b"%d" % max(self.remaining, 0)),
            (b"ratelimit-reset", b"%d" % self.reset_seconds),
        )


_NO_LIMIT: Final = Rate(limit=0, remaining=0, reset_seconds=0)


class TokenRates:
    """Counts the requests of each token; a limit of 0 lets everything through.

    A refused request is not counted.
    """

    def __init__(self, per_minute_max: int, counter: TokenCounter) -> None:
        self._limit = per_minute_max
        self._counter = counter
        self._minute = 0
        self._shares: dict[bytes, Share] = {}

    def take(self, token_hash: bytes, now: datetime) -> Rate | None:
        """Count one request if this process can tell alone; None says: ask `take_waiting`."""
        if self._limit == 0:
            return _NO_LIMIT
        minute, second = divmod(int(now.timestamp()), MINUTE_SECONDS)
        return self._count(self._share(token_hash, minute), second)

    async def take_waiting(self, token_hash: bytes, now: datetime) -> Rate:
        """Count one request, borrowing a block when there is none left.

        Raises what the database raises; then the request was not counted.
        """
        if self._limit == 0:
            return _NO_LIMIT
        minute, second = divmod(int(now.timestamp()), MINUTE_SECONDS)
        share = self._share(token_hash, minute)
        borrow = partial(self._borrow, token_hash, self._minute)
        while (rate := self._count(share, second)) is None:
            await share.refill(borrow)
        return rate

    def _share(self, token_hash: bytes, minute: int) -> Share:
        # A request that was a while on its way counts in the minute that has begun meanwhile. A
        # clock that steps further back begins anew.
        if not self._minute - 1 <= minute <= self._minute:
            self._minute = minute
            self._shares = {}
        share = self._shares.get(token_hash)
        if share is None:
            share = self._shares[token_hash] = Share(self._limit)
        return share

    def _count(self, share: Share, second: int) -> Rate | None:
        remaining = share.count()
        if remaining is None:
            return None
        return Rate(self._limit, remaining, MINUTE_SECONDS - second)

    async def _borrow(self, token_hash: bytes, minute: int, wanted: int) -> Loan:
        return await self._counter.borrow(token_hash, minute, wanted, self._limit)
