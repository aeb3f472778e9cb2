"""What changed of a connector, as audit entries and people are told it: never a secret. Pure."""

import json
from collections.abc import Mapping
from typing import Final

from staffetta.routing.change_connector import COLUMNS, StoredConnector

Changes = Mapping[str, Mapping[str, object]]  # from what to what, by operators' names

_VALUE_CHARACTERS_SHOWN_MAX: Final = 120
_TABLE_CHARACTERS_SHOWN_MAX: Final = 1000


def changes_between(before: StoredConnector, after: StoredConnector) -> Changes:
    """What is another way, from what to what; of secrets only that they are."""
    changes: dict[str, dict[str, object]] = {}
    for key, column in COLUMNS.items():
        old, new = getattr(before, column.field_name), getattr(after, column.field_name)
        if old != new:
            changes[key] = {"from": old, "to": new}
    for key in sorted({*before.settings, *after.settings}):
        old, new = before.settings.get(key), after.settings.get(key)
        if old != new:
            changes[key] = {"from": told(old), "to": told(new)}
    for key in ("password", "tls_key"):
        old, new = getattr(before, key), getattr(after, key)
        if old != new:
            changes[key] = {"from": old and "(secret)", "to": new and "(secret)"}
    return changes


def told(value: object) -> object:
    """A value as audit entries and results tell it: what is long (a certificate) by its length."""
    if isinstance(value, str):
        is_long, what = len(value) > _VALUE_CHARACTERS_SHOWN_MAX, f"({len(value)} characters)"
    elif isinstance(value, Mapping | list):
        is_long = len(json.dumps(value)) > _TABLE_CHARACTERS_SHOWN_MAX
        what = f"({len(value)} entries)"
    else:
        return value
    return what if is_long else value


def told_changes(changes: Changes, bytes_max: int) -> Mapping[str, object]:
    """The details of an audit entry about these changes; by name alone where they are too long."""
    details = {"changed": changes}
    if len(json.dumps(details)) > bytes_max // 2:
        return {"changed": sorted(changes)}
    return details
