"""The items of a JSON list, found one after the other, and none of them made before its turn.

Tiny items are the dear ones: making a place for each of sixteen million at once takes a gigabyte.
Owns where an item ends, in text that is JSON already; what it says is read by whoever asked.
"""

import re
from collections.abc import Iterator
from typing import Final

ITEM_OCTETS_MAX: Final = 65_536  # so much may be looked at without a pause

# No pattern gives back what it took, so none takes longer than its text is long.
_STRING: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_FLAT: Final = rb'[^"\[\]{}]*+(?:' + _STRING + rb'[^"\[\]{}]*+)*+'
_IN_OBJECT: Final = rb"[\[{]" + _FLAT + rb"[\]}]"
_IN_FIELDS: Final = rb"[\[{]" + _FLAT + rb"(?:" + _IN_OBJECT + _FLAT + rb")*+[\]}]"
_NESTED: Final = rb"[\[{]" + _FLAT + rb"(?:" + _IN_FIELDS + _FLAT + rb")*+[\]}]"
_USUAL: Final = re.compile(
    rb"\s*+(?P<item>" + _STRING + rb'|[^"\[\]{},\s]++|' + _NESTED + rb")\s*+(?P<end>[,\]])",
    re.DOTALL,
)
_BRACKET: Final = re.compile(_STRING + rb"|[\[{]|[\]}]", re.DOTALL)
_END: Final = re.compile(rb"\s*+(?P<end>[,\]])")
_EMPTY: Final = re.compile(rb"\[\s*+\]")


class ItemTooLong(ValueError):
    """An item with more octets than anybody is given to read at once."""


def split_list(written: memoryview) -> Iterator[memoryview]:
    """Each item of a list; raises ItemTooLong, and ValueError where it is no list after all."""
    if _EMPTY.match(written):
        return
    place, end = 1, b","
    while end == b",":
        item, end, place = _next_item(written, place)
        yield item


def _next_item(written: memoryview, start: int) -> tuple[memoryview, bytes, int]:
    """An item, what ends it, and where the next one begins."""
    limit = start + ITEM_OCTETS_MAX
    usual = _USUAL.match(written, start, limit)
    if usual is not None:
        first, end = usual.span("item")
        return written[first:end], usual["end"], usual.end()
    end = _end_of_nested(written, start, limit)
    closed = _END.match(written, end, limit)
    if closed is None:
        raise _wrong(written, limit)
    return written[start:end], closed["end"], closed.end()


def _end_of_nested(written: memoryview, start: int, limit: int) -> int:
    """Where an item ends that holds what holds what holds others."""
    depth = 0
    for bracket in _BRACKET.finditer(written, start, limit):
        kind = bytes(written[bracket.start() : bracket.start() + 1])
        depth += (kind in b"[{") - (kind in b"]}")
        if depth <= 0:
            return bracket.end()
    raise _wrong(written, limit)


def _wrong(written: memoryview, limit: int) -> ValueError:
    if len(written) > limit:
        return ItemTooLong(f"an item has more than {ITEM_OCTETS_MAX} octets")
    return ValueError("the list does not end")
