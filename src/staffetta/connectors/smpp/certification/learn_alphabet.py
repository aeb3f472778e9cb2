"""What a carrier takes our octets for, learned from what its reports quote.

Pure. A report quotes the first twenty octets or so. A quote of the very octets that were sent tells
nothing: who does not understand them can copy them too. A quote in another alphabet tells what the
carrier understood.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from staffetta.connectors.smpp.certification.findings import AlphabetFinding
from staffetta.connectors.smpp.certification.learn_ids import text_of
from staffetta.connectors.smpp.certification.observed import Heard, Sent
from staffetta.domain.encodings import decode_gsm7, encode_gsm7
from staffetta.smpp.constants import DataCoding

_UCS2: Final = frozenset({int(DataCoding.UCS2), int(DataCoding.FLASH_UCS2)})
_TELLING_MIN: Final = 4  # characters that must agree
_STAND_INS: Final = frozenset(b"? .\x00")  # for what an alphabet lacks
Writer = Callable[[str], bytes]


def learn_alphabet(matched: Iterable[tuple[Sent, Heard]], asked: str | None) -> AlphabetFinding:
    """What the quotes of `matched` say; where they say nothing, what a person saw."""
    found = {learn_from_quote(sent, report) for sent, report in matched if sent.step == "alphabet"}
    found -= {AlphabetFinding.UNKNOWN}
    if len(found) == 1:
        return found.pop()
    if asked is not None:
        return AlphabetFinding(asked)
    return AlphabetFinding.UNKNOWN


def learn_from_quote(sent: Sent, report: Heard) -> AlphabetFinding:
    """What one report's quote of one segment says."""
    if sent.is_ucs2:
        return AlphabetFinding.UNKNOWN
    _before, label, quote = _parted(text_of(report.pdu))
    if not label or not quote:
        return AlphabetFinding.UNKNOWN
    is_unicode = report.pdu.data_coding in _UCS2
    widened = sent.octets.decode("latin-1")
    readings = {
        AlphabetFinding.AS_SENT: sent.text,
        AlphabetFinding.READ_AS_LATIN_1: widened,
        AlphabetFinding.READ_AS_GSM_7: decode_gsm7(sent.octets),
    }
    agreeing = {
        text: finding
        for finding, text in reversed(readings.items())  # of equal readings the first counts
        # In UCS-2, octets that were only made twice as wide are an echo too.
        if _agrees(text, quote, is_unicode=is_unicode) and not (is_unicode and text == widened)
    }
    return agreeing.popitem()[1] if len(agreeing) == 1 else AlphabetFinding.UNKNOWN


def _parted(text: str) -> tuple[str, str, str]:
    """A report's text before its quote, the label, and the quote."""
    at = text.lower().rfind("text:")
    if at < 0:
        return text, "", ""
    end = at + len("text:")
    return text[:at], text[at:end], text[end:]


def _agrees(reading: str, quote: str, *, is_unicode: bool) -> bool:
    """Whether a carrier that read `reading` may quote it so, in some alphabet of reports."""
    if is_unicode:
        return len(quote) >= _TELLING_MIN and reading.startswith(quote)
    octets = quote.encode("latin-1", "replace")
    return any(_spells(reading, octets, write) for write in (_latin_1, encode_gsm7))


def _latin_1(character: str) -> bytes:
    return character.encode("latin-1")


def _spells(reading: str, quote: bytes, write: Writer) -> bool:
    """Whether `quote` is the beginning of `reading` so written; what cannot be may stand for it."""
    at = telling_count = 0
    for character in reading:
        if at >= len(quote):
            break
        written = _written(character, write)
        if written is None:
            if quote[at] not in _STAND_INS:
                return False
            at += 1
        elif written.startswith(quote[at : at + len(written)]):
            at += len(written)
            telling_count += 1
        else:
            return False
    return telling_count >= _TELLING_MIN


def _written(character: str, write: Writer) -> bytes | None:
    try:
        return write(character)
    except ValueError:
        return None


def alphabet_settings(finding: AlphabetFinding, alphabet: str) -> dict[str, object]:
    """What to set where the carrier takes octets for another alphabet than they are in."""
    meant = {
        AlphabetFinding.READ_AS_LATIN_1: "latin1",
        AlphabetFinding.READ_AS_GSM_7: "gsm7",
    }.get(finding)
    return {} if meant is None or meant == alphabet else {"alphabet": meant}


def accepted_in_order(sent: Sequence[Sent], step: str) -> list[Sent]:
    """The segments of a step that were taken."""
    return [one for one in sent if one.step == step and one.answer.is_accepted]
