"""Which links ask a carrier for a bind, while it is not known whether it takes us."""

import pytest

from staffetta.connectors.smpp.backoff import Ending
from staffetta.connectors.smpp.knocks import Knocks


@pytest.fixture
def knocks():
    return Knocks()


def test_one_link_asks_and_the_others_once_it_is_bound(knocks):
    knocks.begins(1)
    assert [knocks.may_knock(number) for number in (1, 2, 3)] == [True, False, False]
    knocks.is_bound(1)
    assert [knocks.may_knock(number) for number in (1, 2, 3)] == [True, True, True]


@pytest.mark.parametrize("ending", [Ending.LOST, Ending.ALREADY_BOUND])
def test_another_one_asks_when_the_first_found_nothing_out(knocks, ending):
    knocks.begins(1)
    knocks.ended(1, ending)
    assert knocks.may_knock(2)


def test_the_one_that_is_refused_asks_alone_until_it_is_bound(knocks):
    knocks.begins(1)
    knocks.ended(1, Ending.MISCONFIGURED)
    assert [knocks.may_knock(number) for number in (1, 2)] == [True, False]
    knocks.begins(1)
    knocks.is_bound(1)
    assert knocks.may_knock(2)


def test_the_one_that_is_refused_keeps_its_turn_when_it_cannot_connect_in_between(knocks):
    knocks.begins(1)
    knocks.ended(1, Ending.MISCONFIGURED)
    knocks.begins(1)
    knocks.ended(1, Ending.LOST)
    assert not knocks.may_knock(2), "it would begin with the shortest pause"


def test_a_refusal_while_others_are_bound_stops_nobody(knocks):
    """A carrier that takes two binds and refuses the third."""
    knocks.is_bound(1)
    knocks.begins(3)
    knocks.ended(3, Ending.MISCONFIGURED)
    assert knocks.may_knock(2)
    knocks.ended(1, Ending.LOST)
    assert knocks.may_knock(2)


def test_refused_at_once_only_the_first_goes_on_asking(knocks):
    knocks.is_bound(1)
    knocks.begins(2)
    knocks.begins(3)
    knocks.ended(1, Ending.LOST)
    knocks.ended(2, Ending.MISCONFIGURED)
    knocks.ended(3, Ending.MISCONFIGURED)
    assert [knocks.may_knock(number) for number in (1, 2, 3)] == [False, True, False]
