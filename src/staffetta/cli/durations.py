"""Lengths of time as people type them: 90s, 30m, 2h, 7d."""

import re
from datetime import timedelta
from types import MappingProxyType
from typing import Final

import typer

_DURATION: Final = re.compile(r"(\d{1,6})([smhd])", re.ASCII)
_UNITS: Final = MappingProxyType({"s": "seconds", "m": "minutes", "h": "hours", "d": "days"})


def read_duration(text: str, *, option: str, most: timedelta) -> timedelta:
    """The length of time that an option says, `most` at most; anything else is wrong usage."""
    match = _DURATION.fullmatch(text)
    duration = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else timedelta()
    if not timedelta() < duration <= most:
        raise typer.BadParameter(
            f"a length of time like 30m, 2h or 1d, {most.days} days at most", param_hint=option
        )
    return duration
