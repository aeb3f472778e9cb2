"""From a deliver_sm or data_sm to a delivery report of ours.

Pure. Owns what one carrier's settings make of what it delivers.
"""

from functools import lru_cache, partial
from types import MappingProxyType
from typing import Final

from staffetta.connectors.smpp.printable import printable, printable_text
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.messaging.connector import Report, ReportMeaning
from staffetta.smpp.message_ids import IdForm, message_id_key
from staffetta.smpp.network_errors import ErrorMeaning, error_meaning
from staffetta.smpp.reports import (
    DeliveryReport,
    Meaning,
    ReportPdu,
    is_report,
    read_report,
    read_report_date,
)

_DATES_MAX: Final = 1024
_SENDERS_MAX: Final = 1024  # few send much
_DATE_DIGITS_KEPT: Final = 15  # one more than the longest that means something
_MEANINGS: Final = MappingProxyType(
    {
        Meaning.DELIVERED: ReportMeaning.DELIVERED,
        Meaning.UNDELIVERABLE: ReportMeaning.UNDELIVERABLE,
        Meaning.REJECTED: ReportMeaning.REJECTED,
        Meaning.EXPIRED: ReportMeaning.EXPIRED,
        Meaning.DELETED: ReportMeaning.UNDELIVERABLE,  # by the carrier: we never ask for it
        Meaning.INTERMEDIATE: ReportMeaning.INTERMEDIATE,
        # What carriers with whom something else follows mean by these:
        Meaning.ACCEPTED: ReportMeaning.INTERMEDIATE,
        Meaning.UNKNOWN: ReportMeaning.INTERMEDIATE,
    }
)
_NO_ERROR: Final = frozenset({"", "0", "00", "000", "0000"})


class Incoming:
    """One carrier's way of speaking to us."""

    def __init__(self, settings: SmppSettings) -> None:
        self._connector_id = settings.connector_id
        self._sniffs = settings.sniffs_reports
        # Without a word of the operator, how the carrier spells ids is learned.
        has_set_ids = settings.report_ids is not None or settings.submit_ids is not IdForm.AS_IS
        self._id_form = (settings.report_ids or IdForm.AS_IS) if has_set_ids else None
        self._meanings = _MEANINGS | _last_words(settings)
        self._error_meanings = settings.error_meanings
        # Reports come in crowds, and those of a crowd bear the same minute.
        self._sender = lru_cache(_SENDERS_MAX)(printable)
        self._date = lru_cache(_DATES_MAX)(partial(read_report_date, zone=settings.report_zone))

    def report(self, pdu: ReportPdu) -> Report | None:
        """The report in `pdu`; None when it is none. One that names no message has no id."""
        read = read_report(pdu, sniff=self._sniffs)
        if read is None:
            return None
        tlv_id = printable_text(read.tlv_id)
        text_id = tlv_id if read.text_id == read.tlv_id else printable_text(read.text_id)
        smsc_id = tlv_id or text_id
        meaning = self._meanings[read.meaning]
        said = self._what_failed(read) if read.error not in _NO_ERROR else None
        return Report(
            connector_id=self._connector_id,
            smsc_id=smsc_id,
            smsc_key=message_id_key(smsc_id, self._id_form or IdForm.AS_IS),
            meaning=meaning,
            state_word=printable_text(read.state_word),
            error=printable_text(read.error),
            done_at=self._date(read.done_date[:_DATE_DIGITS_KEPT]),
            # A report goes the other way round: its source is the phone.
            destination=printable(pdu.source_addr),
            sender=self._sender(pdu.destination_addr),
            tlv_id=tlv_id,
            text_id=text_id,
            id_form=self._id_form,
            error_words=said.words if said else "",
            error_reason=said.reason if said and said.is_own else "",
            # A phone can write a text like a report's, and neither the mark nor the TLV.
            is_sniffed=self._sniffs and not tlv_id and not is_report(pdu),
        )

    def _what_failed(self, read: DeliveryReport) -> ErrorMeaning | None:
        """What the error of a report means, in this carrier's own table first."""
        if read.meaning is Meaning.DELIVERED:
            return None
        return error_meaning(read.error, self._error_meanings)


def _last_words(settings: SmppSettings) -> dict[Meaning, ReportMeaning]:
    """What an operator says that this carrier's open states mean: nothing follows them."""
    last: dict[Meaning, ReportMeaning] = {}
    if settings.accepted_is_final:
        last[Meaning.ACCEPTED] = ReportMeaning.DELIVERED
    if settings.unknown_is_final:
        # Nobody will ever know: the end of a message whose time is over without a report.
        last[Meaning.UNKNOWN] = ReportMeaning.EXPIRED
    return last
