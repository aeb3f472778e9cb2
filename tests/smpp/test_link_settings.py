"""The settings of a connector, read from its row."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from staffetta.connectors.smpp.options import OPTIONS, settings_of
from staffetta.connectors.smpp.settings import InvalidSmppSettings, SmppSettings, Validity
from staffetta.smpp.message_ids import IdForm
from staffetta.smpp.network_errors import ErrorReason
from staffetta.smpp.statuses import StatusClass
from staffetta.smpp.timings import Timings

ROW = {
    "id": 3,
    "name": "carrier",
    "host": "smsc.example.com",
    "port": 2775,
    "system_id": "esme",
    "window_max": 10,
    "rate_per_second": 10,
    "link_count": 1,
    "settings": {},
}


def read(**settings: object) -> SmppSettings:
    return settings_of({**ROW, "settings": settings}, "secret")


def test_a_row_without_settings_has_the_defaults():
    assert settings_of(ROW, "secret") == SmppSettings(
        connector_id=3,
        name="carrier",
        host="smsc.example.com",
        port=2775,
        system_id="esme",
        password="secret",
    )


def test_a_password_is_not_shown():
    assert "secret" not in repr(read())


def test_the_installation_sets_timings_and_a_row_overrides_them():
    defaults = Timings(response_seconds=10.0, bind_seconds=3.0)
    settings = settings_of({**ROW, "settings": {"response_seconds": 2}}, "", defaults)
    assert (settings.timings.response_seconds, settings.timings.bind_seconds) == (2.0, 3.0)


def test_each_setting_reaches_its_place():
    settings = read(
        enquire_seconds=5,
        reconnect_seconds_max=30,
        short_code_numbering=[6, 0],
        gsm7_flash_data_coding=16,
        submit_ids="hexadecimal",
        validity="relative",
        report_zone="Europe/Rome",
        status_classes={"0x45": "permanent", "1033": "throttle"},
        error_meanings={"0375": "blocklisted", "0x1F": "out_of_reach"},
        unknown_is_final=True,
    )
    assert settings.timings.enquire_idle_seconds == 5.0
    assert settings.pauses.reconnect.seconds_max == 30.0
    assert settings.addresses.short_code == (6, 0)
    assert settings.codings.gsm7_flash == 16
    assert settings.submit_ids is IdForm.HEXADECIMAL
    assert settings.validity is Validity.RELATIVE
    assert settings.report_zone == ZoneInfo("Europe/Rome")
    assert settings.status_classes == {0x45: StatusClass.PERMANENT, 1033: StatusClass.THROTTLE}
    assert settings.error_meanings == {
        "375": ErrorReason.BLOCKLISTED,
        "0x1f": ErrorReason.OUT_OF_REACH,
    }
    assert (settings.unknown_is_final, settings.accepted_is_final) == (True, False)
    assert datetime(2026, 7, 1, tzinfo=settings.report_zone).astimezone(UTC).hour == 22


WRONG = {
    "response_seconds": [0, -1, "5", True, None, float("nan"), 1e9],
    "gsm7_data_coding": [-1, 256, 1.5, "0"],
    "system_type": ["thirteen-char", "é", 5, "a\0"],
    "sniffs_reports": [1, "yes", None],
    "submit_ids": ["hex", 1, None],
    "report_ids": ["hex", 1, None],
    "accepted_is_final": [1, "yes", None],
    "error_meanings": [
        *([], {"375": "no"}, {"": "barred"}, {"3 7": "barred"}, {"9" * 21: "barred"}),
        {str(number): "barred" for number in range(1001)},
    ],
    "validity": ["never"],
    "international_numbering": [1, [1], [1, 1, 1], [1, 300], "1/1"],
    "report_zone": ["Mars/Olympus", 5, "", "../etc/passwd"],
    "status_classes": [[], {"x": "permanent"}, {"0x45": "no"}, {"0": "permanent"}],
}


def test_how_reports_spell_ids_is_left_open_unless_it_is_set():
    assert read().report_ids is None
    assert read(report_ids="as_is").report_ids is IdForm.AS_IS


@pytest.mark.parametrize(("key", "value"), [(key, one) for key in WRONG for one in WRONG[key]])
def test_a_wrong_value_is_refused_by_name(key, value):
    with pytest.raises(InvalidSmppSettings, match=f"connector carrier: {key} "):
        read(**{key: value})


def test_an_unknown_setting_is_refused_with_the_known_ones():
    with pytest.raises(InvalidSmppSettings, match="no setting 'respons_seconds'") as refusal:
        read(respons_seconds=5)
    assert all(name in str(refusal.value) for name in OPTIONS)
