"""Queries of lists: what is read, what each refusal says, and the query of the next page."""

import contextlib
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.api.json_bodies import InvalidField
from staffetta.api.v2.parse_list import next_link, parse_list, read_query
from staffetta.api.v2.render import STATES, shown_state
from staffetta.domain.states import State
from staffetta.messaging.lists import ListQuery

ID = "65f2c1a000000000000000ff"
NINE = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


def parse(query: bytes) -> ListQuery:
    return parse_list(read_query(query))


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (b"", ListQuery(100)),
        (b"skip=5&limit=10", ListQuery(10, 5)),
        (b"limit=1000", ListQuery(1000)),
        (b"skip=&limit=&cursor=&state=&recipient=&from=&to=", ListQuery(100)),
        (b"unknown=1&skip=0", ListQuery(100)),
        (b"cursor=" + ID.encode(), ListQuery(100, before=bytes.fromhex(ID))),
        (b"cursor=" + ID.upper().encode(), ListQuery(100, before=bytes.fromhex(ID))),
        (b"recipient=%2B393331234567", ListQuery(100, number="+393331234567")),
        (b"recipient=+393331234567", ListQuery(100, number="+393331234567")),
        (b"recipient=%2B390", ListQuery(100, number="+390")),
        (b"from=2026-03-14T09:26:53Z", ListQuery(100, created_from=NINE)),
        (b"from=2026-03-14T10:26:53%2B01:00", ListQuery(100, created_from=NINE)),
        (b"from=2026-03-14T10:26:53+01:00", ListQuery(100, created_from=NINE)),
        (b"from=2026-03-14T08:26:53-01:00", ListQuery(100, created_from=NINE)),
        (b"to=2026-03-14T09:26Z", ListQuery(100, created_to=NINE.replace(second=0))),
        (
            b"to=2026-03-14T09:26:53.25Z",
            ListQuery(100, created_to=NINE.replace(microsecond=250000)),
        ),
        (b"to=2026-03-14", ListQuery(100, created_to=datetime(2026, 3, 14, tzinfo=UTC))),
        (b"from=2026-03-14&to=2026-03-14T00:00Z", "an empty range"),
    ],
)
def test_a_list_is_read(query: bytes, wanted: ListQuery | str):
    found = parse(query)
    assert found == wanted or (found.created_from == found.created_to and isinstance(wanted, str))


@pytest.mark.parametrize(
    ("query", "says"),
    [
        (b"limit=0", "limit must be a whole number from 1 to 1000"),
        (b"limit=1001", "limit must be"),
        (b"limit=ten", "limit must be"),
        (b"limit=1.5", "limit must be"),
        (b"limit=%D9%A3", "limit must be"),
        (b"skip=-1", "skip must be a whole number from 0 to 1000000"),
        (b"skip=" + b"9" * 5000, "skip must be"),
        (b"&".join([b"a=1"] * 60), "more than 50 parameters"),
        (b"cursor=65f2", "cursor must be the nextCursor of the page before"),
        (b"cursor=" + b"g" * 24, "cursor must be"),
        (b"cursor=" + ID.encode() + b"%0A", "cursor must be"),
        (b"skip=0&cursor=" + ID.encode(), "skip cannot be given with a cursor"),
        (b"state=new", "state must be one of NEW, PENDING, DELIVERED, UNDELIVERABLE, REJECTED"),
        (b"state=QUEUED", "state must be one of"),
        (b"recipient=393331234567", "recipient must be a number in E.164"),
        (b"recipient=%2B39333123456789012", "recipient must be"),
        (b"recipient=%2B39-333", "recipient must be"),
        (b"recipient=%2B%D9%A3", "recipient must be"),
        (b"from=yesterday", "from must be a time with its offset"),
        (b"from=2026-03-14T09:26:53", "from must be a time with its offset"),
        (b"to=2026-13-14", "to must be a time with its offset"),
        (b"to=2026-03-14T25:00Z", "to must be"),
        (b"to=2026-03-14T09:00%2B99:00", "to must be"),
        (b"to=1773480413", "to must be"),
        (b"from=2026-03-15&to=2026-03-14", "from must not be later than to"),
    ],
)
def test_a_list_that_is_wrong_is_refused(query: bytes, says: str):
    with pytest.raises(InvalidField, match=says):
        parse(query)


@given(
    st.dictionaries(
        st.sampled_from(["skip", "limit", "cursor", "state", "recipient", "from", "to"]),
        st.text(max_size=40),
    )
)
def test_any_query_is_read_or_refused(values: dict[str, str]):
    with contextlib.suppress(InvalidField):
        parse(urlencode(values).encode())


@pytest.mark.parametrize("word", sorted(set(STATES.values())))
def test_the_states_found_are_those_that_are_shown(word: str):
    states = parse(f"state={word}".encode()).states
    assert states is not None
    for again, found in ((False, states.once), (True, states.perhaps_twice)):
        shown = {state for state in State if shown_state(state, again=again) == word}
        assert set(found) == shown


def test_the_next_page_is_asked_for_with_the_same_filters_and_without_skip():
    given = read_query(b"limit=7&skip=3&state=NEW&recipient=+39333&from=2026-03-14&x=1")
    name, value = next_link(given, ID)
    assert name == b"link"
    reference, relation = value.decode().split("; ")
    assert relation == 'rel="next"'
    assert dict(parse_qsl(reference.strip("<>?"))) == {
        "limit": "7",
        "state": "NEW",
        "recipient": " 39333",
        "from": "2026-03-14",
        "cursor": ID,
    }
    wanted = parse(reference.strip("<>?").encode())
    assert (wanted.number, wanted.before, wanted.skip) == ("+39333", bytes.fromhex(ID), 0)


MOMENTS = st.datetimes(
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))])
)


@given(st.none() | MOMENTS, st.none() | MOMENTS)
def test_the_range_of_ids_holds_whatever_times_are_asked_for(start, end):
    wanted = ListQuery(1, created_from=start, created_to=end)
    lowest, below = wanted.ids
    assert len(lowest) == 12
    first, last = wanted.times
    assert (lowest < below) or first > last
