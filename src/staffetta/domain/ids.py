"""Ids of messages, recipients, entries and callbacks: 12 bytes, shown as 24 hexadecimal digits.

Four bytes of seconds since 1970, three of the second's fraction, five random (contract section 4:
the first eight digits are the creation second). Within a process they only grow, so "newest first"
and first-in-first-out both follow from comparing ids.
"""

import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

ID_BYTES: Final = 12
_FRACTIONS_PER_SECOND: Final = 1 << 24
_RANDOM_BYTES: Final = 5
_IDS_PER_DRAW: Final = 64
_HEX = re.compile(r"[0-9a-f]{24}", re.ASCII | re.IGNORECASE)


class IdMaker:
    """Makes ids that only grow, even when the clock steps back."""

    def __init__(self, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._random_bytes = random_bytes
        self._last_tick = 0
        self._pool = b""

    def make(self, now: datetime) -> bytes:
        """One id for the moment `now` (aware)."""
        tick = max(int(now.timestamp() * _FRACTIONS_PER_SECOND), self._last_tick + 1)
        self._last_tick = tick
        if not self._pool:  # asking the system for each id would cost more than all the rest
            self._pool = self._random_bytes(_RANDOM_BYTES * _IDS_PER_DRAW)
        random, self._pool = self._pool[:_RANDOM_BYTES], self._pool[_RANDOM_BYTES:]
        return tick.to_bytes(7, "big") + random


def lowest_id(at: datetime) -> bytes:
    """The smallest id that an object made at `at` can have: a bound for ranges of time."""
    return int(at.timestamp()).to_bytes(4, "big") + bytes(ID_BYTES - 4)


def id_time(identifier: bytes) -> datetime:
    """The second in which an id was made."""
    return datetime.fromtimestamp(int.from_bytes(identifier[:4], "big"), UTC)


def parse_id(text: str) -> bytes | None:
    """The id written as 24 hexadecimal digits, or None when `text` is anything else."""
    return bytes.fromhex(text) if _HEX.fullmatch(text) else None
