"""What the links of this process do, on its way to whoever watches: one statement a second at most.

Owns what was told last, so that links which do nothing cost nothing.
"""

from collections.abc import Callable, Sequence

from staffetta.db.pool import Database
from staffetta.domain.clock import Clock
from staffetta.routing.link_use import LinkUse, store_uses


class LinkUses:
    """The uses of all links of this process; `look` is asked for them."""

    def __init__(
        self, database: Database, clock: Clock, owner: int, look: Callable[[], Sequence[LinkUse]]
    ) -> None:
        self._database = database
        self._clock = clock
        self._owner = owner
        self._look = look
        self._told: dict[tuple[int, int], LinkUse] = {}

    async def tell_once(self) -> int:
        """Store what changed. Answers 0, so that the loop pauses: it is no hurry."""
        uses = self._look()
        changed = [one for one in uses if self._told.get((one.connector_id, one.number)) != one]
        if changed:
            async with self._database.acquire() as connection:
                await store_uses(connection, self._owner, changed, self._clock.now())
        self._told = {(one.connector_id, one.number): one for one in uses}
        return 0
