"""Spending and balance over time for whoever looks again and again.

Entries are only ever added, so what was read of a step that is over is kept.
"""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from staffetta.db.pool import Connection
from staffetta.ledger.read_series import MoneyStep, read_money_series

KEPT_MAX: Final = 200  # series
# A step that is over may still get entries: their ids are made before they are stored.
_SETTLES_AFTER: Final = timedelta(minutes=5)


class MoneyReader:
    """Reads series of spaces, and of each what is new."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, timedelta], dict[datetime, MoneyStep]] = OrderedDict()

    async def read(
        self, connection: Connection, space_id: int, starts: Sequence[datetime], now: datetime
    ) -> Sequence[MoneyStep]:
        """As `read_money_series`; `starts` are two at least, as far apart as each other."""
        step = starts[1] - starts[0]
        kept = self._kept.get((space_id, step), {})
        known = [kept[start] for start in starts if start in kept]
        fresh = await read_money_series(
            connection, space_id, starts[len(known) :], starts[-1] + step
        )
        series = [*known, *fresh]
        self._keep((space_id, step), [one for one in series if _is_settled(one, step, now)])
        return series

    def _keep(self, key: tuple[int, timedelta], settled: Sequence[MoneyStep]) -> None:
        self._kept[key] = {one.begins_at: one for one in settled}
        self._kept.move_to_end(key)
        if len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)


def _is_settled(one: MoneyStep, step: timedelta, now: datetime) -> bool:
    return one.begins_at + step + _SETTLES_AFTER <= now
