"""What a carrier delivers over one connection: reports, stored first and answered then.

Owns the answers to deliver_sm and data_sm. What a report means is `incoming`'s.
"""

from functools import partial

from staffetta.connectors.metrics import REPORT_PUT_OFF, REPORT_STORED
from staffetta.connectors.smpp.connection import Connection
from staffetta.connectors.smpp.link_parts import LinkMemory, LinkParts
from staffetta.connectors.smpp.printable import printable
from staffetta.domain.short_numbers import short_number
from staffetta.smpp import events, pdus
from staffetta.smpp.reports import ReportPdu
from staffetta.smpp.statuses import Status


class Deliveries:
    """The deliveries of one connection."""

    def __init__(self, parts: LinkParts, memory: LinkMemory, connection: Connection) -> None:
        self._incoming = parts.incoming
        self._inbox = parts.inbox
        self._counts = parts.counts
        self._wake = parts.wake
        self._remarks = memory.remarks
        self._recorder = memory.recorder
        self._totals = memory.totals
        self._connection = connection

    def requested(self, event: events.RequestReceived) -> None:
        """The carrier asks for something."""
        pdu = event.pdu
        if type(pdu) is not pdus.DeliverSm and not isinstance(pdu, pdus.DataSm):
            self._connection.session.refuse(pdu, Status.INVALID_COMMAND_ID)
            return
        report = self._incoming.report(pdu)
        if report is None:
            self._take_message(pdu)
            return
        self._totals.report_count += 1
        if not report.smsc_id:  # kept all the same, and shown
            self._counts.odd("report_without_id")
        self._recorder.reported(report, pdu.sequence_number)
        if not self._inbox.reported(report, partial(self._answer_report, pdu)):
            self._answer_report(pdu, False)

    def _answer_report(self, pdu: ReportPdu, stored: bool) -> None:
        """Tell the carrier: it brings a report again whose answer says that our queue is full."""
        self._counts.reported(REPORT_STORED if stored else REPORT_PUT_OFF)
        self._connection.session.refuse(pdu, 0 if stored else Status.MESSAGE_QUEUE_FULL)
        self._wake()

    def _take_message(self, pdu: ReportPdu) -> None:
        """What is no report is taken and told of; the log is no place for people's numbers."""
        self._counts.odd("inbound_message")
        self._remarks.warn(
            "inbound_message_not_kept",
            self._connection.now(),
            source=short_number(printable(pdu.source_addr)),
            destination=short_number(printable(pdu.destination_addr)),
        )
        self._connection.session.refuse(pdu, 0)
