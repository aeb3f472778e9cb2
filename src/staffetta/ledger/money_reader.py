"""Spending and balance over time, for whoever looks again and again.

Read step by step, the newest first, as far as there is time; entries are only ever added, so what
was read of a step that is over is kept, and the next one who looks goes on from there.
"""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from staffetta.db.pool import Connection
from staffetta.domain.clock import Clock
from staffetta.ledger.read_series import Mark, SummedStep, read_newest_mark, sum_up_step

READING_SECONDS_MAX: Final = 2.0  # of one answer
KEPT_MAX: Final = 200  # series
# A step that is over may still get entries: their ids are made before they are stored.
_SETTLES_AFTER: Final = timedelta(minutes=5)


class MoneyStep(msgspec.Struct, frozen=True):
    """One step of time, in micro-units; None: not read yet."""

    begins_at: datetime
    spent_micro: int | None  # below 0 when more came back than was taken
    balance_micro: int | None  # at its end


class MoneyReader:
    """Reads series of spaces, and of each what is new."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: OrderedDict[tuple[int, timedelta], dict[datetime, SummedStep]] = OrderedDict()

    async def read(
        self, connection: Connection, space_id: int, starts: Sequence[datetime], now: datetime
    ) -> Sequence[MoneyStep]:
        """The steps that begin at `starts`: two at least, as far apart as each other.

        The last of them is the running one. Of more than fits into one answer, the oldest are not
        read yet. Raises what the database raises; what was read until then is kept.
        """
        length = starts[1] - starts[0]
        kept = self._kept_of((space_id, length), starts[0])
        started = self._clock.monotonic()
        mark: Mark | None = await read_newest_mark(connection, space_id)
        steps = []
        for begin in reversed(starts):
            summed = kept.get(begin)
            if mark is None or (summed is None and self._is_late(started)):
                steps.append(MoneyStep(begin, None, None))
                mark = None
                continue
            summed = summed or await sum_up_step(connection, space_id, begin, mark)
            if begin + length + _SETTLES_AFTER <= now:
                kept[begin] = summed
            steps.append(MoneyStep(begin, summed.spent_micro, mark.balance_micro))
            mark = summed.before
        return steps[::-1]

    def _is_late(self, started: float) -> bool:
        return self._clock.monotonic() - started > READING_SECONDS_MAX

    def _kept_of(self, key: tuple[int, timedelta], begin: datetime) -> dict[datetime, SummedStep]:
        """What is kept of a series, without the steps that it has left behind."""
        steps = self._kept.pop(key, {})
        kept = self._kept[key] = {start: one for start, one in steps.items() if start >= begin}
        if len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)
        return kept
