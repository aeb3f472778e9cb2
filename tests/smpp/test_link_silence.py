"""Segments without an answer: which of them say that the carrier answers none any more."""

from staffetta.connectors.smpp.silence import Silence, Timeout


def test_ten_in_a_row_with_no_answer_between_mean_that_it_is_deaf():
    silence = Silence(500)
    found = [silence.timed_out(0) for _ in range(10)]
    assert found == [Timeout.ALONE] * 9 + [Timeout.DEAF]


def test_a_small_window_needs_three():
    silence = Silence(1)
    assert [silence.timed_out(0) for _ in range(3)] == [Timeout.ALONE] * 2 + [Timeout.DEAF]


def test_one_that_others_passed_says_nothing_and_begins_the_count_anew():
    silence = Silence(10)
    silence.last_answered = 7
    for _ in range(9):
        assert silence.timed_out(7) is Timeout.ALONE
    silence.last_answered = 8
    assert silence.timed_out(7) is Timeout.PASSED_OVER
    assert silence.timed_out(8) is Timeout.ALONE
