"""How the simulated carrier spells message ids, and how it writes its reports.

Pure. Owns what carriers are known to do differently, so that others can try what they make of it.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from msgspec import structs

from staffetta.smpp.constants import DataCoding
from staffetta.smpp.pdus import DeliverSm
from staffetta.smpp.tlvs import Tag

_SIGN_64: Final = 1 << 63
_MESSAGE_PAYLOAD: Final = int(Tag.MESSAGE_PAYLOAD)
_UCS2_OCTETS_MAX: Final = 254  # of a short_message


class IdSpelling(StrEnum):
    """How ids are spelled: in answers, and after the dash in reports where that differs."""

    HEXADECIMAL = "hex"
    DECIMAL = "decimal"
    HEXADECIMAL_DECIMAL = "hex-decimal"
    DECIMAL_HEXADECIMAL = "decimal-hex"
    SIGNED = "hex-signed"  # in reports a decimal of 64 bits with a sign
    PADDED = "hex-padded"  # in reports with zeros in front, in capitals
    UUID = "uuid-plain"  # in reports without dashes


class ReportForm(StrEnum):
    """What reports are made of."""

    BOTH = "both"  # the text of appendix B, and TLVs
    TEXT = "text"
    TLVS = "tlvs"
    BARE = "bare"  # a text with id, state and error alone, the state without its label
    PAYLOAD = "payload"  # the text in message_payload
    UNMARKED = "unmarked"  # the text, and no sign in esm_class that it is a report
    UCS2 = "ucs2"


def _hexadecimal(number: int) -> bytes:
    return b"%016x" % number


def _decimal(number: int) -> bytes:
    return b"%d" % number


def _signed(number: int) -> bytes:
    return b"%d" % (number - 2 * _SIGN_64 if number >= _SIGN_64 else number)


def _uuid(number: int) -> bytes:
    digits = b"%032x" % number
    return b"-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


_Spell = Callable[[int], bytes]
_SPELLINGS: Final[Mapping[IdSpelling, tuple[_Spell, _Spell]]] = MappingProxyType(
    {
        IdSpelling.HEXADECIMAL: (_hexadecimal, _hexadecimal),
        IdSpelling.DECIMAL: (_decimal, _decimal),
        IdSpelling.HEXADECIMAL_DECIMAL: (lambda number: b"%x" % number, _decimal),
        IdSpelling.DECIMAL_HEXADECIMAL: (_decimal, lambda number: b"%X" % number),
        IdSpelling.SIGNED: (
            lambda number: _hexadecimal(number | _SIGN_64),
            lambda number: _signed(number | _SIGN_64),
        ),
        IdSpelling.PADDED: (lambda number: b"%x" % number, lambda number: b"%020X" % number),
        IdSpelling.UUID: (_uuid, lambda number: b"%032x" % number),
    }
)


def speller(spelling: IdSpelling) -> Callable[[int], tuple[bytes, bytes]]:
    """From the number of a message to the id in its answer and the id in its report."""
    in_answer, in_report = _SPELLINGS[spelling]

    def spell(number: int) -> tuple[bytes, bytes]:
        return in_answer(number), in_report(number)

    def spell_once(number: int) -> tuple[bytes, bytes]:
        message_id = in_answer(number)
        return message_id, message_id

    return spell_once if in_answer is in_report else spell


def written_as(report: DeliverSm, form: ReportForm) -> DeliverSm:
    """A report with text and TLVs, as a carrier of another form would write it."""
    match form:
        case ReportForm.BOTH:
            return report
        case ReportForm.TEXT:
            return structs.replace(report, tlvs=())
        case ReportForm.TLVS:
            return structs.replace(report, short_message=b"")
        case ReportForm.BARE:
            return structs.replace(report, short_message=_bare(report.short_message), tlvs=())
        case ReportForm.PAYLOAD:
            payload = (_MESSAGE_PAYLOAD, report.short_message)
            return structs.replace(report, short_message=b"", tlvs=(payload,))
        case ReportForm.UNMARKED:
            return structs.replace(report, esm_class=0, tlvs=())
        case ReportForm.UCS2:
            text = report.short_message.decode("latin-1").encode("utf-16-be")
            return structs.replace(
                report,
                short_message=text[:_UCS2_OCTETS_MAX],
                data_coding=int(DataCoding.UCS2),
                tlvs=(),
            )


def _bare(text: bytes) -> bytes:
    said = dict(part.split(b":", 1) for part in text.split(b" ") if b":" in part)
    return b"id:%b %b err:%b" % (said[b"id"], said[b"stat"], said[b"err"])
