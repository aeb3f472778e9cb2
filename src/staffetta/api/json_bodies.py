"""JSON bodies of every service: read with sentences that say what is wrong.

Owns: what is no JSON object, and text that cannot be kept (contract section 3, tolerance 9). What a
field must be is each service's own.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NoReturn

import msgspec

from staffetta.domain.errors import StaffettaError

_NUL_ESCAPE: Final = b"\\u0000"


class NotAnObject(StaffettaError):
    """The body is not JSON, or not an object (v2: 1000)."""


class InvalidField(StaffettaError):
    """A field, query parameter or header is missing or wrong; it is named (v2: 1001)."""


def read_object(body: bytes) -> dict[str, Any]:
    """The object that a body holds; raises NotAnObject, or InvalidField for text with NUL."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        value = read_slowly(body)
        require_text(value)
    if not isinstance(value, dict):
        raise NotAnObject("the body must be a JSON object, like {}")
    if may_hold_nul(body):
        require_text(value)
    return value


def may_hold_nul(body: bytes) -> bool:
    """Whether a body that was decoded can hold the character NUL."""
    return _NUL_ESCAPE in body


def read_slowly(body: bytes) -> dict[str, Any]:
    """As read_object, by a reader that says where a body is wrong; raises NotAnObject."""
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise NotAnObject(f"the body is not UTF-8 at octet {error.start}") from None
    except json.JSONDecodeError as error:
        raise NotAnObject(
            f"the body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None
    except RecursionError:
        raise NotAnObject("the body is nested too deeply") from None
    except ValueError:  # an integer of thousands of digits
        raise NotAnObject("the body holds a number that cannot be read") from None
    if not isinstance(value, dict):
        raise NotAnObject("the body must be a JSON object, like {}")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise NotAnObject(f"the body is not JSON: {name} is not a value of it")


def require_text(body: Mapping[str, Any]) -> None:
    """Refuse NUL and half a surrogate pair anywhere, naming the field they stand in."""
    for name, value in body.items():
        if (wrong := what_cannot_be_kept([name, value])) is not None:
            raise InvalidField(f"the field {_shown(name)} holds {wrong}")


def what_cannot_be_kept(value: object) -> str | None:
    """What stands in some text of a JSON value and cannot be stored, in words; None: nothing."""
    for text in _texts(value):
        if "\0" in text:
            return "the character NUL"
        if not _is_whole(text):
            return "half of a surrogate pair"
    return None


def _texts(value: object) -> Iterator[str]:
    """Every string in a JSON value, the names of its fields too. No recursion: depth is theirs."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text:
                yield text
            case dict() as fields:
                yield from fields
                waiting.extend(fields.values())
            case list() as items:
                waiting.extend(items)


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(name: str) -> str:
    return ascii(name)[1:-1][:100]
