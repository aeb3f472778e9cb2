"""The errors of delivery reports in words, and a carrier's own before the networks'."""

import pytest

from staffetta.smpp.network_errors import (
    NETWORK_ERRORS,
    REASONS,
    ErrorReason,
    error_code,
    error_meaning,
)


def test_every_reason_has_words_and_every_error_a_reason() -> None:
    assert set(REASONS) == set(ErrorReason)
    assert {one.reason for one in NETWORK_ERRORS.values()} <= set(REASONS)
    assert all(code == one.code for code, one in NETWORK_ERRORS.items())
    assert len({one.name for one in NETWORK_ERRORS.values()}) == len(NETWORK_ERRORS)


@pytest.mark.parametrize("error", ["6", "06", "006", "0006"])
def test_zeros_in_front_change_nothing(error: str) -> None:
    meaning = error_meaning(error, {})
    assert meaning is not None
    assert (meaning.reason, meaning.is_own) == (ErrorReason.OUT_OF_REACH, False)


@pytest.mark.parametrize(
    ("error", "key"),
    [("0375", "375"), ("1F", "1f"), ("0x1F", "0x1f"), ("0000", "0"), ("E-7", "e-7")],
)
def test_an_operators_word_goes_before_the_networks(error: str, key: str) -> None:
    assert error_code(error) == key
    meaning = error_meaning(error, {key: ErrorReason.BLOCKLISTED})
    assert meaning is not None
    assert (meaning.reason, meaning.is_own) == (ErrorReason.BLOCKLISTED, True)
    assert meaning.words == REASONS[ErrorReason.BLOCKLISTED].words


@pytest.mark.parametrize("error", ["", "999", "9" * 40, "1F", "\u0664", "what"])
def test_what_nobody_knows_has_no_words(error: str) -> None:
    assert error_meaning(error, {}) is None
