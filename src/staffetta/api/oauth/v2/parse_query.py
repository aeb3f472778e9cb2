"""What a list is asked for: a window, and a filter of scopes. Pure."""

from collections.abc import Iterator
from typing import Final

import msgspec

from staffetta.api.oauth.errors import InvalidParameter
from staffetta.api.oauth.parameters import Parameters, count_of, texts_of, whole_number_of
from staffetta.domain.environments import Environment
from staffetta.domain.scopes import InvalidScope, Scope, ScopeNotEnabled, expand

LIMIT_MAX: Final = 100
SKIP_MAX: Final = 10_000  # each that is skipped is read
FREE_SKIP_MAX: Final = 1_000_000  # where skipping costs nothing
_SCOPES_MAX: Final = 100


class Window(msgspec.Struct, frozen=True):
    """Which part of a list, newest first."""

    skip: int
    limit: int


def parse_window(given: Parameters, skip_max: int = SKIP_MAX) -> Window:
    """`skip` and `limit`; raises InvalidParameter."""
    limit = whole_number_of(given, "limit")
    if limit is None:
        limit = LIMIT_MAX
    if not 1 <= limit <= LIMIT_MAX:
        raise InvalidParameter(f"limit must be a whole number from 1 to {LIMIT_MAX}")
    return Window(count_of(given, "skip", 0, skip_max), limit)


def parse_scopes(given: Parameters, environment: Environment) -> tuple[str, ...] | None:
    """The single scopes that `scopes` names, separated by commas; None: all.

    Wildcards are expanded. What names nothing here is kept as it is: nothing is found under it.
    Raises InvalidParameter for what is no scope.
    """
    texts = [
        part.strip()
        for text in texts_of(given, "scopes") or ()
        for part in text.split(",")
        if part.strip()
    ]
    if len(texts) > _SCOPES_MAX:
        raise InvalidParameter(f"scopes names more than {_SCOPES_MAX}")
    try:
        singles = dict.fromkeys(single for text in texts for single in _singles(text, environment))
    except InvalidScope as error:
        raise InvalidParameter(f"scopes: {error}") from None
    return tuple(singles) or None


def _singles(text: str, environment: Environment) -> Iterator[str]:
    try:
        yield from expand([text], environment)
    except ScopeNotEnabled:
        yield str(Scope.parse(text))
