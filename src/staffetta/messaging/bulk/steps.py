"""Going through very many items a step at a time, so that everybody else is answered in between.

A step ends after so many items or so much time, whatever becomes of them: an item that makes no row
takes as long to look at as one that does.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from staffetta.db.pool import Connection
from staffetta.messaging.bulk.request import Recipients
from staffetta.messaging.bulk.rows import COLUMNS, Row, bounded, number_of

STEP: Final = 500  # items between two pauses
STEP_SECONDS: Final = 0.005

Item = TypeVar("Item")


def take_step(items: Iterator[Item], monotonic: Callable[[], float]) -> list[Item]:
    """The items of the next step; none when there are no more. Seconds are of `monotonic`."""
    step: list[Item] = []
    ends_at = monotonic() + STEP_SECONDS
    for item in items:
        step.append(item)
        if len(step) == STEP or monotonic() >= ends_at:
            break
    return step


async def copy_rows(connection: Connection, rows: Iterator[Row | None]) -> None:
    """Write rows as they are made; None stands for an item that made none."""
    monotonic = asyncio.get_running_loop().time
    while step := take_step(rows, monotonic):
        if records := [row for row in step if row is not None]:
            await connection.copy_records_to_table("recipient", records=records, columns=COLUMNS)
        else:
            await asyncio.sleep(0)


async def numbers_of(recipients: Recipients, items_max: int) -> list[str]:
    """The numbers that a request names, each as often as it does; raises TooManyRecipients."""
    monotonic = asyncio.get_running_loop().time
    read = map(number_of, bounded(recipients.items, items_max))
    numbers: list[str] = []
    while step := take_step(read, monotonic):
        await asyncio.sleep(0)
        numbers += [number for number in step if number is not None]
    return numbers
