"""From the query of a list to frozen types, and to the query of its next page (contract section 5).

Owns: which parameters a list has, and the sentences that refuse them. A plus that was not encoded
arrives as a space; where only a plus can be meant, it is read as one.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode

from staffetta.api.asgi import Header
from staffetta.api.json_bodies import InvalidField
from staffetta.api.v2.render import STATES, shown_state
from staffetta.domain.errors import InvalidRecipient
from staffetta.domain.ids import parse_id
from staffetta.domain.phones import parse_mobile
from staffetta.domain.states import State
from staffetta.messaging.lists import ListQuery, StateFilter

LIST_LIMIT_DEFAULT: Final = 100
LIST_LIMIT_MAX: Final = 1000
LIST_SKIP_MAX: Final = 1_000_000
_QUERY_FIELDS_MAX: Final = 50
_KEPT_ON_THE_NEXT_PAGE: Final = ("limit", "state", "recipient", "from", "to")

_WORDS: Final = tuple(dict.fromkeys(STATES.values()))
_STATES: Final = {
    word: StateFilter(
        once=tuple(state for state in State if shown_state(state, again=False) == word),
        perhaps_twice=tuple(state for state in State if shown_state(state, again=True) == word),
    )
    for word in _WORDS
}
_NUMBER: Final = re.compile(r"[+ ]([0-9]{1,15})", re.ASCII)
_MOMENT: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)(Z|[+ -]\d\d:\d\d))?", re.ASCII
)


def read_query(query: bytes) -> dict[str, str]:
    """The parameters that have a value; raises InvalidField when they are too many."""
    try:
        return dict(parse_qsl(query.decode("latin-1"), max_num_fields=_QUERY_FIELDS_MAX))
    except ValueError:
        raise InvalidField(f"the query has more than {_QUERY_FIELDS_MAX} parameters") from None


def parse_list(given: Mapping[str, str]) -> ListQuery:
    """Which messages are asked for; raises InvalidField, which names the parameter."""
    created_from, created_to = _parse_moment(given, "from"), _parse_moment(given, "to")
    if created_from is not None and created_to is not None and created_from > created_to:
        raise InvalidField("from must not be later than to")
    if "cursor" in given and "skip" in given:
        raise InvalidField("skip cannot be given with a cursor: a cursor says where to go on")
    return ListQuery(
        limit=_parse_count(given, "limit", LIST_LIMIT_DEFAULT, 1, LIST_LIMIT_MAX),
        skip=_parse_count(given, "skip", 0, 0, LIST_SKIP_MAX),
        before=_parse_cursor(given),
        states=_parse_state(given),
        number=_parse_number(given),
        created_from=created_from,
        created_to=created_to,
    )


def next_link(given: Mapping[str, str], cursor: str) -> Header:
    """The Link to the next page (RFC 8288), relative: it holds behind any host and prefix."""
    kept = {name: given[name] for name in _KEPT_ON_THE_NEXT_PAGE if name in given}
    query = urlencode({**kept, "cursor": cursor})
    return b"link", f'<?{query}>; rel="next"'.encode()


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


def _parse_cursor(given: Mapping[str, str]) -> bytes | None:
    if "cursor" not in given:
        return None
    before = parse_id(given["cursor"])
    if before is None:
        raise InvalidField("cursor must be the nextCursor of the page before, as it was given")
    return before


def _parse_state(given: Mapping[str, str]) -> StateFilter | None:
    word = given.get("state")
    if word is None:
        return None
    if word not in _STATES:
        raise InvalidField(f"state must be one of {', '.join(_WORDS)}")
    return _STATES[word]


def _parse_number(given: Mapping[str, str]) -> str | None:
    text = given.get("recipient")
    if text is None:
        return None
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise InvalidField("recipient must be a number in E.164, like +393331234567")
    number = f"+{match[1]}"
    try:
        return parse_mobile(number).e164  # as it was read when a message was sent to it
    except InvalidRecipient:
        return number


def _parse_moment(given: Mapping[str, str], name: str) -> datetime | None:
    text = given.get(name)
    if text is None:
        return None
    match = _MOMENT.fullmatch(text)
    if match is not None:
        date, time, offset = match.groups()
        try:
            if time is None:
                return datetime.fromisoformat(date).replace(tzinfo=UTC)
            return datetime.fromisoformat(f"{date}T{time}{offset.replace(' ', '+')}")
        except ValueError:
            pass  # shaped like a time, and none: month 13, hour 25
    raise InvalidField(
        f"{name} must be a time with its offset, like 2026-03-14T09:26:53Z"
        " or 2026-03-14T10:26:53+01:00, or a date, its midnight in UTC"
    )
