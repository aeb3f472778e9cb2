"""Parts of a message's recipients: what one statement changes at most."""

from collections.abc import Iterator
from typing import Final

SPAN: Final = 20_000  # recipients; about a second where the disk is slow


def spans_of(recipient_count: int, first: int = 0) -> Iterator[tuple[int, int]]:
    """Positions from and up to (without), for the recipients of a message from `first` on."""
    for start in range(first, recipient_count, SPAN):
        yield start, start + SPAN
