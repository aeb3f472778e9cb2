"""The query of v1's lists: `skip` and `limit`, both optional."""

from typing import Final
from urllib.parse import parse_qs

from staffetta.api.v1.errors import Refused

SKIP_MAX: Final = 1_000_000
DIGITS_MAX: Final = 9


def page_of(query: bytes, limit_default: int, limit_max: int) -> tuple[int, int]:
    """How many to leave out, and how many to show; raises Refused. More than the most is the most.

    What is no number is refused, whatever else the query holds.
    """
    try:
        given = parse_qs(query.decode("latin-1"), max_num_fields=100)
    except ValueError:
        raise Refused(400, 300, "the query has too many fields") from None
    skip = _number(given, "skip", 0)
    limit = _number(given, "limit", limit_default)
    return min(skip, SKIP_MAX), max(1, min(limit, limit_max))


def _number(given: dict[str, list[str]], name: str, default: int) -> int:
    text = given.get(name, [""])[-1]
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX):
        raise Refused(400, 300, f"wrong '{name}' parameter: a whole number, 0 or more")
    return int(text)
