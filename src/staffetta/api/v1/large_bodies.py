"""Large bodies of v1: a list of many recipients is read one by one, while it is stored.

Half a million objects at once take a second and a half to make, in which nobody else is answered,
and hundreds of megabytes. Finding where each begins and ends takes a thirtieth of that. What else a
body holds is read at once, as in every body.
"""

import codecs
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from staffetta.api.json_bodies import NotAnObject, may_hold_nul, read_object, require_text

LARGE_OCTETS: Final = 262_144
_SLICE_OCTETS: Final = 1_048_576
_NAME: Final = "recipients"


class WrittenList:
    """The items of a JSON list, made while they are gone through, each time anew.

    Going through raises NotAnObject for what turns out to be no JSON, and InvalidField for NUL.
    """

    def __init__(self, written: msgspec.Raw, *, may_hold_nul: bool) -> None:
        self._written = written
        self._may_hold_nul = may_hold_nul

    def __iter__(self) -> Iterator[object]:
        """Every item."""
        try:
            for written in msgspec.json.decode(self._written, type=list[msgspec.Raw]):
                item = msgspec.json.decode(written)
                if self._may_hold_nul:
                    require_text({_NAME: item})
                yield item
        except (msgspec.MsgspecError, RecursionError) as error:
            raise NotAnObject(f"'{_NAME}' is not JSON: {error}") from None


def read_request(body: bytes) -> dict[str, Any]:
    """As json_bodies.read_object, with a WrittenList for the recipients of a large body."""
    if len(body) < LARGE_OCTETS:
        return read_object(body)
    _require_utf8(body)
    try:
        parts = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        has_nul = may_hold_nul(body)
        asked = {name: _read(name, written, has_nul) for name, written in parts.items()}
    except (msgspec.MsgspecError, RecursionError) as error:
        # Whoever sends so much is told less exactly where it is wrong: looking would take seconds.
        raise NotAnObject(f"the body is not a JSON object: {error}") from None
    require_text({name: value for name, value in asked.items() if name != _NAME})
    return asked


def _read(name: str, written: msgspec.Raw, has_nul: bool) -> object:
    if name == _NAME and bytes(memoryview(written)[:1]) == b"[":
        return WrittenList(written, may_hold_nul=has_nul)
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
