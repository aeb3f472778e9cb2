"""The fields of a JSON body: read at once when they are right, and slowly when they are not.

A good body takes one pass of a decoder made beforehand. A bad one is read again, to say what is
wrong with it. Owns the sentences of 1000 and 1001 that every body can get.
"""

from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

import msgspec

from staffetta.api.json_bodies import InvalidField, may_hold_nul, read_slowly, require_text

Fields = Mapping[str, tuple[type, bool, str]]
"""Each field by its name ("options.dryRun"): its type, whether it is needed, what it must be."""

_Body = TypeVar("_Body", bound=msgspec.Struct)


def decode(body: bytes, decoder: msgspec.json.Decoder[_Body], fields: Fields) -> _Body:
    """What a body holds; raises NotAnObject (1000) or InvalidField (1001).

    `fields` must tell of every type that the decoder asks for.
    """
    try:
        asked = decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        _explain(body, fields)
    if may_hold_nul(body):
        require_text(read_slowly(body))
    return asked


def _explain(body: bytes, fields: Fields) -> NoReturn:
    """Say what is wrong with a body that the decoder refused."""
    value = read_slowly(body)
    require_text(value)
    for name, (kind, required, expected) in fields.items():
        _require_kind(value, name, kind, required=required, expected=expected)
    raise InvalidField("the body holds a number that is too large")


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
