"""What an attempt's outcome means."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis.strategies import floats, integers, text

from staffetta.callbacks.outcomes import (
    ANSWER_CHARACTERS_MAX,
    RETRY_AFTER_MAX,
    Answered,
    Dead,
    Delivered,
    Ended,
    NoAnswer,
    TryAgain,
    answer_text,
    decide,
    failure_words,
    is_outage,
    retry_after,
)

_NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


def _answered(status: int, retry_after: str | None = None) -> Answered:
    return Answered(status, retry_after, "")


@pytest.mark.parametrize("status", [200, 201, 202, 204, 226, 299])
def test_any_2xx_is_delivered(status: int) -> None:
    assert decide(_answered(status), 1, 0, _NOW, 0.5) == Delivered()


def test_410_ends_it_whatever_repeats_are_left() -> None:
    assert decide(_answered(410), 1, 5, _NOW, 0.5) == Ended()


@pytest.mark.parametrize(
    "outcome",
    [_answered(status) for status in (301, 302, 307, 400, 401, 404, 429, 500, 503)]
    + [NoAnswer("no answer within 30 s")],
)
def test_anything_else_is_repeated_until_the_repeats_are_used_up(
    outcome: Answered | NoAnswer,
) -> None:
    assert isinstance(decide(outcome, 1, 1, _NOW, 0.0), TryAgain)
    assert decide(outcome, 2, 1, _NOW, 0.0) == Dead()
    assert decide(outcome, 1, 0, _NOW, 0.0) == Dead()


@pytest.mark.parametrize(("tries", "minutes"), [(1, 1), (2, 5), (3, 25), (4, 125), (5, 625)])
def test_each_repeat_waits_five_times_as_long(tries: int, minutes: int) -> None:
    assert decide(_answered(500), tries, 5, _NOW, 0.0) == TryAgain(_NOW + minutes * _MINUTE)


@given(chance=floats(0, 1), tries=integers(1, 5))
def test_jitter_only_adds_and_at_most_a_fifth(chance: float, tries: int) -> None:
    earliest = _NOW + 5 ** (tries - 1) * _MINUTE

    decision = decide(_answered(500), tries, 5, _NOW, chance)

    assert isinstance(decision, TryAgain)
    assert earliest <= decision.at <= earliest + 5 ** (tries - 1) * _MINUTE / 5


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("0", 0),
        ("120", 120),
        (" 120 ", 120),
        ("-5", 0),
        ("1.5", 0),
        ("soon", 0),
        ("²", 0),
        ("9" * 40, RETRY_AFTER_MAX.total_seconds()),
        ("Sat, 14 Mar 2026 09:36:53 GMT", 600),
        ("Sat, 14 Mar 2026 09:16:53 GMT", 0),
        ("Fri, 14 Mar 2036 09:26:53 GMT", RETRY_AFTER_MAX.total_seconds()),
        ("Sat, 14 Mar 2026 09:36:53 -0000", 600),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float) -> None:
    assert retry_after(value, _NOW) == timedelta(seconds=seconds)


@given(text())
def test_no_retry_after_can_break_anything(value: str) -> None:
    assert timedelta(0) <= retry_after(value, _NOW) <= RETRY_AFTER_MAX


def test_retry_after_puts_a_repeat_off_and_never_brings_it_forward() -> None:
    assert decide(_answered(503, "600"), 1, 5, _NOW, 0.0) == TryAgain(_NOW + 10 * _MINUTE)
    assert decide(_answered(503, "5"), 1, 5, _NOW, 0.0) == TryAgain(_NOW + _MINUTE)


@pytest.mark.parametrize(
    ("outcome", "is_down"),
    [
        (NoAnswer("x"), True),
        (_answered(500), True),
        (_answered(503), True),
        (_answered(200), False),
        (_answered(302), False),
        (_answered(404), False),
        (_answered(429), False),
    ],
)
def test_only_silence_and_server_faults_say_that_a_host_is_down(
    outcome: Answered | NoAnswer, *, is_down: bool
) -> None:
    assert is_outage(outcome) is is_down


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (_answered(200), ""),
        (_answered(404), "answered 404"),
        (_answered(302), "answered 302: redirects are not followed"),
        (_answered(410), "answered 410: the receiver wants no more of it"),
        (NoAnswer("no\x00 answer"), "no� answer"),
    ],
)
def test_a_failure_is_put_into_words(outcome: Answered | NoAnswer, words: str) -> None:
    assert failure_words(outcome) == words


def test_an_answer_is_recorded_as_text_that_steers_no_terminal() -> None:
    assert answer_text(b"a\x00b\x1b[0m\r\n\tc\xff\xc3\xa4") == "a�b�[0m�\n\tc�ä"
    assert answer_text(b"x" * 5000) == "x" * ANSWER_CHARACTERS_MAX
