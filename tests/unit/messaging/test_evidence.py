"""How many reports must agree before a carrier's spelling is known."""

from staffetta.messaging.evidence import AGREEING_MIN, Evidence
from staffetta.smpp.message_ids import Spelling

SAME, DECIMAL = {Spelling.SAME}, {Spelling.DECIMAL}


def seen(*reports):
    evidence = Evidence()
    for one in reports:
        evidence = evidence.and_also(one)
    return evidence


def test_a_few_that_agree_decide():
    evidence = seen(*[DECIMAL] * (AGREEING_MIN - 1))
    assert evidence.decided is None
    assert evidence.and_also(DECIMAL).decided is Spelling.DECIMAL


def test_digits_that_fit_two_spellings_decide_nothing_until_one_fits_alone():
    evidence = seen(*[SAME | DECIMAL] * 20)
    assert evidence.decided is None
    assert evidence.and_also(DECIMAL).decided is Spelling.DECIMAL


def test_one_that_contradicts_begins_anew():
    evidence = seen(*[DECIMAL] * (AGREEING_MIN - 1), SAME)
    assert (evidence.count, evidence.decided) == (1, None)


def test_keys_of_an_older_version_show_nothing():
    assert seen(*[{Spelling.OLDER}] * 20) == Evidence()
