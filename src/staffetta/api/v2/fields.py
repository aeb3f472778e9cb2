"""The fields of a JSON body: read at once when they are right, and slowly when they are not.

A good body takes one pass of a decoder made beforehand. A bad one is read again, to say what is
wrong with it. Owns the sentences of 1000 and 1001 that every body can get.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NoReturn, TypeVar

import msgspec

from staffetta.api.v2.errors import InvalidField, NotAnObject

Fields = Mapping[str, tuple[type, bool, str]]
"""Each field by its name ("options.dryRun"): its type, whether it is needed, what it must be."""

_Body = TypeVar("_Body", bound=msgspec.Struct)
_NUL_ESCAPE: Final = b"\\u0000"


def decode(body: bytes, decoder: msgspec.json.Decoder[_Body], fields: Fields) -> _Body:
    """What a body holds; raises NotAnObject (1000) or InvalidField (1001).

    `fields` must tell of every type that the decoder asks for.
    """
    try:
        asked = decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        _explain(body, fields)
    if _NUL_ESCAPE in body:
        _require_text(_read_slowly(body))
    return asked


def _explain(body: bytes, fields: Fields) -> NoReturn:
    """Say what is wrong with a body that the decoder refused."""
    value = _read_slowly(body)
    _require_text(value)
    for name, (kind, required, expected) in fields.items():
        _require_kind(value, name, kind, required=required, expected=expected)
    raise InvalidField("the body holds a number that is too large")


def _read_slowly(body: bytes) -> dict[str, Any]:
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


def _require_kind(
    body: Mapping[str, Any], name: str, kind: type, *, required: bool, expected: str
) -> None:
    parent, _, leaf = name.rpartition(".")
    holder = (body.get(parent) or {}) if parent else body
    if leaf not in holder and required:
        raise InvalidField(f"the field {name} is missing: it must be {expected}")
    value = holder.get(leaf)
    if value is None and not required:
        return
    # Python takes true and false for numbers too.
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise InvalidField(f"the field {name} must be {expected}")


def _require_text(body: Mapping[str, Any]) -> None:
    """Refuse NUL and half a surrogate pair anywhere, naming the field they stand in."""
    for name, value in body.items():
        for text in (name, *_texts(value)):
            if "\0" in text:
                raise InvalidField(f"the field {_shown(name)} holds the character NUL")
            if not _is_whole(text):
                raise InvalidField(f"the field {_shown(name)} holds half of a surrogate pair")


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
