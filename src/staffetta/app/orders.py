"""How processes are told to end, and how they count each other."""

import asyncio
import signal
from dataclasses import dataclass
from typing import Final

# In data_dir/locks: shared by every process that plays a role, so that a new supervisor knows
# whether children of a killed one are still at work.
PROCESSES_LOCK: Final = "processes"


@dataclass(frozen=True, slots=True)
class Orders:
    """How a process is told to end."""

    stop: asyncio.Event
    hurry: asyncio.Event

    @classmethod
    def from_signals(cls) -> "Orders":
        """The first SIGTERM, SIGINT or SIGHUP stops, the second hurries."""
        orders = cls(asyncio.Event(), asyncio.Event())
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, orders.give)
        return orders

    def give(self) -> None:
        """Stop; asked again, hurry."""
        if self.stop.is_set():
            self.hurry.set()
        self.stop.set()
