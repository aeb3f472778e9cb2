"""The settings that a connector's row may hold: one table, each with how its value is read.

Pure. A wrong key or value is refused with a sentence that names it, because a setting that is
silently ignored costs messages: a reader raises TypeError or ValueError with the rest of the
sentence, behind the setting's name.
"""

import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, TypeVar

from staffetta.connectors.smpp.settings import InvalidSmppSettings, SmppSettings, Validity
from staffetta.smpp.addresses import Numbering
from staffetta.smpp.message_ids import IdForm
from staffetta.smpp.statuses import StatusClass
from staffetta.smpp.timings import Timings

_SECONDS_MAX: Final = 86_400.0
_OCTET_MAX: Final = 0xFF
_STATUS_MAX: Final = 0xFFFF_FFFF
Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Option:
    """One setting: where its value stands in SmppSettings, and how it is read."""

    path: tuple[str, ...]  # names of fields, from the outermost inwards
    read: Callable[[Any], Any]

    def __call__(self, settings: SmppSettings, value: Any) -> SmppSettings:
        """The settings with this one changed; raises TypeError or ValueError."""
        changed: SmppSettings = _replaced(settings, self.path, self.read(value))
        return changed

    def of(self, settings: SmppSettings) -> Any:
        """The value that holds in `settings`."""
        value: Any = settings
        for name in self.path:
            value = getattr(value, name)
        return value


def _replaced(outer: Any, path: tuple[str, ...], value: Any) -> Any:
    name, *inner = path
    if inner:
        value = _replaced(getattr(outer, name), tuple(inner), value)
    return replace(outer, **{name: value})


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
    return Option((name,), read)


def _within(group: str, name: str, read: Callable[[Any], Any]) -> Option:
    return Option((group, name), read)


def _pause(name: str, end: str) -> Option:
    return Option(("pauses", name, end), _seconds)


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
