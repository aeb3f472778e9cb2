"""How long a link waits before it connects again."""

from dataclasses import replace

import pytest

from staffetta.connectors.smpp.backoff import Backoff, Ending, Pauses, ending_of_refusal
from staffetta.smpp.statuses import StatusClass, describe_status


def waits(ending: Ending, count: int, bound_seconds: float = 0.0, chance: float = 1.0):
    backoff = Backoff(Pauses(), lambda: chance)
    return [backoff.seconds_after(ending, bound_seconds) for _ in range(count)]


def test_a_lost_link_waits_twice_as_long_each_time_up_to_a_minute():
    assert waits(Ending.LOST, 9) == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_wrong_credentials_wait_from_one_minute_to_fifteen():
    assert waits(Ending.MISCONFIGURED, 6) == [60, 120, 240, 480, 900, 900]


def test_an_old_session_is_given_time_to_die():
    assert waits(Ending.ALREADY_BOUND, 4) == [60, 120, 240, 330]


def test_a_stable_minute_starts_anew():
    assert waits(Ending.LOST, 3, bound_seconds=60.0) == [1, 1, 1]
    assert waits(Ending.LOST, 3, bound_seconds=59.0) == [1, 2, 4]


def test_links_that_fell_together_rise_apart():
    assert waits(Ending.LOST, 8, chance=0.0) == [0.75, 1.5, 3, 6, 12, 24, 45, 45]


def test_a_link_that_never_comes_back_is_tried_for_ever():
    assert waits(Ending.LOST, 5000)[-1] == 60


@pytest.mark.parametrize(
    ("status", "ending"),
    [
        (0x0D, Ending.MISCONFIGURED),
        (0x0E, Ending.MISCONFIGURED),
        (0x0F, Ending.MISCONFIGURED),
        (0x53, Ending.MISCONFIGURED),
        (0x05, Ending.ALREADY_BOUND),
        (0x08, Ending.LOST),
        (0x14, Ending.LOST),
        (0x58, Ending.LOST),
        (0x4711, Ending.LOST),
    ],
)
def test_a_refused_bind_ends_as_its_status_says(status, ending):
    assert ending_of_refusal(describe_status(status)) is ending


def test_a_carrier_s_own_meaning_of_a_status_holds_for_a_refused_bind_too():
    own = replace(describe_status(0x4711), status_class=StatusClass.BIND)
    assert ending_of_refusal(own) is Ending.MISCONFIGURED


def test_what_happens_between_two_refusals_does_not_shorten_the_pause_behind_the_second():
    backoff = Backoff(Pauses(), lambda: 1.0)
    endings = [Ending.MISCONFIGURED, Ending.LOST] * 4
    assert [backoff.seconds_after(one, 0.0) for one in endings] == [60, 1, 120, 2, 240, 4, 480, 8]
