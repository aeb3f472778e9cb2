"""How many requests a token may still make this minute (contract section 5).

Owns: the count of this process, in windows of one minute by the wall clock. The table holds only
tokens seen in the present minute, so it stays as small as the traffic.
"""

from datetime import datetime
from typing import Final

import msgspec

from staffetta.api.asgi import Header

WINDOW_SECONDS: Final = 60


class Rate(msgspec.Struct, frozen=True):
    """Where a token stands after a request."""

    limit: int
    remaining: int  # -1: this request is one too many
    reset_seconds: int

    @property
    def allowed(self) -> bool:
        """Whether the request may go on."""
        return self.remaining >= 0

    @property
    def headers(self) -> tuple[Header, ...]:
        """The RateLimit-* headers; none where there is no limit."""
        if self.limit == 0:
            return ()
        return (
            (b"ratelimit-limit", b"%d" % self.limit),
            (b"ratelimit-remaining", b"%d" % max(self.remaining, 0)),
            (b"ratelimit-reset", b"%d" % self.reset_seconds),
        )


_NO_LIMIT: Final = Rate(limit=0, remaining=0, reset_seconds=0)


class TokenRates:
    """Counts the requests of each token; a limit of 0 lets everything through."""

    def __init__(self, per_minute_max: int) -> None:
        self._limit = per_minute_max
        self._window = 0
        self._used: dict[bytes, int] = {}

    def take(self, token_hash: bytes, now: datetime) -> Rate:
        """Count one request of a token; a refused one is not counted."""
        if self._limit == 0:
            return _NO_LIMIT
        window, second = divmod(int(now.timestamp()), WINDOW_SECONDS)
        if window != self._window:
            self._window = window
            self._used = {}
        remaining = self._limit - self._used.get(token_hash, 0) - 1
        if remaining >= 0:
            self._used[token_hash] = self._limit - remaining
        return Rate(self._limit, remaining, WINDOW_SECONDS - second)
