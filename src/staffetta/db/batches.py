"""Writing a batch so that one bad item cannot hold up the others."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from staffetta.db.errors import DatabaseError, DataRefused

Item = TypeVar("Item")


async def write_in_halves(
    items: Sequence[Item],
    write: Callable[[Sequence[Item]], Awaitable[None]],
    give_up: Callable[[Item, Exception], None],
) -> None:
    """Write all items together; on a data error, each half by itself, down to the bad one.

    `give_up` takes the item that cannot be written even alone: the database refuses it, or our own
    code fails on it. ConnectionLost and TryAgain are raised as they are: nothing of that write
    happened, or nobody knows.
    """
    try:
        await write(items)
    except Exception as error:
        if isinstance(error, DatabaseError) and not isinstance(error, DataRefused):
            raise
        if len(items) == 1:
            give_up(items[0], error)
            return
        middle = len(items) // 2
        await write_in_halves(items[:middle], write, give_up)
        await write_in_halves(items[middle:], write, give_up)
