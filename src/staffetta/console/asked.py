"""What a search asks: texts in the page's address, of limited length, and moments among them."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Final

from staffetta.console.rendering import PageRequest

CHARACTERS_MAX: Final = 200  # of one text
NUMBER_MAX: Final = 2**31 - 1  # of what the database counts
_DAY: Final = timedelta(days=1)


def asked_of(request: PageRequest, names: Sequence[str]) -> dict[str, str]:
    """The texts of a search by their names, without blanks around; "" for what is not asked.

    No text of a database holds a NUL, so what asks for one asks for a character that is nowhere.
    """
    return {
        name: request.query_params.get(name, "")[:CHARACTERS_MAX].strip().replace("\0", "\ufffd")
        for name in names
    }


def begin_of_day(text: str) -> datetime | None:
    """The begin of a day in UTC, None for no day; raises ValueError."""
    return datetime.combine(datetime.fromisoformat(text).date(), time(), UTC) if text else None


def end_of_day(text: str) -> datetime | None:
    """The end of a day in UTC, as `begin_of_day`."""
    begin = begin_of_day(text)
    return None if begin is None else min(begin, datetime.max.replace(tzinfo=UTC) - _DAY) + _DAY


def skip_of(text: str) -> int:
    """How many of a list to leave out; none for what is no number."""
    try:
        return min(number_of(text) or 0, NUMBER_MAX)
    except ValueError:
        return 0


def number_of(text: str) -> int | None:
    """A whole number that the database can hold; None for no text; raises ValueError."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValueError(f"{text!r} is not a whole number")
    return int(text)
