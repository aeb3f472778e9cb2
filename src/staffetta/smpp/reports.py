"""Delivery reports: recognising them, what they say, and making them.

Owns the rules between the two places a report speaks in: its TLVs, which win, and its text. The
message id is the exception: carriers write it differently in the two, so both are candidates.
"""

from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias

from msgspec import Struct

from staffetta.smpp import pdus
from staffetta.smpp.constants import DataCoding, EsmClass, MessageState
from staffetta.smpp.report_text import (
    ReportText,
    looks_like_report,
    read_report_text,
    unpack_septets,
    write_report_text,
)
from staffetta.smpp.tlvs import Tag, find, octet_tlv, text_tlv

# What can carry a report: SMSCs use deliver_sm, some data_sm.
ReportPdu: TypeAlias = pdus.DeliverSm | pdus.DataSm


class Meaning(StrEnum):
    """What a report says of its message."""

    DELIVERED = "delivered"
    UNDELIVERABLE = "undeliverable"
    REJECTED = "rejected"
    EXPIRED = "expired"
    DELETED = "deleted"
    INTERMEDIATE = "intermediate"  # still on its way
    ACCEPTED = "accepted"  # the network has it; whether more follows depends on the carrier
    UNKNOWN = "unknown"  # the carrier does not know; whether that is the end is policy

    @property
    def is_final(self) -> bool:
        """Whether nothing can follow."""
        return self not in _OPEN


_OPEN: Final = frozenset({Meaning.INTERMEDIATE, Meaning.ACCEPTED, Meaning.UNKNOWN})


class DeliveryReport(Struct, frozen=True, gc=False):
    """One report, understood as far as it goes."""

    tlv_id: str  # as the carrier wrote it; "" where there is none
    text_id: str
    state_word: str  # the carrier's, or the specification's when only a number came; "" for none
    meaning: Meaning
    error: str = ""  # the carrier's code, as written
    submit_date: str = ""  # digits; read_report_date understands them
    done_date: str = ""

    @property
    def message_ids(self) -> tuple[str, ...]:
        """The ids it names, of the TLV first: none, one, or two that differ."""
        first = self.tlv_id or self.text_id
        if self.text_id and self.text_id != first:
            return first, self.text_id
        return (first,) if first else ()


_MEANING_OF_WORD: Final = MappingProxyType(
    {
        "DELIVRD": Meaning.DELIVERED,
        "DELIVERED": Meaning.DELIVERED,
        "EXPIRED": Meaning.EXPIRED,
        "DELETED": Meaning.DELETED,
        "UNDELIV": Meaning.UNDELIVERABLE,
        "UNDELIVERABLE": Meaning.UNDELIVERABLE,
        "UNDELIVERED": Meaning.UNDELIVERABLE,
        "FAILED": Meaning.UNDELIVERABLE,
        "SKIPPED": Meaning.UNDELIVERABLE,
        "REJECTD": Meaning.REJECTED,
        "REJECTED": Meaning.REJECTED,
        "ACCEPTD": Meaning.ACCEPTED,
        "ACCEPTED": Meaning.ACCEPTED,
        "ACKED": Meaning.INTERMEDIATE,
        "BUFFERD": Meaning.INTERMEDIATE,
        "BUFFERED": Meaning.INTERMEDIATE,
        "ENROUTE": Meaning.INTERMEDIATE,
        "QUEUED": Meaning.INTERMEDIATE,
        "SCHEDULED": Meaning.INTERMEDIATE,
        "SENT": Meaning.INTERMEDIATE,
        "UNKNOWN": Meaning.UNKNOWN,
    }
)
# The word of 3.4 App. B for each message_state, under plain numbers: members hash slowly.
_WORD_OF_STATE: Final[MappingProxyType[int, str]] = MappingProxyType(
    {
        int(MessageState.SCHEDULED): "SCHEDULED",
        int(MessageState.ENROUTE): "ENROUTE",
        int(MessageState.DELIVERED): "DELIVRD",
        int(MessageState.EXPIRED): "EXPIRED",
        int(MessageState.DELETED): "DELETED",
        int(MessageState.UNDELIVERABLE): "UNDELIV",
        int(MessageState.ACCEPTED): "ACCEPTD",
        int(MessageState.UNKNOWN): "UNKNOWN",
        int(MessageState.REJECTED): "REJECTD",
        int(MessageState.SKIPPED): "SKIPPED",
    }
)
_UCS2: Final = frozenset({int(DataCoding.UCS2), int(DataCoding.FLASH_UCS2)})
_MARKED: Final = frozenset({int(EsmClass.DELIVERY_REPORT), int(EsmClass.INTERMEDIATE_REPORT)})
_TYPE_MASK: Final = int(EsmClass.TYPE_MASK)
_RECEIPTED_MESSAGE_ID: Final = int(Tag.RECEIPTED_MESSAGE_ID)
_MESSAGE_STATE: Final = int(Tag.MESSAGE_STATE)
_NETWORK_ERROR_CODE: Final = int(Tag.NETWORK_ERROR_CODE)
_NETWORK_ERROR_OCTETS: Final = 3
_NOTHING_WRITTEN: Final = ReportText()
_NO_TLVS: Final[dict[int, bytes]] = {}


def meaning_of_word(state_word: str) -> Meaning:
    """What a state word means, in any case; words nobody knows mean UNKNOWN."""
    return _MEANING_OF_WORD.get(state_word.upper(), Meaning.UNKNOWN)


def meaning_of_state(message_state: int) -> Meaning:
    """What a message_state means; numbers nobody knows mean UNKNOWN."""
    word = _WORD_OF_STATE.get(message_state)
    return _MEANING_OF_WORD[word] if word else Meaning.UNKNOWN


def is_report(pdu: ReportPdu, *, sniff: bool = False) -> bool:
    """Whether `pdu` is a delivery report: marked in esm_class (3.4 section 5.2.12).

    With `sniff`, for carriers that mark nothing, one that reads like a report is one as well.
    """
    kind = pdu.esm_class & _TYPE_MASK
    if kind in _MARKED:
        return True
    if kind or not sniff:
        return False
    return find(pdu.tlvs, _RECEIPTED_MESSAGE_ID) is not None or looks_like_report(
        _written_text(pdu)
    )


def read_report(pdu: ReportPdu, *, sniff: bool = False) -> DeliveryReport | None:
    """The report in `pdu`; None when it is none. One that names no message has no ids.

    Never raises.
    """
    if not is_report(pdu, sniff=sniff):
        return None
    # Of duplicates the first counts. Reports come by the thousand, and many have no TLVs.
    by_tag = dict(reversed(pdu.tlvs)) if pdu.tlvs else _NO_TLVS
    text = _text_of(pdu)
    written = read_report_text(text) if text else _NOTHING_WRITTEN
    if text and not written.message_id:
        written = read_report_text(_written_text(pdu))
    receipted = by_tag.get(_RECEIPTED_MESSAGE_ID, b"").partition(b"\0")[0].decode("latin-1")
    state_word, meaning = _state(by_tag.get(_MESSAGE_STATE), written)
    return DeliveryReport(
        receipted.strip(),
        written.message_id.strip("\0"),
        state_word,
        meaning,
        _error(by_tag.get(_NETWORK_ERROR_CODE), written),
        written.submit_date,
        written.done_date,
    )


def _text_of(pdu: ReportPdu) -> str:
    """The text as its data_coding has it."""
    octets = _octets_of(pdu)
    if pdu.data_coding in _UCS2:
        return octets.decode("utf-16-be", "replace")
    return octets.decode("latin-1")


def _written_text(pdu: ReportPdu) -> str:
    """The text as it reads like a report, whatever its data_coding says.

    Some carriers write UCS-2 and say nothing of it, or say it of plain octets; some pack seven bits
    as phones do. Where it reads like a report in no way, it is as its data_coding has it.
    """
    text = _text_of(pdu)
    if looks_like_report(text):
        return text
    octets = _octets_of(pdu)
    if pdu.esm_class & EsmClass.UDH_INDICATOR and octets:
        octets = octets[1 + octets[0] :]
    plain = octets.decode("latin-1")
    readings = (plain, plain.replace("\0", ""), unpack_septets(octets))
    return next((one for one in readings if looks_like_report(one)), text)


def _octets_of(pdu: ReportPdu) -> bytes:
    octets = pdu.short_message if isinstance(pdu, pdus.DeliverSm) else b""
    return octets or find(pdu.tlvs, Tag.MESSAGE_PAYLOAD) or b""


def _state(message_state: bytes | None, written: ReportText) -> tuple[str, Meaning]:
    meaning_written = meaning_of_word(written.state_word)
    # Some carriers send the TLV without a value, or with a number of their own.
    word = _WORD_OF_STATE.get(int.from_bytes(message_state, "big")) if message_state else None
    if word is None:
        return written.state_word, meaning_written
    meaning = _MEANING_OF_WORD[word]
    return (written.state_word if meaning is meaning_written else word), meaning


def _error(network_error: bytes | None, written: ReportText) -> str:
    if network_error is None or len(network_error) < _NETWORK_ERROR_OCTETS:
        return written.error
    code = int.from_bytes(network_error[1:3], "big")
    # A network error of 0 is no error, and often a TLV that is always filled with zeros.
    return f"{code:03d}" if code or not written.error else written.error


# How many digits, and where the year ends: with and without seconds, and century.
_DATE_FORMS: Final = {10: (2,), 12: (2, 4), 14: (4,)}


def read_report_date(digits: str, zone: tzinfo) -> datetime | None:
    """The time that a report's date means in the carrier's zone; None when it is no time."""
    for year_digits in _DATE_FORMS.get(len(digits), ()):
        rest = digits[year_digits:]
        try:
            year = int(digits[:year_digits]) + (2000 if year_digits == 2 else 0)
            parts = [int(rest[at : at + 2]) for at in range(0, len(rest), 2)]
            local = datetime(year, *parts, tzinfo=zone)  # type: ignore[misc,arg-type]  # 4 or 5 numbers, month to second
            # Some write 1 January of the year 1 for "never", which may be no time at all in UTC.
            return local.astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


def make_report(
    submit: pdus.SubmitSm,
    message_id: bytes,
    state: MessageState,
    submitted_at: datetime,
    done_at: datetime,
    *,
    error: int = 0,
) -> pdus.DeliverSm:
    """The report an SMSC sends of `submit`, by text and by TLVs."""
    word = _WORD_OF_STATE[state]
    kind = EsmClass.DELIVERY_REPORT if meaning_of_state(state).is_final else _intermediate(state)
    has_plain_text = submit.data_coding == DataCoding.SMSC_DEFAULT and not (
        submit.esm_class & EsmClass.UDH_INDICATOR
    )
    text = submit.short_message if has_plain_text else b""
    return pdus.DeliverSm(
        service_type=submit.service_type,
        source_addr_ton=submit.dest_addr_ton,
        source_addr_npi=submit.dest_addr_npi,
        source_addr=submit.destination_addr,
        dest_addr_ton=submit.source_addr_ton,
        dest_addr_npi=submit.source_addr_npi,
        destination_addr=submit.source_addr,
        esm_class=kind,
        short_message=write_report_text(
            message_id, word, submitted_at, done_at, error=error, text=text
        ),
        tlvs=(
            text_tlv(Tag.RECEIPTED_MESSAGE_ID, message_id),
            octet_tlv(Tag.MESSAGE_STATE, state),
            (int(Tag.NETWORK_ERROR_CODE), b"\x03" + error.to_bytes(2, "big")),
        ),
    )


def _intermediate(state: MessageState) -> EsmClass:
    is_unknown = state is MessageState.UNKNOWN
    return EsmClass.DELIVERY_REPORT if is_unknown else EsmClass.INTERMEDIATE_REPORT
