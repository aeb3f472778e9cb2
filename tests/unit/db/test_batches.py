"""One bad item of a batch fails alone, whoever refuses it."""

from collections.abc import Sequence

import pytest

from staffetta.db.batches import write_in_halves
from staffetta.db.pool import ConnectionLost, DataRefused, TryAgain


class Written:
    def __init__(self, bad: int, error: Exception) -> None:
        self.bad, self.error = bad, error
        self.items: list[int] = []
        self.given_up: list[int] = []

    async def write(self, items: Sequence[int]) -> None:
        if self.bad in items:
            raise self.error
        self.items.extend(items)

    def give_up(self, item: int, _error: Exception) -> None:
        self.given_up.append(item)


@pytest.mark.parametrize("error", [DataRefused("too long"), ZeroDivisionError("our own fault")])
async def test_what_cannot_be_written_fails_alone(error: Exception):
    written = Written(5, error)
    await write_in_halves(range(9), written.write, written.give_up)
    assert (written.items, written.given_up) == ([0, 1, 2, 3, 4, 6, 7, 8], [5])


@pytest.mark.parametrize("error", [ConnectionLost("gone"), TryAgain("deadlock")])
async def test_a_fault_that_passes_is_raised_at_once(error: Exception):
    written = Written(5, error)
    with pytest.raises(type(error)):
        await write_in_halves(range(9), written.write, written.give_up)
    assert (written.items, written.given_up) == ([], [])
