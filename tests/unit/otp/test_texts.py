"""Every country has a text, and every text is one segment."""

import unicodedata

import pytest
from otp_reference import known_countries, tables, written

from staffetta.domain.encodings import Encoding
from staffetta.domain.segments import segment_text
from staffetta.messaging.masked_codes import MASK, mask_code
from staffetta.otp.codes import LENGTH_MAX, LENGTH_MIN, make_code
from staffetta.otp.languages import CHOSEN, language_of
from staffetta.otp.texts import CODE, TEXTS, write_text

# All the rest is UCS-2, because the language cannot be written otherwise, or not well.
GSM_7 = frozenset(
    "bs da de en es et fi fr hr id it ms nb nl pl sl sr_Latn sv".split()  # noqa: SIM905 - a table
)
OF_THE_EUROPEAN_UNION = (
    "bg hr cs da nl en et fi fr de el hu ga it lv lt mt pl pt_PT ro sk sl es sv".split()  # noqa: SIM905
)


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("alphanumeric", [False, True])
def test_each_text_fits_one_segment_with_the_longest_code(
    language: str, alphanumeric: bool
) -> None:
    text = write_text(language, make_code(LENGTH_MAX, alphanumeric=alphanumeric))
    segmentation = segment_text(text)
    assert len(segmentation.parts) == 1
    assert segmentation.encoding == (Encoding.GSM_7 if language in GSM_7 else Encoding.UCS_2)


@pytest.mark.parametrize("language", TEXTS)
def test_each_text_has_one_place_for_a_code_and_nothing_that_looks_like_one(language: str) -> None:
    text = TEXTS[language]
    assert text.count(CODE) == 1
    around = text.replace(CODE, "")
    assert MASK not in around
    assert "{" not in around
    assert not any(character.isdigit() for character in around)
    assert around == around.strip()
    assert text == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("length", [LENGTH_MIN, LENGTH_MAX])
def test_each_text_hides_its_code_and_keeps_its_size(language: str, length: int) -> None:
    code = make_code(length, alphanumeric=True)
    text = write_text(language, code)
    masked = mask_code(text, code)
    assert code not in masked
    shown, real = segment_text(masked), segment_text(text)
    assert (shown.encoding, shown.characters_count) == (real.encoding, real.characters_count)


def test_every_country_has_a_language_with_a_text() -> None:
    countries = known_countries()
    assert len(countries) > 250
    assert {language_of(country) for country in countries} <= TEXTS.keys()


def test_all_languages_of_the_european_union_have_texts() -> None:
    assert len(OF_THE_EUROPEAN_UNION) == 24
    assert set(OF_THE_EUROPEAN_UNION) <= TEXTS.keys()


def test_no_text_but_the_irish_is_without_a_country() -> None:
    spoken = {language_of(country) for country in known_countries()}
    assert TEXTS.keys() - spoken == {"ga"}


@pytest.mark.parametrize(
    ("country", "language"),
    [
        ("IT", "it"),
        ("ES", "es"),
        ("FR", "fr"),
        ("DE", "de"),
        ("GB", "en"),
        ("CH", "de"),
        ("BE", "nl"),
        ("LU", "fr"),
        ("CY", "el"),
        ("MT", "mt"),
        ("IE", "en"),
        ("FI", "fi"),
        ("NO", "nb"),
        ("TR", "tr"),
        ("UA", "uk"),
        ("PT", "pt_PT"),
        ("AO", "pt_PT"),
        ("BR", "pt_BR"),
        ("SA", "ar"),
        ("EG", "ar"),
        ("MA", "ar"),
        ("SD", "ar"),
        ("CN", "zh_Hans"),
        ("TW", "zh_Hant"),
        ("HK", "zh_Hant"),
        ("MO", "zh_Hant"),
        ("SG", "en"),
        ("JP", "ja"),
        ("KR", "ko"),
        ("IN", "en"),
        ("RS", "sr_Latn"),
        ("BA", "bs"),
        ("PY", "es"),
        ("SN", "fr"),
        ("KE", "en"),
        ("001", "en"),
        ("XX", "en"),
        ("", "en"),
    ],
)
def test_a_country_reads(country: str, language: str) -> None:
    assert language_of(country) == language


def test_every_choice_of_ours_names_a_text_and_a_reason() -> None:
    for country, (language, reason) in CHOSEN.items():
        assert country in known_countries()
        assert language in TEXTS
        assert reason


def test_the_reference_shows_every_text_and_choice_as_it_is() -> None:
    assert written() == tables(), "run: python tests/support/otp_reference.py"
