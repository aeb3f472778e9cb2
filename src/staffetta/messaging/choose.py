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
    sender: str = ""  # whose number in a report names nobody


class Naming(Enum):
    """Whether a report's addresses name a recipient."""

    NAMED = "named"
    OTHERS = "others"  # they name somebody else
    SILENT = "silent"  # there is nothing to compare


def choose(
    candidates: Sequence[Candidate], addresses: Sequence[str], *, must_name: bool = False
) -> Candidate | None:
    """The submission that a report means, while its carrier's spelling is not known.

    `candidates` are the newest first. None where it cannot be told, and with `must_name` where the
    report does not name the recipient.
    """
    named = [one for one in candidates if _naming(one, addresses) is Naming.NAMED]
    if named:
        fresh = [one for one in named if not one.is_reported]
        return _only_reading(fresh) if fresh else named[0]
    only = None if must_name else _only_reading(candidates)
    if only is None:
        return None
    is_silent = _naming(only, addresses) is Naming.SILENT
    return only if is_silent or is_telling_key(only.key) else None


def choose_known(
    candidates: Sequence[Candidate],
    addresses: Sequence[str],
    key: str,
    *,
    must_name: bool = False,
) -> Candidate | None:
    """The submission that a report means whose likeliest `key` is known.

    Ids of few characters are used again: under the known key, too, it is nobody's message whose
    recipient the report does not name. By another key only one that waits for a report is meant:
    its recipient is named, or there is nothing to compare and the id tells by itself.
    """
    own = [one for one in candidates if one.key == key]
    named = [one for one in own if _naming(one, addresses) is Naming.NAMED]
    by_sight = [] if must_name else [one for one in own if _may_be(one, addresses)]
    waiting = [one for one in (*named, *by_sight[:1]) if not one.is_reported]
    if waiting:
        return waiting[0]
    others = [one for one in candidates if one.key != key and not one.is_reported]
    meant = _only_reading([one for one in others if _naming(one, addresses) is Naming.NAMED])
    if meant is None and not must_name:
        meant = _only_telling(others, addresses)
    return meant or next(iter((*named, *by_sight)), None)


def _may_be(one: Candidate, addresses: Sequence[str]) -> bool:
    """Whether the known key is enough to believe that a report means it."""
    return is_telling_key(one.key) or _naming(one, addresses) is Naming.SILENT


def _only_telling(candidates: Sequence[Candidate], addresses: Sequence[str]) -> Candidate | None:
    if len(candidates) != 1:
        return None
    (only,) = candidates
    is_silent = _naming(only, addresses) is Naming.SILENT
    return only if is_silent and is_telling_key(only.key) else None


def is_telling(chosen: Candidate, addresses: Sequence[str]) -> bool:
    """Whether it is sure enough to learn from: named by the report, or found by a telling id."""
    return is_telling_key(chosen.key) or _naming(chosen, addresses) is Naming.NAMED


def is_telling_key(key: str) -> bool:
    """Whether an id tells its message by itself, whoever is named."""
    return len(key) >= _TELLING_CHARACTERS


def names_others(addresses: Sequence[str], chosen: Candidate) -> bool:
    """Whether a report names somebody, and not the recipient of `chosen`."""
    return _naming(chosen, addresses) is Naming.OTHERS


def has_numbers(addresses: Sequence[str]) -> bool:
    """Whether there is anything to compare."""
    return any(_digits_of(address) for address in addresses)


def _only_reading(candidates: Sequence[Candidate]) -> Candidate | None:
    keys = {one.key for one in candidates}
    return candidates[0] if len(keys) == 1 else None


def _naming(one: Candidate, addresses: Sequence[str]) -> Naming:
    return names(addresses, one.number, one.sender)


def names(addresses: Sequence[str], number: str, sender: str = "") -> Naming:
    """Whether one of a report's addresses is `number` (E.164), however it is written.

    Tolerant of a plus, leading zeros, digits put before it, and a missing country code. The number
    of the message's `sender` says nothing: reports name both.
    """
    compared = False
    for address in addresses:
        digits = _digits_of(address)
        if not digits:
            continue
        if _end_alike(digits, number.translate(_SEPARATORS)):
            return Naming.NAMED
        compared = compared or not _end_alike(digits, _digits_of(sender))
    return Naming.OTHERS if compared else Naming.SILENT


def _digits_of(address: str) -> str:
    """A number's digits without zeros in front; "" for what is no number."""
    digits = address.translate(_SEPARATORS).lstrip("0")
    is_number = len(digits) >= _DIGITS_MIN and digits.isascii() and digits.isdigit()
    return digits if is_number else ""


def _end_alike(digits: str, wanted: str) -> bool:
    count = min(len(digits), len(wanted), _DIGITS_COMPARED)
    return count > 0 and digits[-count:] == wanted[-count:]
