"""The text of a delivery report: reading what carriers write, and writing it as 3.4 App. B does.

The specification calls the text vendor specific, and vendors agree. It is read as labelled values
in any order, none of which must be there; nothing in it is an error. What the values mean is
decided in `reports`.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from msgspec import Struct


class ReportText(Struct, frozen=True, gc=False):
    """The labelled values of a report's text, as written; "" where there is none."""

    message_id: str = ""
    state_word: str = ""
    error: str = ""
    submit_date: str = ""  # digits alone
    done_date: str = ""  # digits alone


STATE_WORDS: Final = frozenset(
    {
        "ACCEPTD", "ACCEPTED", "ACKED", "BUFFERD", "BUFFERED", "DELETED", "DELIVERED", "DELIVRD",
        "ENROUTE", "EXPIRED", "FAILED", "QUEUED", "REJECTD", "REJECTED", "SCHEDULED", "SENT",
        "SKIPPED", "UNDELIV", "UNDELIVERABLE", "UNDELIVERED", "UNKNOWN",
    }
)  # fmt: skip

# Nearly every carrier writes exactly this; one match is ten times as fast as reading labels.
_match_usual: Final = re.compile(
    r"id:(\S+) sub:[0-9]* dlvrd:[0-9]* submit date:([0-9]*) done date:([0-9]*) stat:([A-Za-z]+)"
    r" err:(\w+)(?: [Tt]ext:.*)?",
    re.DOTALL | re.ASCII,
).fullmatch

_LABEL: Final = re.compile(
    r"(?<![0-9a-z])(id|sub|dlvrd|submit ?date|done ?date|stat|status|err|error|text) ?:",
    re.IGNORECASE | re.ASCII,
)
_NAMES: Final = {"status": "stat", "error": "err"}
_DATE: Final = re.compile(r"[0-9 :/.T-]*", re.ASCII)
_NOT_DIGITS: Final = re.compile(r"[^0-9]+", re.ASCII)
_looks_like_report: Final = re.compile(
    r"\s*id ?:\s*\S.*\b(?:stat|err|done ?date|dlvrd) ?:", re.IGNORECASE | re.ASCII | re.DOTALL
).match

_LABELS_WITHOUT_ID_MIN: Final = 2
_TEXT_OCTETS_MAX: Final = 20
_PACKED_OCTETS_MAX: Final = 255


def looks_like_report(text: str) -> bool:
    """Whether a text reads like a report, for carriers that do not mark theirs."""
    return _looks_like_report(text) is not None


def unpack_septets(octets: bytes) -> str:
    """The text of packed seven bits (3GPP TS 23.038 section 6.1.2), for what reports are made of.

    Letters, digits, blanks and colons are in the alphabet of phones where they are in ASCII. What
    is longer than a short_message is not looked at.
    """
    octets = octets[:_PACKED_OCTETS_MAX]
    bits = int.from_bytes(octets, "little")
    count = len(octets) * 8 // 7
    return bytes(bits >> 7 * place & 0x7F for place in range(count)).decode("ascii")


def read_report_text(text: str) -> ReportText:
    """The values of a report's text. Never raises."""
    usual = _match_usual(text)
    if usual is not None:
        message_id, submit_date, done_date, state_word, error = usual.groups()
        return ReportText(message_id, state_word, error, submit_date, done_date)
    values = _labelled_values(text)
    return ReportText(
        _first_word(values.get("id", "")) or _bare_id(text, values),
        _first_word(values.get("stat", "")) or _bare_state_word(values),
        _first_word(values.get("err", "")),
        _date_digits(values.get("submitdate", "")),
        _date_digits(values.get("donedate", "")),
    )


def _labelled_values(text: str) -> dict[str, str]:
    # `text:` quotes what a stranger wrote, so it ends the report: labels behind it are not the
    # carrier's. When nothing came before it, the last of each label counts.
    values: dict[str, str] = {}
    quoted_first = False
    labels = list(_LABEL.finditer(text))
    ends = [*(label.start() for label in labels), len(text)][1:]
    for label, end in zip(labels, ends, strict=True):
        name = label[1].lower().replace(" ", "")
        name = _NAMES.get(name, name)
        if name == "text":
            if "id" in values:
                break
            quoted_first = True
        elif quoted_first or name not in values:
            values[name] = text[label.end() : end].strip(" \t\r\n\0")
    return values


def _first_word(value: str) -> str:
    words = value.split(None, 1)
    return words[0] if words else ""


def _bare_id(text: str, values: Mapping[str, str]) -> str:
    """The id of a report that left out `id:`: the first word, before two labels or more."""
    if "id" in values or len(values) < _LABELS_WITHOUT_ID_MIN:
        return ""
    first = _first_word(text)
    return "" if ":" in first else first


def _bare_state_word(values: dict[str, str]) -> str:
    """The state of a report that left out `stat:`: a word behind another label's value."""
    words = [word for value in values.values() for word in value.split()[1:]]
    return next((word for word in words if word.upper() in STATE_WORDS), "")


def _date_digits(value: str) -> str:
    match = _DATE.match(value)
    return _NOT_DIGITS.sub("", match[0]) if match else ""


def write_report_text(
    message_id: bytes,
    state_word: str,
    submitted_at: datetime,
    done_at: datetime,
    *,
    error: int = 0,
    text: bytes = b"",
) -> bytes:
    """The text of a report as 3.4 App. B has it; dates are written as given, without a zone."""
    delivered_count = 1 if state_word == "DELIVRD" else 0
    return b"id:%b sub:001 dlvrd:%03d submit date:%b done date:%b stat:%b err:%03d text:%b" % (
        message_id,
        delivered_count,
        _minute(submitted_at),
        _minute(done_at),
        state_word.encode(),
        error,
        text[:_TEXT_OCTETS_MAX],
    )


def _minute(at: datetime) -> bytes:
    # strftime takes nearly three times as long.
    return b"%02d%02d%02d%02d%02d" % (at.year % 100, at.month, at.day, at.hour, at.minute)
