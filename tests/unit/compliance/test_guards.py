"""The rule of the rate guards, over counters held in memory."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.compliance.guards import Guard, OtpAsk, Rates, block_of

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
ALICE = "+393331234567"
NEIGHBOUR = "+393331239999"
STRANGER = "+393471234567"


class Few(NamedTuple):
    count: int
    seconds: int


FREE = Few(0, 1)


def ask(number: str = ALICE, **limits: Few) -> OtpAsk:
    fields = {"per_recipient": FREE, "per_prefix": FREE, "per_account": FREE, **limits}
    return OtpAsk(space_id=1, number=number, **fields)


def later(rates: Rates, seconds: float) -> Rates:
    """The same counters, looked at later."""
    return Rates(dict(rates.changes()), rates.now + timedelta(seconds=seconds))


def allowed(limit: Few, moments: Sequence[float]) -> list[float]:
    """Which of these moments (seconds, ascending) a limit lets through."""
    rests_at, kept = {}, []
    for moment in moments:
        rates = Rates(rests_at, NOW + timedelta(seconds=moment))
        if rates.take(ask(per_recipient=limit)) is None:
            kept.append(moment)
        rests_at |= dict(rates.changes())
    return kept


def test_a_burst_as_large_as_the_limit_goes_at_once_and_no_more() -> None:
    assert allowed(Few(5, 600), [0] * 9) == [0] * 5


def test_after_a_burst_one_more_goes_each_step() -> None:
    assert allowed(Few(5, 600), [0] * 5 + [119.9, 120, 120, 239, 240]) == [0] * 5 + [120, 240]


def test_after_the_whole_time_a_whole_burst_goes_again() -> None:
    assert len(allowed(Few(5, 600), [0] * 5 + [600] * 9)) == 10


def test_a_limit_of_one_is_a_pause() -> None:
    assert allowed(Few(1, 60), [0, 59.999, 60, 61, 120]) == [0, 60, 120]


def test_no_limit_lets_everything_through_and_counts_nothing() -> None:
    rates = Rates({}, NOW)
    assert [rates.take(ask()) for _ in range(100)] == [None] * 100
    assert rates.changes() == []


def test_a_look_says_what_would_be_said_and_counts_nothing() -> None:
    rates = Rates({}, NOW)
    assert [rates.look(ask(ALICE, per_recipient=Few(1, 90))) for _ in range(3)] == [None] * 3
    assert rates.changes() == []
    rates.take(ask(ALICE, per_recipient=Few(1, 90)))
    sentence = rates.look(ask(ALICE, per_recipient=Few(1, 90)))
    assert sentence is not None
    assert sentence == rates.take(ask(ALICE, per_recipient=Few(1, 90)))


@pytest.mark.parametrize(
    ("guard", "limit", "second"),
    [
        ("recipient", "per_recipient", ALICE),
        ("prefix", "per_prefix", NEIGHBOUR),
        ("account", "per_account", STRANGER),
    ],
)
def test_each_guard_names_itself_and_the_time_to_wait(guard: str, limit: str, second: str) -> None:
    rates = Rates({}, NOW)
    assert rates.take(ask(ALICE, **{limit: Few(1, 90)})) is None
    sentence = rates.take(ask(second, **{limit: Few(1, 90)}))
    assert sentence is not None
    assert sentence.startswith(f"the {guard} guard refused it: at most 1 ")
    assert sentence.endswith("try again in 90 s")


@pytest.mark.parametrize(
    ("limit", "second"), [("per_recipient", NEIGHBOUR), ("per_prefix", STRANGER)]
)
def test_a_guard_leaves_other_subjects_alone(limit: str, second: str) -> None:
    rates = Rates({}, NOW)
    assert rates.take(ask(ALICE, **{limit: Few(1, 90)})) is None
    assert rates.take(ask(second, **{limit: Few(1, 90)})) is None


def test_spaces_count_apart() -> None:
    rates = Rates({}, NOW)
    limits = {"per_recipient": Few(1, 90), "per_prefix": FREE, "per_account": Few(1, 90)}
    assert rates.take(OtpAsk(space_id=1, number=ALICE, **limits)) is None
    assert rates.take(OtpAsk(space_id=2, number=ALICE, **limits)) is None


def test_waiting_as_long_as_the_sentence_says_is_enough() -> None:
    rates = Rates({}, NOW)
    limit = Few(3, 100)  # a step of 33.3 s, rounded up in the sentence
    sentence = [rates.take(ask(per_recipient=limit)) for _ in range(4)][-1]
    assert sentence is not None
    seconds = int(sentence.rpartition(" in ")[2].removesuffix(" s"))
    assert seconds == 34
    assert later(rates, seconds - 1).take(ask(per_recipient=limit)) is not None
    assert later(rates, seconds).take(ask(per_recipient=limit)) is None


def test_what_one_guard_refuses_no_other_guard_counts() -> None:
    rates = Rates({}, NOW)
    limits = {"per_recipient": Few(1, 60), "per_account": Few(2, 60)}
    assert rates.take(ask(ALICE, **limits)) is None
    assert rates.take(ask(ALICE, **limits)) is not None
    assert rates.take(ask(STRANGER, **limits)) is None  # the account has had one, not two
    assert len(rates.changes()) == 3


def test_changes_come_in_the_order_of_their_keys() -> None:
    rates = Rates({}, NOW)
    limits = {"per_recipient": Few(9, 60), "per_prefix": Few(9, 60), "per_account": Few(9, 60)}
    for number in (STRANGER, ALICE):
        rates.take(ask(number, **limits))
    keys = [key for key, _ in rates.changes()]
    assert keys == sorted(keys)
    assert {key[1] for key in keys} == {guard.value for guard in Guard}


def test_a_block_is_all_but_the_last_four_digits() -> None:
    assert block_of(ALICE) == block_of(NEIGHBOUR) == "+39333123"


@given(
    st.integers(1, 50),
    st.integers(1, 1000),
    st.lists(st.floats(0, 3000), min_size=1, max_size=200),
)
def test_no_window_holds_more_than_a_burst_and_what_came_back_in_it(
    count: int, seconds: int, moments: list[float]
) -> None:
    kept = allowed(Few(count, seconds), sorted(moments))
    step = seconds / count
    for first, start in enumerate(kept):
        for last in range(first, len(kept)):
            window = kept[last] - start
            # A microsecond a step is what the rounding of times may give away.
            assert last - first + 1 <= count + window / step + 1e-6 * (last - first + 2) / step


@given(st.integers(1, 50), st.integers(1, 1000), st.floats(0, 3000))
def test_who_was_quiet_for_the_whole_time_may_burst(count: int, seconds: int, start: float) -> None:
    quiet = start + seconds + count * 1e-6
    assert len(allowed(Few(count, seconds), [start] * count + [quiet] * (count + 1))) == 2 * count
