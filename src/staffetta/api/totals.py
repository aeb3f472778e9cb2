"""How many requests a limited token may still make in its life (contract section 7).

Owns: this process's share of what each such token may make, borrowed in blocks (`loans`) from a
counter of all processes, so that together they never pass the limit. What a process does not use it
gives back: after a while without requests, when the limit changes, and when it stops. Until then
another process may refuse a request that this one could still have let through.

A token without such a limit never comes here.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from staffetta.accounts.token_rates import Loan, TokenCounter
from staffetta.api.loans import Share

# Another process may give something back, so a refusal holds for so long only.
ASK_AGAIN: Final = timedelta(seconds=1)
IDLE: Final = timedelta(seconds=30)
_LONG_AGO: Final = -1.0


class _Held(Share):
    """A share, and when it was last used and last found empty."""

    __slots__ = ("empty_at", "used_at")

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.used_at = _LONG_AGO
        self.empty_at = _LONG_AGO


class TokenTotals:
    """Counts the requests of limited tokens. A refused request is not counted."""

    def __init__(self, counter: TokenCounter) -> None:
        self._counter = counter
        self._held: dict[bytes, _Held] = {}

    def take(self, token_hash: bytes, limit: int, now: datetime) -> bool | None:
        """Count one request if this process can tell alone; None says: ask `take_waiting`."""
        held = self._held.get(token_hash)
        if held is None or held.limit != limit:
            return None
        at = now.timestamp()
        if held.left == 0 and not 0 <= at - held.empty_at < ASK_AGAIN.total_seconds():
            return None
        held.used_at = at
        remaining = held.count()
        return None if remaining is None else remaining >= 0

    async def take_waiting(self, token_hash: bytes, limit: int, now: datetime) -> bool:
        """Count one request, borrowing a block when there is none left; whether it may go on.

        Raises what the database raises; then the request was not counted.
        """
        at = now.timestamp()
        held = await self._held_of(token_hash, limit)
        borrow = partial(self._borrow, token_hash, limit)
        if held.left == 0:
            held.unlent = max(held.unlent, 1)  # whatever was known: ask
        held.used_at = at
        while (remaining := held.count()) is None:
            await held.refill(borrow)
        if remaining < 0:
            held.empty_at = at
        if self._held.get(token_hash) is not held:  # the limit changed meanwhile
            await self._return(token_hash, held)
        return remaining >= 0

    async def give_back_once(self, now: datetime) -> int:
        """Give back what lies unused since a while, and forget it; answers how many shares."""
        oldest = (now - IDLE).timestamp()
        return await self._give_back(
            [key for key, one in self._held.items() if one.used_at < oldest]
        )

    async def give_back_all(self) -> int:
        """Give back everything: nothing more will be asked. Raises what the database raises."""
        return await self._give_back(list(self._held))

    async def _give_back(self, token_hashes: list[bytes]) -> int:
        for token_hash in token_hashes:
            await self._return(token_hash, self._held.pop(token_hash))
        return len(token_hashes)

    async def _held_of(self, token_hash: bytes, limit: int) -> _Held:
        """The share under this limit; what was borrowed under another one goes back first."""
        held = self._held.get(token_hash)
        if held is not None and held.limit == limit:
            return held
        fresh = self._held[token_hash] = _Held(limit)
        if held is not None:
            await self._return(token_hash, held)
        return fresh

    async def _return(self, token_hash: bytes, held: _Held) -> None:
        # Before the question: when nobody knows whether it was taken back, it is lost. Never too
        # many may go through.
        count, held.left = held.left, 0
        if count:
            await self._counter.give_back(token_hash, count)

    async def _borrow(self, token_hash: bytes, limit: int, wanted: int) -> Loan:
        return await self._counter.borrow_of_life(token_hash, wanted, limit)
