"""What one SMPP connector is set to: a frozen value, read from its row once and checked.

Owns the keys of the row's settings. It reads no database; a wrong key or value is refused with a
sentence that names it, because a setting that is silently ignored costs messages.
"""

import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, TypeVar

from staffetta.connectors.smpp.backoff import Pauses
from staffetta.connectors.smpp.rate import Throttling
from staffetta.domain.errors import StaffettaError
from staffetta.smpp.addresses import AddressRules, Numbering
from staffetta.smpp.constants import DataCoding, RegisteredDelivery
from staffetta.smpp.message_ids import IdForm
from staffetta.smpp.statuses import StatusClass
from staffetta.smpp.timings import Timings

_SECONDS_MAX: Final = 86_400.0
_OCTET_MAX: Final = 0xFF
_STATUS_MAX: Final = 0xFFFF_FFFF
_NO_CLASSES: Final[Mapping[int, StatusClass]] = MappingProxyType({})
Choice = TypeVar("Choice", bound=StrEnum)


class InvalidSmppSettings(StaffettaError):
    """A connector's settings hold a key or a value that means nothing; the text names it."""


class Validity(StrEnum):
    """How a carrier is told when a message expires."""

    ABSOLUTE = "absolute"
    RELATIVE = "relative"
    NONE = "none"  # the carrier's own default


@dataclass(frozen=True, slots=True)
class Codings:
    """The data_coding of each kind of text (3.4 section 5.2.19)."""

    gsm7: int = DataCoding.SMSC_DEFAULT
    gsm7_flash: int = DataCoding.FLASH_DEFAULT
    ucs2: int = DataCoding.UCS2
    ucs2_flash: int = DataCoding.FLASH_UCS2


@dataclass(frozen=True, slots=True, kw_only=True)
class SmppSettings:
    """One connector. Rates are of the whole connector, windows of one link."""

    connector_id: int
    name: str
    host: str
    port: int
    system_id: str
    password: str = field(repr=False)
    window_max: int = 10
    rate_per_second: int = 10  # 0: unlimited
    link_count: int = 1
    system_type: str = ""
    address_range: str = ""
    timings: Timings = field(default_factory=Timings)
    pauses: Pauses = field(default_factory=Pauses)
    throttling: Throttling = field(default_factory=Throttling)
    addresses: AddressRules = field(default_factory=AddressRules)
    codings: Codings = Codings()
    submit_ids: IdForm = IdForm.AS_IS  # how submit_sm_resp writes ids
    report_ids: IdForm = IdForm.AS_IS  # how reports write them
    # Absolute by default: it is the same on every try and however long a segment waits for its
    # turn, it is what Kannel sends, and fewer carriers refuse it than the relative form.
    validity: Validity = Validity.ABSOLUTE
    registered_delivery: int = RegisteredDelivery.SUCCESS_AND_FAILURE
    sniffs_reports: bool = True  # reports that esm_class does not mark are known by their text
    report_zone: tzinfo = UTC  # of the dates in reports
    # The carrier's own meanings.
    status_classes: Mapping[int, StatusClass] = field(default_factory=lambda: _NO_CLASSES)


def settings_of(
    row: Mapping[str, Any], password: str, defaults: Timings | None = None
) -> SmppSettings:
    """The settings in a row of the table connector; raises InvalidSmppSettings.

    `password` is unsealed; `defaults` are the installation's timings, which the row may override.
    """
    settings = SmppSettings(
        connector_id=row["id"],
        name=row["name"],
        host=row["host"],
        port=row["port"],
        system_id=row["system_id"],
        password=password,
        window_max=row["window_max"],
        rate_per_second=row["rate_per_second"],
        link_count=row["link_count"],
        timings=defaults or Timings(),
    )
    for key, value in row["settings"].items():
        option = OPTIONS.get(key)
        if option is None:
            raise InvalidSmppSettings(
                f"connector {settings.name}: there is no setting {key!r};"
                f" the settings are {', '.join(sorted(OPTIONS))}"
            )
        try:
            settings = option(settings, value)
        except (TypeError, ValueError) as error:
            raise InvalidSmppSettings(f"connector {settings.name}: {key} {error}") from None
    return settings


Option = Callable[[SmppSettings, Any], SmppSettings]


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"is a number of seconds, not {value!r}")
    if not 0 < value <= _SECONDS_MAX:
        raise ValueError(f"is {value}: it lies above 0, up to {_SECONDS_MAX:.0f}")
    return float(value)


def _octet(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"is a number from 0 to {_OCTET_MAX}, not {value!r}")
    if not 0 <= value <= _OCTET_MAX:
        raise ValueError(f"is {value}: it lies between 0 and {_OCTET_MAX}")
    return value


def _text(octets_max: int) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or not value.isascii() or "\0" in value:
            raise TypeError(f"is a text in ASCII, not {value!r}")
        if len(value) > octets_max:
            raise ValueError(f"has {len(value)} characters: there is room for {octets_max}")
        return value

    return read


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"is true or false, not {value!r}")
    return value


def _one_of(choices: type[Choice]) -> Callable[[Any], Choice]:
    def read(value: Any) -> Choice:
        try:
            return choices(value)
        except ValueError:
            raise ValueError(f"is one of {', '.join(choices)}, not {value!r}") from None

    return read


def _numbering(value: Any) -> Numbering:
    if not isinstance(value, list) or len(value) != 2:
        raise TypeError(f"is [type of number, numbering plan] like [1, 1], not {value!r}")
    return Numbering(_octet(value[0]), _octet(value[1]))


def _zone(value: Any) -> tzinfo:
    try:
        return zoneinfo.ZoneInfo(value)
    except (TypeError, ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        raise ValueError(f"is a time zone like Europe/Rome, not {value!r}") from None


def _status_classes(value: Any) -> Mapping[int, StatusClass]:
    if not isinstance(value, dict):
        raise TypeError(f'is a table like {{"0x45": "permanent"}}, not {value!r}')
    read = _one_of(StatusClass)
    return MappingProxyType({_status(code): read(meaning) for code, meaning in value.items()})


def _status(code: str) -> int:
    try:
        number = int(code, 0)
    except ValueError:
        number = -1
    if not 0 < number <= _STATUS_MAX:
        raise ValueError(f'names a status like "0x45" or "69", not {code!r}')
    return number


def _plain(name: str, read: Callable[[Any], Any]) -> Option:
    return lambda settings, value: replace(settings, **{name: read(value)})


def _within(group: str, name: str, read: Callable[[Any], Any]) -> Option:
    def change(settings: SmppSettings, value: Any) -> SmppSettings:
        inner: Any = getattr(settings, group)
        return replace(settings, **{group: replace(inner, **{name: read(value)})})

    return change


def _pause(name: str, end: str) -> Option:
    def change(settings: SmppSettings, value: Any) -> SmppSettings:
        pauses: Any = settings.pauses
        changed = replace(getattr(pauses, name), **{end: _seconds(value)})
        return replace(settings, pauses=replace(pauses, **{name: changed}))

    return change


OPTIONS: Final[Mapping[str, Option]] = MappingProxyType(
    {
        "system_type": _plain("system_type", _text(12)),
        "address_range": _plain("address_range", _text(40)),
        "connect_seconds": _within("timings", "connect_seconds", _seconds),
        "bind_seconds": _within("timings", "bind_seconds", _seconds),
        "enquire_seconds": _within("timings", "enquire_idle_seconds", _seconds),
        "enquire_answer_seconds": _within("timings", "enquire_answer_seconds", _seconds),
        "response_seconds": _within("timings", "response_seconds", _seconds),
        "unbind_seconds": _within("timings", "unbind_seconds", _seconds),
        "reconnect_seconds_min": _pause("reconnect", "seconds_min"),
        "reconnect_seconds_max": _pause("reconnect", "seconds_max"),
        "misconfigured_seconds_min": _pause("misconfigured", "seconds_min"),
        "misconfigured_seconds_max": _pause("misconfigured", "seconds_max"),
        "already_bound_seconds_min": _pause("already_bound", "seconds_min"),
        "already_bound_seconds_max": _pause("already_bound", "seconds_max"),
        "stable_seconds": _within("pauses", "stable_seconds", _seconds),
        "throttle_pause_seconds": _within("throttling", "pause_seconds", _seconds),
        "throttle_recovery_seconds": _within("throttling", "recovery_seconds", _seconds),
        "alphanumeric_numbering": _within("addresses", "alphanumeric", _numbering),
        "international_numbering": _within("addresses", "international", _numbering),
        "short_code_numbering": _within("addresses", "short_code", _numbering),
        "gsm7_data_coding": _within("codings", "gsm7", _octet),
        "gsm7_flash_data_coding": _within("codings", "gsm7_flash", _octet),
        "ucs2_data_coding": _within("codings", "ucs2", _octet),
        "ucs2_flash_data_coding": _within("codings", "ucs2_flash", _octet),
        "submit_ids": _plain("submit_ids", _one_of(IdForm)),
        "report_ids": _plain("report_ids", _one_of(IdForm)),
        "validity": _plain("validity", _one_of(Validity)),
        "registered_delivery": _plain("registered_delivery", _octet),
        "sniffs_reports": _plain("sniffs_reports", _yes_or_no),
        "report_zone": _plain("report_zone", _zone),
        "status_classes": _plain("status_classes", _status_classes),
    }
)
