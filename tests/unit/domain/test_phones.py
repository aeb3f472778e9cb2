"""Recipients: which texts are mobile numbers, of which country, and what a refusal says."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from staffetta.domain.environments import Market
from staffetta.domain.errors import InvalidRecipient, WrongCountry
from staffetta.domain.phones import Phone, parse_mobile, require_country, warm_up

E164 = PhoneNumberFormat.E164
MOBILE_TYPES = {
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
    PhoneNumberType.PERSONAL_NUMBER,
}


@pytest.mark.parametrize(
    ("raw", "country", "calling_code"),
    [
        ("+393331234567", "IT", "39"),
        ("+34612345678", "ES", "34"),
        ("+33612345678", "FR", "33"),
        ("+12015550123", "US", "1"),  # fixed line or mobile
        ("+447400123456", "GB", "44"),
        ("+37866661212", "SM", "378"),
        ("+881612345678", "001", "881"),  # satellite: of no country
    ],
)
def test_a_mobile_number_knows_its_country(raw: str, country: str, calling_code: str):
    assert parse_mobile(raw) == Phone(raw, country, calling_code)


def test_a_trunk_zero_after_the_calling_code_is_dropped():
    assert parse_mobile("+4407400123456").e164 == "+447400123456"


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("", "is empty"),
        ("393331234567", "does not begin with a plus"),
        ("00393331234567", "does not begin with a plus"),
        (" +393331234567", "does not begin with a plus"),
        ("+39-3331234567", "only digits"),
        ("+39 333 1234567", "only digits"),
        ("+393331234567\n", "only digits"),
        ("+39333123456७", "only digits"),
        ("+393331234567;ext=5", "only digits"),
        ("+", "only digits"),
        ("+39333123456789012", "17 digits"),
        ("+999123456789", "calling code"),
        ("+0393331234567", "calling code"),
        ("+3933312", "not a valid phone number"),
        ("+393331234567890", "not a valid phone number"),
        ("+390612345678", "not a mobile one"),
        ("+34911234567", "not a mobile one"),
        ("+39800123456", "not a mobile one"),  # toll-free
    ],
)
def test_anything_else_is_refused_with_its_reason(raw: str, says: str):
    with pytest.raises(InvalidRecipient, match=says):
        parse_mobile(raw)


@given(st.text() | st.from_regex(r"\+[0-9]{0,17}", fullmatch=True))
def test_reading_never_fails_otherwise(raw: str):
    try:
        phone = parse_mobile(raw)
    except InvalidRecipient:
        return
    assert parse_mobile(phone.e164) == phone


@pytest.mark.parametrize(
    ("raw", "market"),
    [
        ("+393331234567", Market.ITALY),
        ("+34612345678", Market.SPAIN),
        ("+393331234567", Market.WORLD),
        ("+33612345678", Market.WORLD),
    ],
)
def test_a_market_takes_its_own_numbers(raw: str, market: Market):
    require_country(parse_mobile(raw), market)


@pytest.mark.parametrize(
    ("raw", "market", "name"),
    [
        ("+34612345678", Market.ITALY, "Italy"),
        ("+393331234567", Market.SPAIN, "Spain"),
        ("+37866661212", Market.ITALY, "Italy"),  # San Marino
        ("+33612345678", Market.SPAIN, "Spain"),
    ],
)
def test_a_market_refuses_the_numbers_of_others(raw: str, market: Market, name: str):
    with pytest.raises(WrongCountry, match=f"not a number of {name}"):
        require_country(parse_mobile(raw), market)


@pytest.mark.parametrize("ending", range(9901, 9910))
@pytest.mark.parametrize("prefix", ["+39333123", "+39347000", "+3461234", "+3361234", "+120155"])
def test_the_endings_of_the_simulated_network_are_valid_numbers(prefix: str, ending: int):
    padding = "5" if prefix == "+120155" else ""
    assert parse_mobile(f"{prefix}{padding}{ending}").e164.endswith(str(ending))


CALLING_CODES = st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE))


@given(CALLING_CODES.map(str) | st.just("0"), st.from_regex(r"[0-9]{3,12}", fullmatch=True))
def test_what_is_read_is_what_libphonenumber_reads(calling_code: str, national: str):
    raw = f"+{calling_code}{national}"[:16]
    try:
        number = phonenumbers.parse(raw)
    except phonenumbers.NumberParseException:
        number = phonenumbers.PhoneNumber()
    try:
        e164 = parse_mobile(raw).e164
    except InvalidRecipient:
        e164 = None
    mobile = phonenumbers.number_type(number) in MOBILE_TYPES
    assert e164 == (phonenumbers.format_number(number, E164) if mobile else None)


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_the_example_number_of_every_country_is_read(region: str):
    example = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    if example is not None and phonenumbers.number_type(example) in MOBILE_TYPES:
        raw = phonenumbers.format_number(example, E164)
        assert parse_mobile(raw).e164 == raw


def test_warming_up_takes_any_country():
    warm_up(["IT", "ES", "001", "ZZ"])
