"""From the octets of the one-time password calls to frozen types (contract section 5, "OTP body").

Owns: the shape of these bodies, and the ranges of length and cache (1020, 1021). How a body is
read, and what is said of a bad one, is `fields`'.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from staffetta.api.v2.errors import InvalidCacheSeconds, InvalidOtpLength
from staffetta.api.v2.fields import Fields, decode
from staffetta.api.v2.parse import NO_OPTIONS, Options, parse_key
from staffetta.otp.codes import LENGTH_DEFAULT, LENGTH_MAX, LENGTH_MIN
from staffetta.otp.send import CACHE_SECONDS_MAX, OtpRequest


class OtpBody(msgspec.Struct, rename="camel"):
    """The body of POST /otp."""

    recipient: str
    alphanumeric: bool | None = None
    length: int | None = None
    cache_seconds: int | None = None
    options: Options | None = None
    callback: dict[str, Any] | None = None


class CodeBody(msgspec.Struct):
    """The body of /otp/{message_id}/verify."""

    code: str


_DECODER: Final = msgspec.json.Decoder(OtpBody)
_CODE_DECODER: Final = msgspec.json.Decoder(CodeBody)
_CODE_FIELDS: Final[Fields] = {"code": (str, True, "a string, what the person typed")}
_FIELDS: Final[Fields] = {
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
    asked = decode(body, _DECODER, _FIELDS)
    options = asked.options or NO_OPTIONS
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
    return decode(body, _CODE_DECODER, _CODE_FIELDS).code


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
