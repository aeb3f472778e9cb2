"""Which submission a report means, while nobody knows how its carrier spells ids."""

import pytest

from staffetta.messaging.choose import Candidate, Naming, choose, choose_named, is_telling, names

ANNA, BERTA = "+393331234567", "+393339999999"
TO_ANNA, TO_BERTA = ("393331234567", "ACME"), ("393339999999", "ACME")
NOBODY = ("", "")


def found(key, number=ANNA, *, is_reported=False):
    return Candidate(key, number, is_reported, None)


@pytest.mark.parametrize(
    "address",
    [
        "393331234567",
        "+393331234567",
        "00393331234567",
        "3331234567",
        "03331234567",
        "99939333-123 4567",
        "1234567",
    ],
)
def test_a_number_is_known_however_it_is_written(address):
    assert names([address], ANNA) is Naming.NAMED
    assert names([address], BERTA) is Naming.OTHERS


def test_the_addresses_may_be_swapped():
    assert names(["ACME", "393331234567"], ANNA) is Naming.NAMED
    assert names(["390612345", "393331234567"], ANNA) is Naming.NAMED


@pytest.mark.parametrize(
    "address", ["", "ACME", "12345", "393331xxx567", "\u0663\u0663\u0663\u0663\u0663\u0663"]
)
def test_what_is_no_number_says_nothing(address):
    assert names([address, ""], ANNA) is Naming.SILENT


def test_a_number_of_somebody_else_says_so():
    assert names(["ACME", "390612345"], ANNA) is Naming.OTHERS


def test_one_reading_that_finds_the_recipient_is_meant():
    assert choose([found("16")], TO_ANNA).key == "16"


def test_of_two_readings_the_destination_decides():
    candidates = [found("16", ANNA), found("10", BERTA)]
    assert choose(candidates, TO_ANNA).key == "16"
    assert choose(candidates, TO_BERTA).key == "10"


def test_two_readings_to_one_phone_are_not_decided():
    assert choose([found("16"), found("10")], TO_ANNA) is None


def test_of_two_readings_to_one_phone_the_one_that_waits_for_a_report_is_meant():
    assert choose([found("16", is_reported=True), found("10")], TO_ANNA).key == "10"


def test_a_second_report_meets_the_message_that_has_one():
    assert choose([found("16", is_reported=True)], TO_ANNA).is_reported


def test_two_readings_and_no_address_are_not_decided():
    assert choose([found("16"), found("10", BERTA)], NOBODY) is None


def test_one_reading_and_no_address_is_believed():
    assert choose([found("16")], NOBODY).key == "16"


def test_a_short_id_that_finds_another_recipient_is_not_believed():
    assert choose([found("16")], TO_BERTA) is None


def test_a_long_id_tells_by_itself():
    assert choose([found("33e95179")], TO_BERTA).key == "33e95179"


def test_of_one_id_used_again_the_newest_to_that_phone_is_meant():
    newest, older = found("16", BERTA), found("16", ANNA)
    assert choose([newest, older], TO_ANNA) is older


def test_only_a_named_recipient_or_a_long_id_teaches_anything():
    assert is_telling(found("16"), TO_ANNA)
    assert is_telling(found("33e95179"), NOBODY)
    assert not is_telling(found("16"), NOBODY)


def test_nothing_found_is_nothing_meant():
    assert choose([], TO_ANNA) is None
    assert choose_named([], TO_ANNA) is None


def test_against_a_known_spelling_only_the_named_recipient_counts():
    assert choose_named([found("10")], TO_ANNA).key == "10"
    assert choose_named([found("10")], NOBODY) is None
    assert choose_named([found("33e95179")], TO_BERTA) is None
    assert choose_named([found("10", is_reported=True)], TO_ANNA) is None
