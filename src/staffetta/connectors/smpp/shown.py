"""The values of a connector's settings as operators write them: plain, ready for JSON.

Pure: the way back from what `options` reads.
"""

import json
from collections.abc import Mapping
from datetime import timedelta, tzinfo
from enum import Enum
from typing import Any, NamedTuple

from staffetta.connectors.smpp.options import OPTIONS
from staffetta.connectors.smpp.settings import SmppSettings


class ShownSetting(NamedTuple):
    """One setting of a connector."""

    key: str
    value: object
    is_default: bool


def shown_settings(
    settings: SmppSettings, row_settings: Mapping[str, object]
) -> list[ShownSetting]:
    """Every setting by key: as the row has it, else the default that holds."""
    return [
        ShownSetting(key, row_settings[key], is_default=False)
        if key in row_settings
        else ShownSetting(key, _default(key, settings), is_default=True)
        for key in sorted(OPTIONS)
    ]


def default_values() -> Mapping[str, object]:
    """What each setting is where a connector says nothing."""
    settings = SmppSettings(connector_id=0, name="", host="", port=0, system_id="", password="")
    return {key: _default(key, settings) for key in OPTIONS}


def _default(key: str, settings: SmppSettings) -> object:
    value = OPTIONS[key].of(settings)
    if key == "interface_version":
        return _shown_key(value)
    if key == "tlvs" and not value:
        return {}
    return shown_value(value)


def typed(value: object) -> str:
    """A value as it is typed behind a setting's name."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def shown_value(value: Any) -> object:
    """A value as it is written in a row's settings."""
    match value:
        case Enum():
            return shown_value(value.value)
        case bool() | int() | str() | None:
            return value
        case float():
            return int(value) if value.is_integer() else value
        case tzinfo():
            return _zone_name(value)
        case Mapping():
            return {_shown_key(key): shown_value(inner) for key, inner in value.items()}
        case tuple() | list() | frozenset():
            return [shown_value(inner) for inner in value]
        case bytes():
            return value.hex()
        case _:
            return str(value)


def _shown_key(key: object) -> str:
    """Keys that are numbers are statuses and tags, which everybody writes in hexadecimal."""
    return f"0x{key:02X}" if isinstance(key, int) else str(key)


def _zone_name(zone: tzinfo) -> str:
    name = getattr(zone, "key", None)
    return name if isinstance(name, str) else str(zone.tzname(None) or timedelta())
