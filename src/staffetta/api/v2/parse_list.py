"""From the query of a list to frozen types (contract section 5, GET /messages).

Owns: which parameters a list has, and the sentences that refuse them.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

import msgspec

from staffetta.api.v2.errors import InvalidField

LIST_LIMIT_DEFAULT: Final = 100
LIST_LIMIT_MAX: Final = 1000
LIST_SKIP_MAX: Final = 1_000_000
_QUERY_FIELDS_MAX: Final = 50


class Page(msgspec.Struct, frozen=True):
    """Which part of a list is asked for."""

    skip: int
    limit: int


def parse_page(query: bytes) -> Page:
    """`skip` and `limit` of a list; raises InvalidField."""
    try:
        given = dict(parse_qsl(query.decode("latin-1"), max_num_fields=_QUERY_FIELDS_MAX))
    except ValueError:
        raise InvalidField(f"the query has more than {_QUERY_FIELDS_MAX} parameters") from None
    return Page(
        skip=_parse_count(given, "skip", 0, 0, LIST_SKIP_MAX),
        limit=_parse_count(given, "limit", LIST_LIMIT_DEFAULT, 1, LIST_LIMIT_MAX),
    )


def _parse_count(
    given: Mapping[str, str], name: str, default: int, lowest: int, highest: int
) -> int:
    text = given.get(name)
    if text is None:
        return default
    short_digits = text.isascii() and text.isdigit() and len(text) <= len(str(highest))
    if not short_digits or not lowest <= int(text) <= highest:
        raise InvalidField(f"{name} must be a whole number from {lowest} to {highest}")
    return int(text)
