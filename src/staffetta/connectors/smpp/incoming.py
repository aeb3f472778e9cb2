"""From a deliver_sm or data_sm to a delivery report of ours.

Pure. Owns what one carrier's settings make of what it delivers.
"""

from functools import lru_cache, partial
from types import MappingProxyType
from typing import Final

from staffetta.connectors.smpp.printable import printable, printable_text
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.messaging.connector import Report, ReportMeaning
from staffetta.smpp.message_ids import message_id_key
from staffetta.smpp.reports import Meaning, ReportPdu, is_report, read_report, read_report_date

_DATES_MAX: Final = 1024
_DATE_DIGITS_KEPT: Final = 15  # one more than the longest that means something
_MEANINGS: Final = MappingProxyType(
    {
        Meaning.DELIVERED: ReportMeaning.DELIVERED,
        Meaning.UNDELIVERABLE: ReportMeaning.UNDELIVERABLE,
        Meaning.REJECTED: ReportMeaning.REJECTED,
        Meaning.EXPIRED: ReportMeaning.EXPIRED,
        Meaning.DELETED: ReportMeaning.UNDELIVERABLE,  # by the carrier: we never ask for it
        Meaning.INTERMEDIATE: ReportMeaning.INTERMEDIATE,
        Meaning.UNKNOWN: ReportMeaning.INTERMEDIATE,  # decides nothing
    }
)


class Incoming:
    """One carrier's way of speaking to us."""

    def __init__(self, settings: SmppSettings) -> None:
        self._connector_id = settings.connector_id
        self._sniffs = settings.sniffs_reports
        self._ids = settings.report_ids
        # Reports come in crowds, and those of a crowd bear the same minute.
        self._date = lru_cache(_DATES_MAX)(partial(read_report_date, zone=settings.report_zone))

    def report(self, pdu: ReportPdu) -> Report | None:
        """The report in `pdu`; None when it is none, or names no message."""
        read = read_report(pdu, sniff=self._sniffs)
        if read is None:
            return None
        smsc_id = printable_text(read.message_ids[0])
        return Report(
            connector_id=self._connector_id,
            smsc_id=smsc_id,
            smsc_key=message_id_key(smsc_id, self._ids),
            meaning=_MEANINGS[read.meaning],
            state_word=printable_text(read.state_word),
            error=printable_text(read.error),
            done_at=self._date(read.done_date[:_DATE_DIGITS_KEPT]),
            # A report goes the other way round: its source is the phone.
            destination=printable(pdu.source_addr),
        )

    def names_no_message(self, pdu: ReportPdu) -> bool:
        """Whether `pdu` is a report although `report` finds none in it."""
        return is_report(pdu, sniff=self._sniffs)
