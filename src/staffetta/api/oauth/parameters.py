"""What a request asks: the body as JSON or form, whatever its type says, and the query.

Contract section 3: first-generation clients send JSON as a form, forms as forms, lists with and
without brackets, numbers as text, and `ttl: 0` for "as you like".
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from staffetta.accounts.create_token import LIFETIME_SECONDS_MAX
from staffetta.api.json_bodies import what_cannot_be_kept
from staffetta.api.oauth.errors import InvalidParameter, UnreadableBody

BODY_OCTETS_MAX: Final = 128 * 1024
_FIELDS_MAX: Final = 1_000
_LIST_FIELD: Final = re.compile(r"(\w+)\[\d*\]", re.ASCII)
_WHOLE: Final = re.compile(r"\s*(-?\d{1,18})(?:\.0*)?\s*", re.ASCII)

Parameters = Mapping[str, Any]
"""Values by name: what JSON holds; of a form or a query, texts and lists of texts."""


def read_body_parameters(body: bytes) -> Parameters:
    """The fields of a body; an empty one, or JSON that is no object, has none.

    Raises UnreadableBody, and InvalidParameter for NUL or half a surrogate pair anywhere.
    """
    text = body.strip()
    if not text:
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        if text[:1] in (b"{", b"["):
            raise UnreadableBody(f"the body is not JSON: {_sentence(error)}") from None
        return _read_pairs(text)
    _require_text(value)
    return value if isinstance(value, dict) else {}


def read_query(query: bytes) -> Parameters:
    """The parameters of a query; raises InvalidParameter."""
    return _read_pairs(query)


def texts_of(given: Parameters, name: str) -> tuple[str, ...] | None:
    """A list of texts, or one text alone; None: absent, null or empty. Raises InvalidParameter."""
    value = given.get(name)
    if isinstance(value, dict):
        value = list(value.values())  # a PHP array with holes
    if value is None or value in ("", []):
        return None
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str) for one in values):
        raise InvalidParameter(f"{name} must be a list of texts")
    return tuple(values)


def whole_number_of(given: Parameters, name: str) -> int | None:
    """A whole number, or a text that writes one; None: absent. Raises InvalidParameter."""
    value = given.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and (match := _WHOLE.fullmatch(value)) is not None:
        return int(match[1])
    raise InvalidParameter(f"{name} must be a whole number")


def count_of(given: Parameters, name: str, default: int, highest: int) -> int:
    """A number from 0 to `highest`; raises InvalidParameter."""
    value = whole_number_of(given, name)
    if value is None:
        return default
    if not 0 <= value <= highest:
        raise InvalidParameter(f"{name} must be a whole number from 0 to {highest}")
    return value


def lifetime_of(given: Parameters, now: datetime) -> int | None:
    """Seconds of life that `ttl` or `expire` asks for; None: neither was given.

    `ttl` goes first. 0 and less is the default, a year, and more than a year is a year. `expire` is
    in Unix seconds; one smaller than now is a duration (contract section 3). Raises
    InvalidParameter.
    """
    ttl, expire = whole_number_of(given, "ttl"), whole_number_of(given, "expire")
    if ttl is not None and (ttl > 0 or expire is None):
        return _bounded(ttl)
    if expire is None:
        return None
    now_seconds = int(now.timestamp())
    return _bounded(expire if expire < now_seconds else max(1, expire - now_seconds))


def _bounded(seconds: int) -> int:
    return min(seconds, LIFETIME_SECONDS_MAX) if seconds > 0 else LIFETIME_SECONDS_MAX


def _read_pairs(text: bytes) -> Parameters:
    """A form or a query: `scope=a`, `scope[]=a&scope[]=b`, `scope[0]=a`."""
    try:
        pairs = parse_qsl(
            text.decode("latin-1"), keep_blank_values=True, max_num_fields=_FIELDS_MAX
        )
    except ValueError:
        raise InvalidParameter(f"more than {_FIELDS_MAX} parameters") from None
    read: dict[str, Any] = {}
    for name, value in pairs:
        if (match := _LIST_FIELD.fullmatch(name)) is not None:
            values = read.setdefault(match[1], [])
            if isinstance(values, list):
                values.append(value)
        else:
            read[name] = value
    _require_text(read)
    return read


def _require_text(value: object) -> None:
    """Refuse NUL and half a surrogate pair, wherever they stand (contract section 3)."""
    if (wrong := what_cannot_be_kept(value)) is not None:
        raise InvalidParameter(f"a field holds {wrong}")


def _sentence(error: Exception) -> str:
    match error:
        case json.JSONDecodeError():
            return f"{error.msg} at line {error.lineno}, column {error.colno}"
        case UnicodeDecodeError():
            return f"octet {error.start} is not UTF-8"
        case RecursionError():
            return "it is nested too deeply"
    return "it holds a number that cannot be read"
