"""Out of credit: nothing goes but one message now and then, until one is accepted."""

import pytest

from staffetta.connectors.smpp.credit import Credit, CreditProbes


@pytest.fixture
def credit():
    return Credit(CreditProbes())


def probe(credit, now):
    assert credit.may_write(now)
    segment = object()
    credit.wrote(segment)
    return segment


def test_with_credit_everything_goes(credit):
    assert credit.may_write(0.0)
    assert not credit.is_shut(0.0)
    assert not credit.accepted(object())


def test_a_refusal_shuts_it_for_a_minute_and_the_rest_of_the_window_is_no_news(credit):
    assert credit.refused(object(), 10.0)
    assert not credit.refused(object(), 10.1)
    assert credit.is_shut(69.9)
    assert not credit.may_write(69.9)
    assert credit.may_write(70.0)


def test_one_message_alone_tries(credit):
    credit.refused(object(), 0.0)
    probe(credit, 60.0)
    assert not credit.may_write(61.0)
    assert not credit.is_shut(61.0)


def test_the_pauses_double_to_a_quarter_of_an_hour(credit):
    now, pauses = 0.0, []
    credit.refused(object(), now)
    for _ in range(6):
        pauses.append(credit.next_probe_at - now)
        now = credit.next_probe_at
        assert credit.refused(probe(credit, now), now)
    assert pauses == [60.0, 120.0, 240.0, 480.0, 900.0, 900.0]


def test_an_accepted_try_ends_it_and_the_next_time_begins_anew(credit):
    credit.refused(object(), 0.0)
    credit.refused(probe(credit, 60.0), 60.0)
    assert credit.accepted(probe(credit, 180.0))
    assert credit.may_write(180.0)
    credit.refused(object(), 200.0)
    assert credit.next_probe_at == 260.0


def test_what_was_under_way_before_proves_nothing(credit):
    credit.refused(object(), 0.0)
    assert not credit.accepted(object())
    assert credit.is_out


def test_a_try_without_a_clear_answer_is_repeated(credit):
    credit.refused(object(), 0.0)
    credit.unclear(probe(credit, 60.0), 90.0)
    assert credit.is_shut(149.0)
    assert credit.may_write(150.0)


def test_what_becomes_of_other_segments_says_nothing_of_the_one_that_tries(credit):
    credit.refused(object(), 0.0)
    trying, before = probe(credit, 60.0), object()
    credit.unclear(before, 61.0)
    assert not credit.refused(before, 62.0)
    assert not credit.accepted(before)
    assert credit.is_probing
    assert credit.accepted(trying)
