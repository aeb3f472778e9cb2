"""From the octets of the one-time password calls to frozen types (contract section 5, "OTP body").

Owns: the shape of these bodies, and the ranges of length and cache (1020, 1021). How a body is
read, and what is said of a bad one, is `parse`'s.
"""

from collections.abc import Mapping
from typing import Any, Final, NoReturn

import msgspec

from staffetta.api.v2.errors import InvalidCacheSeconds, InvalidField, InvalidOtpLength
from staffetta.api.v2.parse import (
    _NO_OPTIONS,
    _NUL_ESCAPE,
    _Options,
    _read_slowly,
    _require_kind,
    _require_text,
    parse_key,
)
from staffetta.otp.codes import LENGTH_DEFAULT, LENGTH_MAX, LENGTH_MIN
from staffetta.otp.send import CACHE_SECONDS_MAX, OtpRequest

_Fields = Mapping[str, tuple[type, bool, str]]


class _Body(msgspec.Struct, rename="camel"):
    recipient: str
    alphanumeric: bool | None = None
    length: int | None = None
    cache_seconds: int | None = None
    options: _Options | None = None
    callback: dict[str, Any] | None = None


class _Code(msgspec.Struct):
    code: str


_DECODER: Final = msgspec.json.Decoder(_Body)
_CODE_DECODER: Final = msgspec.json.Decoder(_Code)
_CODE_FIELDS: Final[_Fields] = {"code": (str, True, "a string, what the person typed")}
_FIELDS: Final[_Fields] = {
    "recipient": (str, True, 'a string, like "+393331234567"'),
    "alphanumeric": (bool, False, "true or false"),
    "length": (int, False, f"a whole number from {LENGTH_MIN} to {LENGTH_MAX}"),
    "cacheSeconds": (int, False, f"a whole number from 0 to {CACHE_SECONDS_MAX}"),
    "options": (dict, False, "an object"),
    "options.dryRun": (bool, False, "true or false"),
    "options.failOnMultipleMessages": (bool, False, "true or false"),
    "callback": (dict, False, "an object"),
}


def parse_otp(body: bytes, path: str, headers: Mapping[bytes, bytes]) -> OtpRequest:
    """The request of a body; raises NotAnObject, InvalidField and what a range refuses."""
    try:
        asked = _DECODER.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        _explain(body, _FIELDS)
    if _NUL_ESCAPE in body:
        _require_text(_read_slowly(body))
    options = asked.options or _NO_OPTIONS
    return OtpRequest(
        recipient=asked.recipient,
        alphanumeric=bool(asked.alphanumeric),
        length=_parse_length(asked.length),
        cache_seconds=_parse_cache_seconds(asked.cache_seconds),
        dry_run=bool(options.dry_run),
        fail_on_multiple_segments=bool(options.fail_on_multiple_messages),
        callback=asked.callback,
        idempotency=parse_key(headers.get(b"idempotency-key"), path, body),
    )


def parse_code(body: bytes) -> str:
    """What a person typed; raises NotAnObject or InvalidField."""
    try:
        return _CODE_DECODER.decode(body).code
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        _explain(body, _CODE_FIELDS)


def _parse_length(length: int | None) -> int:
    if length is None:
        return LENGTH_DEFAULT
    if not LENGTH_MIN <= length <= LENGTH_MAX:
        raise InvalidOtpLength(
            f"the field length must be {LENGTH_MIN} to {LENGTH_MAX}: so many characters has a code"
        )
    return length


def _parse_cache_seconds(seconds: int | None) -> int:
    if seconds is None:
        return 0
    if not 0 <= seconds <= CACHE_SECONDS_MAX:
        raise InvalidCacheSeconds(
            f"the field cacheSeconds must be 0 to {CACHE_SECONDS_MAX}:"
            " so long the same code goes to the same recipient"
        )
    return seconds


def _explain(body: bytes, fields: _Fields) -> NoReturn:
    """Say what is wrong with a body that the decoder refused."""
    value = _read_slowly(body)
    _require_text(value)
    for name, (kind, required, expected) in fields.items():
        _require_kind(value, name, kind, required=required, expected=expected)
        if kind is int and isinstance(value.get(name), bool):  # which Python takes for a number
            raise InvalidField(f"the field {name} must be {expected}")
    raise InvalidField("the body holds a number that is too large")
