"""Times as v1 writes and reads them (contract section 4, `timestamp_send`).

A date alone is midnight in Rome, whatever the clocks there do that night. Everything is answered in
milliseconds since 1970, as text.
"""

import re
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from staffetta.domain.epochs import from_milliseconds, to_milliseconds

ROME: Final = ZoneInfo("Europe/Rome")
EXPECTED: Final = (
    "a date like 2026-12-25 or 25-12-2026 (midnight in Rome), milliseconds since 1970,"
    " or ISO 8601 with an offset"
)
_YEAR_FIRST: Final = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})", re.ASCII)
_DAY_FIRST: Final = re.compile(r"(?P<day>\d{1,2})-(?P<month>\d{1,2})-(?P<year>\d{4})", re.ASCII)
_MILLISECONDS: Final = re.compile(r"\d{1,15}", re.ASCII)


def parse_time(raw: object) -> datetime | None:
    """The moment that `raw` names, or None where it names none."""
    if isinstance(raw, bool):
        return None
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    text = str(raw).strip() if isinstance(raw, str | int) else ""
    try:
        if _MILLISECONDS.fullmatch(text):
            return from_milliseconds(int(text))
        if (match := _YEAR_FIRST.fullmatch(text) or _DAY_FIRST.fullmatch(text)) is not None:
            year, month, day = (int(match[part]) for part in ("year", "month", "day"))
            return datetime(year, month, day, tzinfo=ROME).astimezone(UTC)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    return None if moment.tzinfo is None else moment.astimezone(UTC)


def milliseconds(moment: datetime) -> str:
    """A moment as v1 shows it."""
    return str(to_milliseconds(moment))
