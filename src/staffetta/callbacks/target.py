"""Where a callback goes and how: the `callback` object of a send, checked (contract section 5).

Pure. Whether an address may be reached is decided when it is connected to, not here.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec

from staffetta.domain.errors import InvalidCallback

URL_CHARACTERS_MAX: Final = 2048
FIELD_CHARACTERS_MAX: Final = 100
HEADERS_MAX: Final = 20
HEADER_VALUE_CHARACTERS_MAX: Final = 1024
RETRY_MAX: Final = 5
_METHODS: Final = frozenset({"JSON", "POST"})
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_HEADER_VALUE = re.compile(r"[\x20-\x7e\t]*")


class CallbackTarget(msgspec.Struct, frozen=True):
    """A callback that can be made. `retry` is None where the account's setting applies."""

    url: str
    host: str
    method: str
    field: str
    retry: int | None
    headers: Mapping[str, str]
    custom: Mapping[str, object] | None

    def echo(self) -> dict[str, object]:
        """The object as the API shows it, defaults filled in (an absent retry echoes 0)."""
        return {
            "url": self.url,
            "method": self.method,
            "field": self.field,
            "retry": self.retry or 0,
            "headers": dict(self.headers),
            "custom": self.custom,
        }


def parse_callback(raw: Mapping[str, object]) -> CallbackTarget:
    """The target that a send asks for; raises InvalidCallback naming the part that is wrong."""
    url, host = _parse_url(raw.get("url"))
    return CallbackTarget(
        url=url,
        host=host,
        method=_parse_method(raw.get("method")),
        field=_parse_field(raw.get("field")),
        retry=_parse_retry(raw.get("retry")),
        headers=_parse_headers(raw.get("headers")),
        custom=_parse_custom(raw.get("custom")),
    )


def _parse_url(value: object) -> tuple[str, str]:
    if not isinstance(value, str) or not value:
        raise InvalidCallback("callback.url is missing: give an absolute http or https address")
    if len(value) > URL_CHARACTERS_MAX:
        raise InvalidCallback(f"callback.url is longer than {URL_CHARACTERS_MAX} characters")
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"} or re.search(r"[\s\x00-\x1f]", value):
        raise InvalidCallback(
            "callback.url must be an absolute http or https address, like https://example.com/sms"
        )
    if parts.username is not None or parts.password is not None:
        raise InvalidCallback("callback.url must not hold a user name: use callback.headers")
    return value, host


def _parse_method(value: object) -> str:
    if value is None:
        return "JSON"
    if not isinstance(value, str) or value.upper() not in _METHODS:
        raise InvalidCallback('callback.method must be "JSON" or "POST"')
    return value.upper()


def _parse_field(value: object) -> str:
    if value is None:
        return "data"
    if not isinstance(value, str) or not 1 <= len(value) <= FIELD_CHARACTERS_MAX:
        raise InvalidCallback(
            f"callback.field must be a string of 1 to {FIELD_CHARACTERS_MAX} characters"
        )
    return value


def _parse_retry(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= RETRY_MAX:
        raise InvalidCallback(f"callback.retry must be a whole number from 0 to {RETRY_MAX}")
    return value


def _parse_headers(value: object) -> Mapping[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or len(value) > HEADERS_MAX:
        raise InvalidCallback(f"callback.headers must be an object of at most {HEADERS_MAX} names")
    for name, content in value.items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            raise InvalidCallback(f"callback.headers: {name!r} is not a header name")
        if (
            not isinstance(content, str)
            or len(content) > HEADER_VALUE_CHARACTERS_MAX
            or not _HEADER_VALUE.fullmatch(content)
        ):
            raise InvalidCallback(f"callback.headers: the value of {name} must be one line of text")
    return {str(name): str(content) for name, content in value.items()}


def _parse_custom(value: object) -> Mapping[str, object] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise InvalidCallback("callback.custom must be an object")
    return {str(name): content for name, content in value.items()}
