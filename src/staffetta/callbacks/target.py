"""Where a callback goes and how: the `callback` object of a send, checked (contract section 5).

Pure. A literal address is refused here where it may not be reached; what a name leads to is decided
when it is connected to, not here.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from staffetta.callbacks.addresses import PUBLIC_ONLY, AllowedNetworks, literal_address
from staffetta.callbacks.header_names import is_ours, is_reserved
from staffetta.domain.errors import InvalidCallback

URL_CHARACTERS_MAX: Final = 2048
HOST_CHARACTERS_MAX: Final = 253
FIELD_CHARACTERS_MAX: Final = 100
HEADERS_MAX: Final = 20
HEADER_VALUE_CHARACTERS_MAX: Final = 1024
HEADERS_CHARACTERS_MAX: Final = 8192  # names and values together
CUSTOM_BYTES_MAX: Final = 16_384  # as JSON
RETRY_MAX: Final = 5
NETWORKS_SETTING: Final = "STAFFETTA_CALLBACKS_ALLOW_NETWORKS"

_METHODS: Final = frozenset({"JSON", "POST"})
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:@%\\]+)(:(?P<port>[0-9]{1,5}))?")
_LABEL = re.compile(r"[0-9a-z_]([0-9a-z_-]{0,61}[0-9a-z_])?")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_HEADER_VALUE = re.compile(r"[\x20-\x7e\t]*")
_NO_URL: Final = (
    "callback.url must be an absolute http or https address, like https://example.com/sms"
)
_ENCODER: Final = msgspec.json.Encoder()


class CallbackTarget(msgspec.Struct, frozen=True):
    """A callback that can be made. `retry` is None where the account's setting applies."""

    url: str
    host: str  # lower case, international names in their ASCII form: the lane
    method: str
    field: str
    retry: int | None
    headers: Mapping[str, str]
    custom: Mapping[str, object] | None

    def kept(self) -> dict[str, object]:
        """The object as it is stored: an absent retry stays absent (null)."""
        return {
            "url": self.url,
            "method": self.method,
            "field": self.field,
            "retry": self.retry,
            "headers": dict(self.headers),
            "custom": self.custom,
        }


def kept_target(kept: Mapping[str, Any], host: str) -> CallbackTarget:
    """The target that `kept` wrote; it was checked before it was stored."""
    return CallbackTarget(
        url=kept["url"],
        host=host,
        method=kept.get("method") or "JSON",
        field=kept.get("field") or "data",
        retry=kept.get("retry"),
        headers=kept.get("headers") or {},
        custom=kept.get("custom"),
    )


def parse_callback(
    raw: Mapping[str, object], networks: AllowedNetworks = PUBLIC_ONLY
) -> CallbackTarget:
    """The target that a send asks for; raises InvalidCallback naming the part that is wrong."""
    method = _parse_method(raw.get("method"))
    return CallbackTarget(
        url=(url := _parse_url(raw.get("url"))),
        host=_parse_host(url, networks),
        method=method,
        field=_parse_field(raw.get("field")),
        retry=_parse_retry(raw.get("retry")),
        headers=_parse_headers(raw.get("headers"), method),
        custom=_parse_custom(raw.get("custom")),
    )


def lane_host(url: object) -> str:
    """The host that a URL names, whether it may be reached or not; raises InvalidCallback."""
    return _host_of(_parse_url(url))


def _parse_url(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidCallback("callback.url is missing: give an absolute http or https address")
    if len(value) > URL_CHARACTERS_MAX:
        raise InvalidCallback(f"callback.url is longer than {URL_CHARACTERS_MAX} characters")
    if not value.isprintable() or " " in value or "\\" in value:
        raise InvalidCallback(_NO_URL)
    return value


def _parse_host(url: str, networks: AllowedNetworks) -> str:
    """The host of `url`, where it may be called back to."""
    host = _host_of(url)
    _require_reachable(host, networks)
    return host


def _host_of(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise InvalidCallback(_NO_URL) from None
    if "@" in parts.netloc:
        raise InvalidCallback("callback.url must not hold a user name: use callback.headers")
    authority = _AUTHORITY.fullmatch(parts.netloc)
    if parts.scheme not in {"http", "https"} or authority is None:
        raise InvalidCallback(_NO_URL)
    if authority["port"] is not None and not 1 <= int(authority["port"]) <= 65535:
        raise InvalidCallback("callback.url: a port is a number from 1 to 65535")
    return _ascii_host(authority["host"])


def _ascii_host(host: str) -> str:
    """A host as resolvers are asked for it: international names are mapped, so that digits of any
    script, and full stops of any width, are seen for what they mean.
    """
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            raise InvalidCallback(_NO_URL) from None
    host = host.lower().rstrip(".")
    labels = [] if host.startswith("[") else host.split(".")
    if len(host) > HOST_CHARACTERS_MAX or not all(_LABEL.fullmatch(label) for label in labels):
        raise InvalidCallback(_NO_URL)
    return host.strip("[]")


def _require_reachable(host: str, networks: AllowedNetworks) -> None:
    try:
        address = literal_address(host)
    except ValueError:
        raise InvalidCallback(
            f"callback.url: {host} is not an IP address as it is usually written, like 203.0.113.7"
        ) from None
    if address is not None and not networks.permits(address):
        raise InvalidCallback(
            f"callback.url: {address} is not a public address; an operator can allow its network"
            f" with {NETWORKS_SETTING}"
        )


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


def _parse_headers(value: object, method: str) -> Mapping[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or len(value) > HEADERS_MAX:
        raise InvalidCallback(f"callback.headers must be an object of at most {HEADERS_MAX} names")
    for name, content in value.items():
        _check_header(name, content, method)
    if sum(len(name) + len(content) for name, content in value.items()) > HEADERS_CHARACTERS_MAX:
        raise InvalidCallback(
            f"callback.headers: names and values have more than {HEADERS_CHARACTERS_MAX} characters"
        )
    return {str(name): str(content) for name, content in value.items()}


def _check_header(name: object, content: object, method: str) -> None:
    if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
        raise InvalidCallback(f"callback.headers: {str(name)[:100]!r} is not a header name")
    if (
        not isinstance(content, str)
        or len(content) > HEADER_VALUE_CHARACTERS_MAX
        or not _HEADER_VALUE.fullmatch(content)
    ):
        raise InvalidCallback(
            f"callback.headers: the value of {name} must be one line of at most"
            f" {HEADER_VALUE_CHARACTERS_MAX} printable ASCII characters"
        )
    if is_reserved(name) and not is_ours(name, content, method):
        raise InvalidCallback(
            f"callback.headers: {name} is set by the server and cannot be given: leave it out"
        )


def _parse_custom(value: object) -> Mapping[str, object] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise InvalidCallback("callback.custom must be an object")
    if len(_ENCODER.encode(value)) > CUSTOM_BYTES_MAX:
        raise InvalidCallback(f"callback.custom is longer than {CUSTOM_BYTES_MAX} bytes as JSON")
    return {str(name): content for name, content in value.items()}
