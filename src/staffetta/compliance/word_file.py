"""The file of forbidden words: one entry a line, `KIND COUNTRY TEXT`, and after a tab its note.

Pure. Blank lines and lines that begin with # are passed over. What `format_lines` writes,
`parse_lines` reads back.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from staffetta.compliance.entries import ENTRIES_MAX, PATTERNS_MAX, Entry, make_entry
from staffetta.compliance.errors import InvalidEntry, ListFull

NOTE_CHARACTERS_MAX: Final = 200
_FAULTS_SHOWN_MAX: Final = 10


class NotedEntry(msgspec.Struct, frozen=True):
    """An entry, and what its operator noted beside it."""

    entry: Entry
    note: str = ""


def make_noted(kind: str, text: str, country: str, note: str = "") -> NotedEntry:
    """An entry with its note; raises InvalidEntry."""
    note = note.strip()
    if len(note) > NOTE_CHARACTERS_MAX:
        raise InvalidEntry(
            f"the note has {len(note)} characters: {NOTE_CHARACTERS_MAX} are the most"
        )
    if not note.isprintable():
        raise InvalidEntry("the note holds characters that cannot be seen")
    return NotedEntry(make_entry(kind, text, country), note)


def parse_lines(lines: Iterable[str]) -> list[NotedEntry]:
    """The entries of a file, each once; raises InvalidEntry, naming lines from 1, and ListFull.

    A file with more lines than a list may have is refused before any of them is looked at, and
    looking ends at the tenth fault. A full list takes a second of computing, which is not for an
    event loop.
    """
    written = [
        (number, line)
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    _refuse_too_many([line for _, line in written])
    found: dict[Entry, NotedEntry] = {}
    faults: list[str] = []
    for number, line in written:
        try:
            noted = _parse(line)
        except InvalidEntry as error:
            faults.append(f"line {number}: {error}")
            if len(faults) == _FAULTS_SHOWN_MAX:
                faults.append("what follows was not looked at")
                break
            continue
        found.setdefault(noted.entry, noted)
    if faults:
        raise InvalidEntry("\n".join(faults))
    return list(found.values())


def _refuse_too_many(lines: Sequence[str]) -> None:
    pattern_count = sum(line.split(maxsplit=1)[0] == "pattern" for line in lines)
    for count, most, what in (
        (len(lines), ENTRIES_MAX, "entries"),
        (pattern_count, PATTERNS_MAX, "patterns"),
    ):
        if count > most:
            raise ListFull(f"the file has {count} {what}: a list has {most} at most")


def format_lines(entries: Iterable[NotedEntry]) -> list[str]:
    """The lines of a file that holds these entries, without line ends."""
    return [
        f"{noted.entry.kind} {noted.entry.country} {noted.entry.text}"
        + (f"\t{noted.note}" if noted.note else "")
        for noted in entries
    ]


def _parse(line: str) -> NotedEntry:
    written, _, note = line.strip().partition("\t")
    parts = written.split(maxsplit=2)
    if len(parts) < 3:
        raise InvalidEntry(
            "an entry is written as KIND COUNTRY TEXT, like: phrase IT gratta e vinci"
        )
    kind, country, text = parts
    return make_noted(kind, text, country, note)
