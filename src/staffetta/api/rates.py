"""How many requests a token may still make this minute (contract section 5).

Owns: this process's share of each token's minute, by the wall clock. It is borrowed in blocks of
1 % of the limit from a counter of all processes, so that together they never pass the limit,
however many they are. While a block lasts, a request is counted without asking anybody. Near the
end blocks become smaller, so that little is left unused where it is not wanted: what is, at most
one block in each process, is forgotten with its minute.

The table holds only tokens seen in the present minute, so it stays as small as the traffic.
"""

import asyncio
from datetime import datetime
from typing import Final

import msgspec

from staffetta.accounts.token_rates import MINUTE_SECONDS, TokenCounter
from staffetta.api.asgi import Header

BLOCKS: Final = 100  # of one minute's limit
_LAST_BLOCKS: Final = 16  # no block is larger than this part of what is left


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


class _Share(msgspec.Struct):
    """What this process has of one token's minute."""

    minute: int
    left: int = 0  # of the block borrowed last
    unlent: int = 0  # of the limit, for all processes, when the last block was borrowed
    borrowing: asyncio.Future[None] | None = None


_NO_LIMIT: Final = Rate(limit=0, remaining=0, reset_seconds=0)


class TokenRates:
    """Counts the requests of each token; a limit of 0 lets everything through.

    A refused request is not counted.
    """

    def __init__(self, per_minute_max: int, counter: TokenCounter) -> None:
        self._limit = per_minute_max
        self._counter = counter
        self._minute = 0
        self._shares: dict[bytes, _Share] = {}

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
        while (rate := self._count(share, second)) is None:
            await self._borrow(token_hash, share)
        return rate

    def _share(self, token_hash: bytes, minute: int) -> _Share:
        # A request that was a while on its way counts in the minute that has begun meanwhile. A
        # clock that steps further back begins anew.
        if not self._minute - 1 <= minute <= self._minute:
            self._minute = minute
            self._shares = {}
        share = self._shares.get(token_hash)
        if share is None:
            share = self._shares[token_hash] = _Share(self._minute, unlent=self._limit)
        return share

    def _count(self, share: _Share, second: int) -> Rate | None:
        if share.left > 0:
            share.left -= 1
            remaining = share.unlent + share.left
        elif share.unlent > 0:
            return None
        else:
            remaining = -1
        return Rate(self._limit, remaining, MINUTE_SECONDS - second)

    async def _borrow(self, token_hash: bytes, share: _Share) -> None:
        """Borrow one block; whoever comes meanwhile waits for the same, and fails with it."""
        if share.borrowing is not None:
            await asyncio.shield(share.borrowing)
            return
        share.borrowing = waited_for = asyncio.get_running_loop().create_future()
        try:
            await self._refill(token_hash, share)
        except Exception as error:
            waited_for.set_exception(error)
            waited_for.exception()  # perhaps nobody waits, and nobody must
            raise
        finally:
            share.borrowing = None
            if not waited_for.done():  # also when this request was given up: the next one borrows
                waited_for.set_result(None)

    async def _refill(self, token_hash: bytes, share: _Share) -> None:
        wanted = max(1, min(self._limit // BLOCKS, share.unlent // _LAST_BLOCKS))
        loan = await self._counter.borrow(token_hash, share.minute, wanted, self._limit)
        share.left += loan.granted
        share.unlent = self._limit - loan.taken
