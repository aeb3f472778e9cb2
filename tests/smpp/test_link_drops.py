"""Connections that a carrier ends: by chance, or because the link was too fast."""

import pytest

from staffetta.connectors.smpp.drops import Drops


@pytest.fixture
def drops():
    return Drops()


def cut(drops, now, idle_seconds=0.1, by_carrier=True):
    return drops.ended(by_carrier=by_carrier, idle_seconds=idle_seconds, now=now)


def test_once_is_chance(drops):
    assert not cut(drops, 0.0)


def test_again_right_behind_a_burst_is_not(drops):
    assert [cut(drops, now) for now in (0.0, 20.0, 60.0)] == [False, True, True]


def test_the_end_of_a_quiet_link_says_nothing(drops):
    assert [cut(drops, now, idle_seconds=30.0) for now in (0.0, 20.0)] == [False, False]


def test_a_quiet_end_between_two_begins_anew(drops):
    cut(drops, 0.0)
    cut(drops, 10.0, idle_seconds=30.0)
    assert not cut(drops, 20.0)


def test_what_this_end_ended_says_nothing(drops):
    assert [cut(drops, now, by_carrier=False) for now in (0.0, 20.0)] == [False, False]


def test_two_on_different_days_are_chance(drops):
    cut(drops, 0.0)
    assert not cut(drops, 86_400.0)
