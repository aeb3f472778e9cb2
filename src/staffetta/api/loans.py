"""What this process has borrowed of a number that all processes share.

Owns how much is borrowed at a time: blocks of 1 % of the limit, so that all processes together
never pass it, however many they are. While a block lasts, a request is counted without asking
anybody. Near the end blocks become smaller, so that little lies unused where it is not wanted.
Where the number is kept, and when it begins anew, is the business of `rates` and `totals`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from staffetta.accounts.token_rates import Loan

BLOCKS: Final = 100  # of one limit
_LAST_BLOCKS: Final = 16  # no block is larger than this part of what is left

Lend = Callable[[int], Awaitable[Loan]]


class Share:
    """What one process has of one limit."""

    __slots__ = ("_borrowing", "left", "limit", "unlent")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.left = 0  # of the block borrowed last
        self.unlent = limit  # for all processes, when the last block was borrowed
        self._borrowing: asyncio.Future[None] | None = None

    def count(self) -> int | None:
        """Count one request; answers how many remain, as far as this process knows.

        -1: this request is one too many. None: borrow with `refill`, and ask again.
        """
        if self.left > 0:
            self.left -= 1
            return self.unlent + self.left
        return None if self.unlent > 0 else -1

    async def refill(self, lend: Lend) -> None:
        """Borrow one block; whoever comes meanwhile waits for the same, and fails with it.

        Raises what `lend` raises.
        """
        if self._borrowing is not None:
            await asyncio.shield(self._borrowing)
            return
        self._borrowing = waited_for = asyncio.get_running_loop().create_future()
        try:
            wanted = max(1, min(self.limit // BLOCKS, self.unlent // _LAST_BLOCKS))
            loan = await lend(wanted)
            self.left += loan.granted
            self.unlent = max(self.limit - loan.taken, 0)
        except Exception as error:
            waited_for.set_exception(error)
            waited_for.exception()  # perhaps nobody waits, and nobody must
            raise
        finally:
            self._borrowing = None
            if not waited_for.done():  # also when this request was given up: the next one borrows
                waited_for.set_result(None)
