"""The table of codes: every failure that a caller can act on has its place."""

import pytest

from staffetta.api.v2.errors import CODES, refusal
from staffetta.domain import errors

# No call of the API names a price that it agrees to: only the console does.
OF_THE_CONSOLE = {errors.PriceChanged}
LEAVES = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type)
    and issubclass(kind, errors.StaffettaError)
    and kind not in {errors.StaffettaError, errors.MessageRefused} | OF_THE_CONSOLE
]


@pytest.mark.parametrize("kind", LEAVES)
def test_every_domain_error_has_a_code(kind: type[errors.StaffettaError]):
    assert kind in CODES


def test_codes_stand_for_the_statuses_of_the_contract():
    assert {code: status for status, code in CODES.values()} == {
        1000: 400,
        1001: 422,
        1002: 422,
        1020: 422,
        1021: 422,
        1031: 422,
        2001: 402,
        2011: 422,
        2013: 422,
        2020: 403,
        2021: 422,
        2024: 422,
        2025: 422,
        2030: 422,
        2031: 422,
        2040: 422,
        2044: 422,  # and 2050, see below
        2060: 422,
        2070: 404,
        2074: 404,
        2073: 413,
        2075: 422,
        2080: 503,
        2081: 503,
    }


@pytest.mark.parametrize(("at_once", "code"), [(True, 2050), (False, 2044)])
def test_forbidden_words_have_a_code_of_their_own_where_they_are_charged_at_once(
    at_once: bool, code: int
):
    answer = refusal(errors.ForbiddenWords("no", charged_at_once=at_once))
    assert answer is not None
    assert (answer.status, answer.body) == (422, b'{"code":%d,"message":"no"}' % code)


def test_a_refusal_says_the_sentence_it_was_raised_with():
    answer = refusal(errors.CreditTooLow(60_000, 10_000, "0.06 needed, 0.01 available"))
    assert answer is not None
    assert answer.status == 402
    assert answer.body == b'{"code":2001,"message":"0.06 needed, 0.01 available"}'


def test_a_kind_of_a_known_error_is_known():
    class Narrower(errors.InvalidRecipient):
        pass

    answer = refusal(Narrower("no"))
    assert answer is not None
    assert answer.status == 422


def test_a_bug_is_nobodys_refusal():
    assert refusal(KeyError("x")) is None
