"""Log lines about what carriers do, at most one of a kind in a second; the rest is counted.

A carrier that goes wrong does so thousands of times a second, and the log must stay readable.
"""

from typing import Any, Final

import structlog

_SECONDS: Final = 1.0


class Remarks:
    """The log of one link."""

    def __init__(self, logger: structlog.typing.FilteringBoundLogger) -> None:
        self._log = logger
        self._said: dict[str, tuple[float, int]] = {}  # when last, and how many left out since

    def warn(self, event: str, now: float, **fields: Any) -> None:
        """Log a warning, unless one of this kind was logged within the last second."""
        at, left_out = self._said.get(event, (-_SECONDS, 0))
        if now - at < _SECONDS:
            self._said[event] = (at, left_out + 1)
            return
        self._said[event] = (now, 0)
        if left_out:
            fields["left_out"] = left_out
        self._log.warning(event, **fields)
