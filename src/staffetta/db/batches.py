"""Writing a batch so that one bad item cannot hold up the others."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from staffetta.db.pool import DataRefused

Item = TypeVar("Item")


async def write_in_halves(
    items: Sequence[Item],
    write: Callable[[Sequence[Item]], Awaitable[None]],
    give_up: Callable[[Item, DataRefused], None],
) -> None:
    """Write all items together; on a data error, each half by itself, down to the bad one.

    `give_up` takes the item that the database refuses even alone. Every other error is raised as
    it is: nothing of that write happened, or (ConnectionLost) nobody knows.
    """
    try:
        await write(items)
    except DataRefused as refusal:
        if len(items) == 1:
            give_up(items[0], refusal)
            return
        middle = len(items) // 2
        await write_in_halves(items[:middle], write, give_up)
        await write_in_halves(items[middle:], write, give_up)
