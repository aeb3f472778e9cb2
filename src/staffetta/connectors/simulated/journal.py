"""The network's journal: one line of JSON for each segment it accepted, in the order of the wire.

Owns the file and the form of its lines. For whoever has to know what truly reached a carrier, and
how often: the network itself forgets when it stops.
"""

import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from staffetta.connectors.simulated.decoding import GSM_7_SMSC, SmscAlphabet, text_of
from staffetta.connectors.simulated.handset import concatenation_of
from staffetta.smpp.pdus import Pdu, SubmitSm

_ACCEPTED: Final = "accepted"
_LINE_BUFFERED: Final = 1  # a line is in the file before the submit is answered


class JournalEntry(msgspec.Struct, frozen=True):
    """One accepted segment. `part` and `parts` are 1 for a message in one piece."""

    time: float  # Unix seconds
    source: str
    destination: str  # as it was written, without a plus
    text: str  # of this segment alone, as the handset shows it
    part: int
    parts: int
    reference: int  # of the concatenation; 0 for a message in one piece


class Journal:
    """An open journal: a watcher of the exchange. Lines are added to what the file holds."""

    def __init__(self, path: Path, smsc: SmscAlphabet = GSM_7_SMSC) -> None:
        # Raises OSError when the file cannot be written.
        self._file = path.open("a", buffering=_LINE_BUFFERED, encoding="utf-8")
        self._encoder = msgspec.json.Encoder()
        self._smsc = smsc

    def __enter__(self) -> Self:
        """The block begins."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._file.close()

    def note(self, pdu: Pdu, word: str) -> None:
        """Write a line when `word` says that the submit `pdu` was accepted."""
        if isinstance(pdu, SubmitSm) and word.startswith(_ACCEPTED):
            entry = entry_of(pdu, time.time(), self._smsc)
            self._file.write(self._encoder.encode(entry).decode() + "\n")


def entry_of(pdu: SubmitSm, at: float, smsc: SmscAlphabet = GSM_7_SMSC) -> JournalEntry:
    """What the journal says of a segment that was accepted at this time."""
    part = concatenation_of(pdu)
    return JournalEntry(
        time=at,
        source=pdu.source_addr.decode("latin-1"),
        destination=pdu.destination_addr.decode("latin-1").removeprefix("+"),
        text=text_of([pdu], smsc),
        part=part.number if part else 1,
        parts=part.total if part else 1,
        reference=part.reference if part else 0,
    )


def read_journal(path: Path) -> list[JournalEntry]:
    """Every whole line of a journal; raises OSError, and msgspec.DecodeError for other files."""
    with path.open("rb") as file:
        whole = (line for line in file if line.endswith(b"\n"))
        decoder = msgspec.json.Decoder(JournalEntry)
        return [decoder.decode(line) for line in whole]
