"""The settings of a connector that say how its carrier wants texts."""

import pytest

from staffetta.connectors.smpp.options import settings_of
from staffetta.connectors.smpp.settings import Flash, InvalidSmppSettings, SmppSettings
from staffetta.domain.shift_tables import Language
from staffetta.domain.writing import Alphabet, LongMessages, ReportedParts, Transliteration

ROW = {
    "id": 3,
    "name": "carrier",
    "host": "smsc.example.com",
    "port": 2775,
    "system_id": "esme",
    "window_max": 10,
    "rate_per_second": 10,
    "link_count": 1,
}


def read(**settings: object) -> SmppSettings:
    return settings_of({**ROW, "settings": settings}, "secret")


def test_each_setting_reaches_its_place():
    settings = read(
        alphabet="latin1",
        septet_data_coding=241,
        long_messages="payload",
        payload_octets_max=900,
        shift_tables=["turkish", "spanish", "turkish"],
        transliterate="accents",
        registered_delivery_parts="last",
        flash="subunit",
        service_type="CMT",
        protocol_id=65,
        tlvs={"0x1400": "1201159", "0x1401": "0x31FF00", "0x1402": ""},
    )
    texts, fields = settings.texts, settings.fields
    assert (texts.alphabet, texts.septet_coding) == (Alphabet.LATIN_1, 241)
    assert (texts.long_messages, texts.payload_octets_max) == (LongMessages.PAYLOAD, 900)
    assert texts.languages == (Language.TURKISH, Language.SPANISH)
    assert texts.transliteration is Transliteration.ACCENTS
    assert texts.reported_parts is ReportedParts.LAST
    assert (fields.flash, fields.service_type, fields.protocol_id) == (Flash.SUBUNIT, "CMT", 65)
    assert fields.tlvs == ((0x1400, b"1201159"), (0x1401, b"1\xff\0"), (0x1402, b""))


WRONG = {
    "alphabet": ["utf8", None, 3],
    "septet_data_coding": [-1, 256, "241", True],
    "long_messages": ["udh", 8],
    "payload_octets_max": [159, 65_536, "900", True],
    "shift_tables": ["turkish", ["klingon"], ["default"], [1], [["turkish"]], {}],
    "transliterate": [True, "all"],
    "registered_delivery_parts": ["none"],
    "flash": ["loud"],
    "service_type": ["SIXTHS", "é"],
    "protocol_id": [256, "0"],
    "tlvs": [
        [],
        {"1400": "a"},
        {"0x14000": "a"},
        {"0x0000": "a"},
        {"0x0424": "a"},
        {"0x020C": "a"},
        {"0x0005": "a"},
        {"0x1400": "é"},
        {"0x1400": 5},
        {"0x1400": "a" * 256},
        {f"0x14{number:02X}": "a" for number in range(21)},
    ],
}


@pytest.mark.parametrize(("key", "value"), [(key, one) for key in WRONG for one in WRONG[key]])
def test_a_wrong_value_is_refused_by_name(key, value):
    with pytest.raises(InvalidSmppSettings, match=f"connector carrier: {key} "):
        read(**{key: value})


def test_tables_need_septets_to_stand_in():
    with pytest.raises(InvalidSmppSettings, match="shift_tables needs septets"):
        read(shift_tables=["turkish"], alphabet="latin1")
    settings = read(shift_tables=["turkish"], alphabet="latin1", septet_data_coding=241)
    assert settings.texts.takes_septets


def test_what_would_not_be_heeded_is_refused_and_the_right_setting_named():
    with pytest.raises(InvalidSmppSettings, match="septets go under gsm7_data_coding"):
        read(septet_data_coding=241)
    with pytest.raises(InvalidSmppSettings, match="payload_octets_max needs long_messages payload"):
        read(payload_octets_max=900, long_messages="sar")
    assert read(septet_data_coding=None).texts.septet_coding is None
