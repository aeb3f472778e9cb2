"""Large bodies of v1: a list of many recipients is read one by one, while it is stored.

Half a million objects at once take a second and a half to make, in which nobody else is answered,
and hundreds of megabytes. Finding where each begins and ends takes a thirtieth of that. What else
v1 knows is read at once, as long as it is not large itself; what it does not know is left alone.
"""

import codecs
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from staffetta.api.json_bodies import NotAnObject, may_hold_nul, read_object, require_text
from staffetta.api.v1.errors import NUMBERS, RECIPIENTS, Refused
from staffetta.api.v1.written_items import ITEM_OCTETS_MAX, ItemTooLong, split_list

LARGE_OCTETS: Final = 262_144
PART_OCTETS_MAX: Final = 1_048_576  # of everything but a list of recipients
_SLICE_OCTETS: Final = 1_048_576
_NAME: Final = "recipients"
_ABSENT: Final = msgspec.Raw(b"")


class _Parts(msgspec.Struct):
    """What v1 knows, as it is written."""

    sender: msgspec.Raw = _ABSENT
    body: msgspec.Raw = _ABSENT
    recipients: msgspec.Raw = _ABSENT
    priority: msgspec.Raw = _ABSENT
    options: msgspec.Raw = _ABSENT
    transaction: msgspec.Raw = _ABSENT
    test: msgspec.Raw = _ABSENT


_DECODER: Final = msgspec.json.Decoder(_Parts)


class WrittenList:
    """The items of a JSON list, made while they are gone through, each time anew.

    Going through raises NotAnObject for what turns out to be no JSON, InvalidField for NUL, and
    Refused for an item that is too long.
    """

    def __init__(self, written: msgspec.Raw, *, may_hold_nul: bool) -> None:
        self._written = written
        self._may_hold_nul = may_hold_nul

    def __iter__(self) -> Iterator[object]:
        """Every item."""
        try:
            for written in split_list(memoryview(self._written)):
                item = msgspec.json.decode(written)
                if self._may_hold_nul:
                    require_text({_NAME: item})
                yield item
        except ItemTooLong:
            raise Refused(
                422, RECIPIENTS, f"one of '{_NAME}' has more than {ITEM_OCTETS_MAX} bytes"
            ) from None
        except (msgspec.MsgspecError, RecursionError, ValueError) as error:
            raise NotAnObject(f"'{_NAME}' is not JSON: {error}") from None


def read_request(body: bytes) -> dict[str, Any]:
    """As json_bodies.read_object, with a WrittenList for the recipients of a large body.

    Raises also Refused, for a part of it that is too long.
    """
    if len(body) < LARGE_OCTETS:
        return read_object(body)
    _require_utf8(body)
    try:
        parts = _DECODER.decode(body)
        has_nul = may_hold_nul(body)
        asked = {
            name: _read(name, written, has_nul)
            for name in parts.__struct_fields__
            if (written := getattr(parts, name)) is not _ABSENT
        }
    except (msgspec.MsgspecError, RecursionError) as error:
        # Whoever sends so much is told less exactly where it is wrong: looking would take seconds.
        raise NotAnObject(f"the body is not a JSON object: {error}") from None
    require_text({name: value for name, value in asked.items() if name != _NAME})
    return asked


def _read(name: str, written: msgspec.Raw, has_nul: bool) -> object:
    octets = memoryview(written)
    if name == _NAME and bytes(octets[:1]) == b"[":
        return WrittenList(written, may_hold_nul=has_nul)
    if len(octets) > PART_OCTETS_MAX:
        raise Refused(422, NUMBERS[name], f"'{name}' has more than {PART_OCTETS_MAX} bytes")
    return msgspec.json.decode(written)


def _require_utf8(body: bytes) -> None:
    """What is only skipped is not looked at by the decoder."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(body)
    try:
        for start in range(0, len(body), _SLICE_OCTETS):
            decoder.decode(view[start : start + _SLICE_OCTETS])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise NotAnObject("the body is not UTF-8") from None
