"""What the console is given of connectors, which it may not import: plain values and functions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from staffetta.routing.change_connector import Check, OpenSecrets, StoredConnector
from staffetta.routing.checks import AskedCheck


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One setting of a connector, as it is typed."""

    key: str
    text: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class CarrierDesk:
    """What there is to know of connectors' settings; what is wrong raises a StaffettaError."""

    keys: Sequence[str]  # of every setting
    read_value: Callable[[str, str], object]  # a setting's value, from its key and what was typed
    check: Check  # refuses what links could not run with
    # Every setting as it holds.
    shown: Callable[[StoredConnector, OpenSecrets], Sequence[SettingLine]]
    # What a certification sends in all: segments for certain, and more where some are refused.
    segments: Callable[[StoredConnector, OpenSecrets, AskedCheck], tuple[int, int]]
