"""Which submission a report speaks of, when its id can be read in several ways. Pure.

A wrong match is worse than none: a report that is not certain of its message waits for what else
becomes known (the carrier's spelling, an answer still on its way), and is kept and shown.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Any, Final

import msgspec

# An id of so many characters tells by itself: that another reading of it meets another submission
# would take as many messages as there are such ids.
_TELLING_CHARACTERS: Final = 8
# The last digits say whose number it is, whatever a carrier puts before them.
_DIGITS_COMPARED: Final = 8
_DIGITS_MIN: Final = 6
_SEPARATORS: Final = str.maketrans("", "", "+-() .")


class Candidate(msgspec.Struct, frozen=True):
    """A submission that a report may speak of."""

    key: str  # the reading that found it
    number: str  # of its recipient
    is_reported: bool  # with what cannot be followed by anything
    row: Any  # the submission, as the database gave it


class Naming(Enum):
    """Whether a report's addresses name a recipient."""

    NAMED = "named"
    OTHERS = "others"  # they name somebody else
    SILENT = "silent"  # there is nothing to compare


def choose(candidates: Sequence[Candidate], addresses: Sequence[str]) -> Candidate | None:
    """The submission that a report means, while its carrier's spelling is not known.

    `candidates` are the newest first. None where it cannot be told.
    """
    named = [one for one in candidates if names(addresses, one.number) is Naming.NAMED]
    if named:
        fresh = [one for one in named if not one.is_reported]
        return _only_reading(fresh) if fresh else named[0]
    only = _only_reading(candidates)
    if only is None:
        return None
    is_silent = names(addresses, only.number) is Naming.SILENT
    return only if is_silent or len(only.key) >= _TELLING_CHARACTERS else None


def is_telling(chosen: Candidate, addresses: Sequence[str]) -> bool:
    """Whether it is sure enough to learn from: named by the report, or found by a telling id."""
    is_named = names(addresses, chosen.number) is Naming.NAMED
    return is_named or len(chosen.key) >= _TELLING_CHARACTERS


def choose_named(candidates: Sequence[Candidate], addresses: Sequence[str]) -> Candidate | None:
    """The submission that a report means although its carrier's known spelling did not find it.

    Only one whose recipient it names, and that waits for a report.
    """
    return _only_reading(
        [
            one
            for one in candidates
            if not one.is_reported and names(addresses, one.number) is Naming.NAMED
        ]
    )


def _only_reading(candidates: Sequence[Candidate]) -> Candidate | None:
    keys = {one.key for one in candidates}
    return candidates[0] if len(keys) == 1 else None


def names(addresses: Sequence[str], number: str) -> Naming:
    """Whether one of a report's addresses is `number` (E.164), however it is written.

    Tolerant of a plus, leading zeros, digits put before it, and a missing country code.
    """
    compared = False
    wanted = number.translate(_SEPARATORS)
    for address in addresses:
        digits = address.translate(_SEPARATORS).lstrip("0")
        if len(digits) < _DIGITS_MIN or not (digits.isascii() and digits.isdigit()):
            continue
        compared = True
        count = min(len(digits), len(wanted), _DIGITS_COMPARED)
        if digits[-count:] == wanted[-count:]:
            return Naming.NAMED
    return Naming.OTHERS if compared else Naming.SILENT
