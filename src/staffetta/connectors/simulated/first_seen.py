"""When something was first seen, remembered for a while and within a limit.

For numbers that behave differently the first time. It reads no clock.
"""


class FirstSeen:
    """Keys with the time they were first seen; the oldest are forgotten at the limit."""

    def __init__(self, *, keep_seconds: float, count_max: int) -> None:
        self._keep_seconds = keep_seconds
        self._count_max = count_max
        self._seen: dict[bytes, float] = {}  # oldest first

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._seen)

    def age(self, key: bytes, now: float) -> float | None:
        """Seconds since `key` was first seen; None when this is the first time, now noted."""
        seen_at = self._seen.get(key)
        if seen_at is not None and now - seen_at < self._keep_seconds:
            return now - seen_at
        self.forget(key)
        if len(self._seen) >= self._count_max:
            del self._seen[next(iter(self._seen))]
        self._seen[key] = now
        return None

    def forget(self, key: bytes) -> None:
        """The next time is a first time again."""
        self._seen.pop(key, None)
