"""How many reports must agree before a carrier's spelling is known."""

from staffetta.messaging.evidence import AGREEING_MIN, Evidence
from staffetta.smpp.message_ids import Source, Spelling, Way

TLV, TEXT = Source.TLV, Source.TEXT


def ways(*spellings, sources=(TLV, TEXT)):
    return [Way(source, spelling) for spelling in spellings for source in sources]


def seen(*reports):
    evidence = Evidence()
    for one in reports:
        evidence = evidence.and_also(one)
    return evidence


def test_a_few_that_agree_decide():
    evidence = seen(*[ways(Spelling.DECIMAL)] * (AGREEING_MIN - 1))
    assert evidence.decided is None
    assert evidence.and_also(ways(Spelling.DECIMAL)).decided == Way(TLV, Spelling.DECIMAL)


def test_digits_that_fit_two_spellings_decide_nothing_until_one_fits_alone():
    evidence = seen(*[ways(Spelling.SAME, Spelling.DECIMAL)] * 20)
    assert evidence.decided is None
    assert evidence.and_also(ways(Spelling.DECIMAL)).decided == Way(TLV, Spelling.DECIMAL)


def test_one_that_contradicts_begins_anew():
    evidence = seen(*[ways(Spelling.DECIMAL)] * (AGREEING_MIN - 1), ways(Spelling.SAME))
    assert (evidence.count, evidence.decided) == (1, None)


def test_the_source_that_always_led_there_is_the_one():
    both, text = ways(Spelling.SAME), ways(Spelling.SAME, sources=[TEXT])
    assert seen(*[both] * AGREEING_MIN, text).decided == Way(TEXT, Spelling.SAME)


def test_keys_of_an_older_version_show_nothing():
    assert seen(*[ways(Spelling.OLDER)] * 20) == Evidence()
