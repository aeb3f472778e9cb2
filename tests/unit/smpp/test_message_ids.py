"""Message ids as carriers spell them: one key for a submission, every reading for a report."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.smpp.message_ids import (
    IdForm,
    Source,
    Spelling,
    Way,
    candidate_keys,
    key_by,
    message_id_key,
    reading_named,
    way_named,
)

UUID = "0f3c2f4e-52a4-4a3f-9d5e-0d6b3b8e7b21"

# The id in an answer, the id in its report, and the reading that makes them one.
SPELLED = {
    "as it was": ("42", "42", Spelling.SAME),
    "zeros in front of a number": ("42", "0000000042", Spelling.SAME),
    "zeros in front of hexadecimal": ("0a17", "0000000A17", Spelling.SAME),
    "zeros of the answer gone": ("00000a17", "a17", Spelling.SAME),
    "letters of the other case": ("33e95179", "33E95179", Spelling.SAME),
    "a NUL and blanks": ("42 ", " 42\0\0", Spelling.SAME),
    "a UUID in capitals": (UUID, UUID.upper(), Spelling.SAME),
    "a UUID without dashes": (UUID, UUID.replace("-", ""), Spelling.SAME),
    "a UUID that lost its first zero": (UUID, UUID.replace("-", "")[1:], Spelling.SAME),
    "a prefix of hexadecimal": ("0x33E95179", "33e95179", Spelling.SAME),
    "other letters": ("Kx9_z", "Kx9_z", Spelling.SAME),
    "decimal of hexadecimal": ("33E95179", "0870928761", Spelling.DECIMAL),
    "decimal of hexadecimal with zeros": ("000000000000ff", "255", Spelling.DECIMAL),
    "decimal of digits that are hexadecimal": ("16", "22", Spelling.DECIMAL),
    "hexadecimal of decimal": ("870928761", "33E95179", Spelling.HEXADECIMAL),
    "hexadecimal of decimal, all digits": ("22", "16", Spelling.HEXADECIMAL),
    "64 bits": ("8fffffffffffffff", str(0x8FFFFFFFFFFFFFFF), Spelling.DECIMAL),
    "64 bits with a sign, far below": ("8000000000000001", str(1 - 2**63), Spelling.DECIMAL),
    "32 bits with a sign": ("ffff0001", "-65535", Spelling.DECIMAL),
    "a sign in the answer, none in the report": ("-65535", str(2**32 - 65535), Spelling.SAME),
    "a sign in the report, none in the answer": (str(2**63 + 5), str(5 - 2**63), Spelling.SAME),
    "a sign in the answer, hexadecimal in the report": (
        str(5 - 2**63),
        "8000000000000005",
        Spelling.HEXADECIMAL,
    ),
}


@pytest.mark.parametrize("name", SPELLED)
def test_an_id_is_known_however_its_report_spells_it(name):
    answered, reported, spelling = SPELLED[name]
    keys = candidate_keys(reported)
    found = {way.spelling for way, key in keys.items() if key == message_id_key(answered)}
    assert found == {spelling}


def test_a_number_of_one_digit_tells_no_spelling():
    assert set(candidate_keys("7").values()) == {"7"}


def test_sixteen_is_a_decimal_and_the_hexadecimal_of_twenty_two():
    keys = candidate_keys("16")
    assert keys[Way(Source.TLV, Spelling.SAME)] == "16"
    assert keys[Way(Source.TLV, Spelling.DECIMAL)] == "10"
    assert keys[Way(Source.TLV, Spelling.HEXADECIMAL)] == "22"


def test_both_ids_of_a_report_are_candidates_and_the_likeliest_is_first():
    keys = candidate_keys("33E95179", "0870928761")
    assert next(iter(keys)) == Way(Source.TLV, Spelling.SAME)
    assert keys[Way(Source.TLV, Spelling.SAME)] == "33e95179"
    assert keys[Way(Source.TEXT, Spelling.SAME)] == "870928761"
    assert keys[Way(Source.TEXT, Spelling.DECIMAL)] == "33e95179"


def test_a_form_that_an_operator_set_leaves_one_reading_of_each_id():
    keys = candidate_keys("16", "22", IdForm.HEXADECIMAL)
    assert keys == {
        Way(Source.TLV, Spelling.SET): "22",
        Way(Source.TEXT, Spelling.SET): "34",
    }


def test_keys_of_older_versions_are_found_too():
    assert candidate_keys("00AB")[Way(Source.TLV, Spelling.OLDER)] == "00ab"
    assert candidate_keys(UUID)[Way(Source.TLV, Spelling.OLDER)] == UUID
    assert candidate_keys("00AB", form=IdForm.AS_IS)[Way(Source.TLV, Spelling.OLDER)] == "00ab"
    assert Way(Source.TLV, Spelling.OLDER) not in candidate_keys("42")


@pytest.mark.parametrize(
    ("way", "key"),
    [
        (Way(Source.TLV, Spelling.SAME), "ff"),
        (Way(Source.TLV, Spelling.HEXADECIMAL), "255"),
        (Way(Source.TEXT, Spelling.DECIMAL), "64"),
        (Way(Source.TLV, Spelling.DECIMAL), "ff"),  # no decimal number: as it stands
    ],
)
def test_a_known_way_gives_one_key(way, key):
    assert key_by(way, "00FF", "100") == key


def test_a_report_with_one_id_is_read_there_wherever_the_id_used_to_be():
    assert key_by(Way(Source.TEXT, Spelling.DECIMAL), "100") == "64"


@pytest.mark.parametrize("source", Source)
@pytest.mark.parametrize("spelling", Spelling)
def test_a_way_is_kept_by_its_name(source, spelling):
    way = Way(source, spelling)
    assert way_named(way.name) == way


@pytest.mark.parametrize("name", ["", "tlv", "tlv/octal", "nowhere/same"])
def test_a_name_that_nobody_knows_is_no_way(name):
    assert way_named(name) is None


@pytest.mark.parametrize(
    "name", ["", "tlv/same", "text/decimal", "tlv/same text/decimal", "tlv/set text/set"]
)
def test_a_reading_is_kept_by_its_name(name):
    assert reading_named(name).name == name


def test_of_a_reading_what_nobody_knows_is_left_out():
    assert reading_named("tlv/octal text/same").name == "text/same"


@given(st.text(max_size=100), st.text(max_size=100), st.sampled_from([None, *IdForm]))
def test_no_id_raises_and_a_key_is_its_own_key(tlv_id, text_id, form):
    for key in candidate_keys(tlv_id, text_id, form).values():
        assert key
    assert message_id_key(message_id_key(tlv_id)) == message_id_key(tlv_id)


@given(st.integers(min_value=0, max_value=2**64 - 1))
def test_every_number_is_found_both_ways(number):
    in_decimal, in_hexadecimal = str(number), f"{number:X}"
    assert message_id_key(in_hexadecimal) in candidate_keys(in_decimal).values()
    assert message_id_key(in_decimal) in candidate_keys(in_hexadecimal).values()
