"""Which submission a report means, while nobody knows how its carrier spells ids."""

import pytest

from staffetta.messaging.choose import Candidate, Naming, choose, choose_known, is_telling, names

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
    assert choose_known([], TO_ANNA, "16") is None


def test_the_number_of_the_messages_sender_names_nobody():
    assert names(["390612345", ""], ANNA, "390612345") is Naming.SILENT
    assert names(["390612345", "393339999999"], ANNA, "390612345") is Naming.OTHERS
    assert names([ANNA], ANNA, ANNA) is Naming.NAMED


def test_by_another_key_than_the_known_one_it_is_named_or_the_only_one():
    def chosen(one, addresses):
        return choose_known([one], addresses, "16")

    assert chosen(found("10"), TO_ANNA).key == "10"
    assert chosen(found("10"), NOBODY) is None
    assert chosen(found("33e95179"), TO_BERTA) is None
    assert chosen(found("33e95179"), NOBODY).key == "33e95179"
    assert chosen(found("33e95179", is_reported=True), NOBODY) is None
    assert chosen(found("10", is_reported=True), TO_ANNA) is None


def test_of_two_that_nobody_is_named_for_neither_is_meant():
    assert choose_known([found("33e95179"), found("33e95180")], NOBODY, "16") is None


def test_a_short_known_id_is_nobodys_whom_the_report_does_not_name():
    assert choose_known([found("16")], TO_BERTA, "16") is None
    assert choose_known([found("16")], TO_ANNA, "16").key == "16"
    assert choose_known([found("16")], NOBODY, "16").key == "16"
    assert choose_known([found("33e95179")], TO_BERTA, "33e95179").key == "33e95179"


def test_of_a_short_id_used_again_the_named_recipients_message_is_meant():
    newest, older = found("16", BERTA), found("16", ANNA)
    assert choose_known([newest, older], TO_ANNA, "16") is older
    assert choose_known([newest, older], NOBODY, "16") is newest


def test_what_has_its_report_is_meant_only_when_nothing_else_is():
    reported, waiting = found("33e95179", is_reported=True), found("33e95180")
    assert choose_known([reported], NOBODY, "33e95179") is reported
    assert choose_known([reported, waiting], NOBODY, "33e95179") is waiting


def test_what_only_reads_like_a_report_must_name_its_recipient():
    one = [found("33e95179")]
    assert choose(one, NOBODY, must_name=True) is None
    assert choose(one, TO_ANNA, must_name=True) is one[0]
    assert choose_known(one, TO_BERTA, "33e95179", must_name=True) is None
    assert choose_known(one, TO_ANNA, "33e95179", must_name=True) is one[0]
    assert choose_known(one, NOBODY, "16", must_name=True) is None
