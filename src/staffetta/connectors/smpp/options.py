"""The settings that a connector's row may hold: one table, each with how its value is read.

Pure. A wrong key or value is refused with a sentence that names it, because a setting that is
silently ignored costs messages: a reader raises TypeError or ValueError with the rest of the
sentence, behind the setting's name.
"""

import re
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, TypeVar

from staffetta.connectors.smpp.settings import (
    BindKind,
    Flash,
    InvalidSmppSettings,
    SmppSettings,
    Validity,
)
from staffetta.connectors.smpp.text_readers import (
    fault_of_texts,
    read_coding,
    read_languages,
    read_payload_octets,
    read_tlvs,
)
from staffetta.connectors.smpp.tls import TLS_VERSIONS, TlsSettings
from staffetta.domain.text_rules import TextRules
from staffetta.domain.writing import Alphabet, LongMessages, ReportedParts, Transliteration
from staffetta.smpp.addresses import Numbering
from staffetta.smpp.message_ids import IdForm
from staffetta.smpp.network_errors import ErrorReason, error_code
from staffetta.smpp.statuses import StatusClass
from staffetta.smpp.timings import Timings

_SECONDS_MAX: Final = 86_400.0
_OCTET_MAX: Final = 0xFF
_SERVICE_TYPE_MAX: Final = 5
_SERVER_NAME_MAX: Final = 253
_PEM_CHARACTERS_MAX: Final = 262_144
_PIN_CHARACTERS_MAX: Final = 95  # as openssl writes it, with colons
_PRIVATE_KEY: Final = "PRIVATE KEY-----"
_SHA_256: Final = re.compile("[0-9a-f]{64}")
_INTERFACE_VERSIONS: Final = MappingProxyType(
    {text: version for version in (0x33, 0x34, 0x50) for text in (version, f"0x{version:02x}")}
)
_ERRORS_MAX: Final = 1000
_ERROR_CHARACTERS_MAX: Final = 20
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
    row: Mapping[str, Any], password: str, defaults: Timings | None = None, tls_key: str = ""
) -> SmppSettings:
    """The settings in a row of the table connector; raises InvalidSmppSettings.

    `password` and `tls_key` are unsealed; `defaults` are the installation's timings, which the row
    may override.
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
        tls=TlsSettings(key=tls_key),
    )
    for key, value in row["settings"].items():
        option = OPTIONS.get(key)
        if option is None:
            raise InvalidSmppSettings(
                f"connector {settings.name}: there is no setting {key!r};"
                f" the settings are {', '.join(sorted(OPTIONS))}"
            )
        if isinstance(value, str) and _PRIVATE_KEY in value:
            raise InvalidSmppSettings(
                f"connector {settings.name}: {key} holds a private key, and settings are no place"
                " for secrets: its key goes with --tls-key-file, and is kept sealed"
            )
        try:
            settings = option(settings, value)
        except (TypeError, ValueError) as error:
            raise InvalidSmppSettings(f"connector {settings.name}: {key} {error}") from None
    fault = fault_of_texts(settings) or _fault_of_tls(settings)
    if fault is not None:
        raise InvalidSmppSettings(f"connector {settings.name}: {fault}")
    return settings


def _fault_of_tls(settings: SmppSettings) -> str | None:
    """Why what is set for TLS would not be heeded, and all go in clear; None when it is."""
    tls = settings.tls
    if tls.is_on:
        return None
    unused = [
        key
        for key, option in OPTIONS.items()
        if option.path[0] == "tls" and option.of(settings) != option.of(_UNSET)
    ]
    if tls.key:
        unused.append("tls_key")
    if not unused:
        return None
    return (
        f"{unused[0]} is set and tls is not: the password would go in clear. Set tls=true, or"
        f" unset {' '.join(unused)}"
    )


def text_rules_of(settings: Mapping[str, Any]) -> TextRules:
    """How a carrier with these settings wants texts; raises InvalidSmppSettings."""
    rules = TextRules()
    for key, value in settings.items():
        option = OPTIONS.get(key)
        if option is None or option.path[0] != "texts":
            continue
        try:
            rules = replace(rules, **{option.path[1]: option.read(value)})
        except (TypeError, ValueError) as error:
            raise InvalidSmppSettings(f"{key} {error}") from None
    return rules


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


def _error_meanings(value: Any) -> Mapping[str, ErrorReason]:
    if not isinstance(value, dict):
        raise TypeError(f'is a table like {{"375": "out_of_reach"}}, not {value!r}')
    if len(value) > _ERRORS_MAX:
        raise ValueError(f"has {len(value)} errors: there is room for {_ERRORS_MAX}")
    read = _one_of(ErrorReason)
    return MappingProxyType({_error(code): read(reason) for code, reason in value.items()})


def _error(code: str) -> str:
    if not code.isascii() or not 0 < len(code) <= _ERROR_CHARACTERS_MAX or " " in code:
        raise ValueError(f'names an error as reports have it, like "375", not {code!r}')
    return error_code(code)


def _status(code: str) -> int:
    try:
        number = int(code, 0)
    except ValueError:
        number = -1
    if not 0 < number <= _STATUS_MAX:
        raise ValueError(f'names a status like "0x45" or "69", not {code!r}')
    return number


def _interface_version(value: Any) -> int:
    version = _INTERFACE_VERSIONS.get(value) if isinstance(value, str | int) else None
    if version is None:
        raise ValueError(f'is "0x33", "0x34" or "0x50", not {value!r}')
    return version


def _tls_version(value: Any) -> str:
    if value not in TLS_VERSIONS:
        raise ValueError(f"is one of {', '.join(TLS_VERSIONS)}, as a text, not {value!r}")
    return str(value)


def _pem(value: Any) -> str:
    """Certificates in PEM; what is none is not quoted, for it may be a secret."""
    if not isinstance(value, str) or not value.isascii() or "\0" in value:
        raise TypeError("is one or more certificates in PEM, a text in ASCII")
    if value and "-----BEGIN CERTIFICATE-----" not in value:
        raise ValueError("is one or more certificates in PEM: -----BEGIN CERTIFICATE----- …")
    return _text(_PEM_CHARACTERS_MAX)(value)


def _pin(value: Any) -> str:
    pin = _text(_PIN_CHARACTERS_MAX)(value).replace(":", "").lower()
    if pin and _SHA_256.fullmatch(pin) is None:
        raise ValueError(f"is the SHA-256 of a certificate, 64 hexadecimal digits, not {value!r}")
    return pin


def _plain(name: str, read: Callable[[Any], Any]) -> Option:
    return Option((name,), read)


def _within(group: str, name: str, read: Callable[[Any], Any]) -> Option:
    return Option((group, name), read)


def _pause(name: str, end: str) -> Option:
    return Option(("pauses", name, end), _seconds)


OPTIONS: Final[Mapping[str, Option]] = MappingProxyType(
    {
        "bind": _plain("bind", _one_of(BindKind)),
        "interface_version": _plain("interface_version", _interface_version),
        "long_password": _plain("long_password", _yes_or_no),
        "tls": _within("tls", "is_on", _yes_or_no),
        "tls_ca": _within("tls", "ca", _pem),
        "tls_certificate": _within("tls", "certificate", _pem),
        "tls_minimum": _within("tls", "minimum", _tls_version),
        "tls_server_name": _within("tls", "server_name", _text(_SERVER_NAME_MAX)),
        "tls_pin": _within("tls", "pin", _pin),
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
        "credit_probe_seconds_min": _within("credit", "seconds_min", _seconds),
        "credit_probe_seconds_max": _within("credit", "seconds_max", _seconds),
        "alphanumeric_numbering": _within("addresses", "alphanumeric", _numbering),
        "international_numbering": _within("addresses", "international", _numbering),
        "short_code_numbering": _within("addresses", "short_code", _numbering),
        "gsm7_data_coding": _within("codings", "gsm7", _octet),
        "gsm7_flash_data_coding": _within("codings", "gsm7_flash", read_coding),
        "ucs2_data_coding": _within("codings", "ucs2", _octet),
        "ucs2_flash_data_coding": _within("codings", "ucs2_flash", _octet),
        "alphabet": _within("texts", "alphabet", _one_of(Alphabet)),
        "septet_data_coding": _within("texts", "septet_coding", read_coding),
        "long_messages": _within("texts", "long_messages", _one_of(LongMessages)),
        "payload_octets_max": _within("texts", "payload_octets_max", read_payload_octets),
        "shift_tables": _within("texts", "languages", read_languages),
        "transliterate": _within("texts", "transliteration", _one_of(Transliteration)),
        "registered_delivery_parts": _within("texts", "reported_parts", _one_of(ReportedParts)),
        "flash": _within("fields", "flash", _one_of(Flash)),
        "service_type": _within("fields", "service_type", _text(_SERVICE_TYPE_MAX)),
        "protocol_id": _within("fields", "protocol_id", _octet),
        "tlvs": _within("fields", "tlvs", read_tlvs),
        "submit_ids": _plain("submit_ids", _one_of(IdForm)),
        "report_ids": _plain("report_ids", _one_of(IdForm)),
        "validity": _plain("validity", _one_of(Validity)),
        "registered_delivery": _plain("registered_delivery", _octet),
        "sniffs_reports": _plain("sniffs_reports", _yes_or_no),
        "report_zone": _plain("report_zone", _zone),
        "accepted_is_final": _plain("accepted_is_final", _yes_or_no),
        "unknown_is_final": _plain("unknown_is_final", _yes_or_no),
        "error_meanings": _plain("error_meanings", _error_meanings),
        "status_classes": _plain("status_classes", _status_classes),
    }
)
# What holds where nothing is set.
_UNSET: Final = SmppSettings(
    connector_id=0, name="", host="localhost", port=1, system_id="x", password=""
)
