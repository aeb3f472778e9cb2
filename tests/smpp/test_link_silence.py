"""Segments without an answer: which of them say that the carrier answers none any more."""

from staffetta.connectors.smpp.silence import Silence, Timeout


def test_ten_in_a_row_with_no_answer_between_mean_that_it_is_deaf():
    silence = Silence()
    found = [silence.timed_out(0, 500) for _ in range(10)]
    assert found == [Timeout.ALONE] * 9 + [Timeout.DEAF]


def test_a_small_window_needs_three():
    silence = Silence()
    assert [silence.timed_out(0, 1) for _ in range(3)] == [Timeout.ALONE] * 2 + [Timeout.DEAF]


def test_one_that_others_passed_says_nothing_and_begins_the_count_anew():
    silence = Silence()
    silence.last_answered = 7
    for _ in range(9):
        assert silence.timed_out(7, 10) is Timeout.ALONE
    silence.last_answered = 8
    assert silence.timed_out(7, 10) is Timeout.PASSED_OVER
    assert silence.timed_out(8, 10) is Timeout.ALONE


def test_losses_with_answers_between_never_add_up():
    """A quiet link: one segment at a time, and now and then one that is never answered."""
    silence = Silence()
    for number in range(1, 50):
        silence.last_answered = number
        assert silence.timed_out(number, 10) is Timeout.ALONE


def test_a_window_that_shrank_needs_as_few_as_it_has_places():
    silence = Silence()
    assert [silence.timed_out(0, 500) for _ in range(3)] == [Timeout.ALONE] * 3
    assert silence.timed_out(0, 4) is Timeout.DEAF
