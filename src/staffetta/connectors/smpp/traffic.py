"""What goes over one connection: segments out, answers and reports in.

Owns the claim that is being written, and what each event of the session means for claims and
reports. Made anew for every connection; the link decides when there is one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Final

import structlog

from staffetta.connectors.metrics import REPORT_PUT_OFF, REPORT_STORED, ConnectorCounts
from staffetta.connectors.smpp.backlog import Backlog, ClaimUnderWay
from staffetta.connectors.smpp.connection import Connection
from staffetta.connectors.smpp.incoming import Incoming
from staffetta.connectors.smpp.outgoing import Outgoing
from staffetta.connectors.smpp.printable import printable
from staffetta.connectors.smpp.rate import RateLimit
from staffetta.connectors.smpp.recorder import LinkRecorder
from staffetta.connectors.smpp.remarks import Remarks
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.domain.clock import Clock
from staffetta.messaging.connector import (
    Accepted,
    Busy,
    Inbox,
    NotSent,
    Outcome,
    Refused,
    Uncertain,
)
from staffetta.messaging.recordings import Reason
from staffetta.smpp import events, pdus
from staffetta.smpp.bind_states import BOUND
from staffetta.smpp.errors import InvalidField
from staffetta.smpp.reports import ReportPdu
from staffetta.smpp.statuses import Status, StatusClass
from staffetta.smpp.window import LostRequests

_FRAME_OCTETS_LOGGED_MAX: Final = 512
_DELIVERING: Final = (pdus.DeliverSm, pdus.DataSm)


@dataclass(frozen=True, slots=True)
class LinkParts:
    """What the links of one connector share."""

    settings: SmppSettings
    backlog: Backlog
    inbox: Inbox
    outgoing: Outgoing
    incoming: Incoming
    counts: ConnectorCounts
    clock: Clock
    wake: Callable[[], None]  # something may be written: take a turn soon
    recorder_of: Callable[[int], LinkRecorder]  # the recorder of a link, by its number


class Traffic:
    """One connection's claims and reports."""

    def __init__(
        self,
        parts: LinkParts,
        rate: RateLimit,
        remarks: Remarks,
        log: structlog.typing.FilteringBoundLogger,
        ring: Callable[[], None],
        recorder: LinkRecorder,
    ) -> None:
        settings = parts.settings
        self._parts = parts
        self._backlog = parts.backlog
        self._rate = rate
        self._remarks = remarks
        self._log = log
        self._ring = ring  # something happened that the link waits for
        self._recorder = recorder
        self._current: ClaimUnderWay | None = None  # some segments of it may be written, not all
        self._takes_claims = True
        self.connection = Connection(
            settings.timings,
            settings.window_max,
            self._told,
            parts.wake,
            self._lost,
            recorder.ring,
        )
        recorder.began()
        self.bound_at: float | None = None
        self.smsc = ""  # as the carrier names itself
        self.refused_with: int | None = None  # the status that refused our bind
        self.needs_rebind = False  # the carrier does not know this bind any more

    # What the link asks --------------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        """Whether the connection is gone, and every segment written on it has its outcome."""
        return self.connection.is_over

    @property
    def takes_claims(self) -> bool:
        """Whether new claims can be written here, now or soon."""
        return (
            self._takes_claims
            and self.bound_at is not None
            and not self.is_over
            and self.connection.session.state in BOUND
        )

    @property
    def is_drained(self) -> bool:
        """Whether nothing is half written and nothing waits for an answer."""
        return self._current is None and self.connection.session.open_count == 0

    @property
    def owes_answers(self) -> bool:
        """Whether the carrier waits for answers to what it delivered."""
        return self.connection.session.unanswered_count > 0

    def room(self, now: float) -> int:
        """How many segments could be written within a second, whatever waits already."""
        if not self.takes_claims:
            return 0
        return min(self.connection.room, self._rate.within_a_second(now))

    def turn(self, now: float) -> None:
        """Write what may be written, all in one piece."""
        if self.bound_at is not None:
            self._write(now)
        self.connection.flush()
        if not self._takes_claims:
            self._ring()

    @property
    def open_count(self) -> int:
        """How many segments wait for an answer."""
        return 0 if self.bound_at is None else self.connection.session.open_count

    def next_write_at(self, now: float) -> float | None:
        """When the rate lets the next segment go; None when something else is waited for."""
        waits = self._current is not None or (self._takes_claims and self._backlog.segment_count)
        if not waits or self.bound_at is None or self.connection.room == 0:
            return None
        return self._rate.next_at(now)

    def take_no_more(self) -> None:
        """Begin no other claim; finish the one in hand."""
        self._takes_claims = False

    def give_up_unwritten(self, reason: str) -> None:
        """What of the claim in hand is not written never will be."""
        current, self._current = self._current, None
        if current is not None:
            self._backlog.give_up(current, reason)

    # Writing -------------------------------------------------------------------------------------

    def _write(self, now: float) -> None:
        room = min(self.connection.room, self._rate.allowance(now))
        if room <= 0:
            return
        wall = self._parts.clock.now()
        left = room
        while left > 0:
            work = self._current or self._next_claim()
            if work is None:
                break
            left -= self._write_claim(work, left, now, wall)
        self._rate.spend(room - left, now)

    def _next_claim(self) -> ClaimUnderWay | None:
        return self._backlog.next() if self._takes_claims else None

    def _write_claim(self, work: ClaimUnderWay, room: int, now: float, wall: datetime) -> int:
        """Write up to `room` segments of a claim; answers how many."""
        self._current = work
        claim = work.claim
        segments = claim.segments
        count = 0
        send, make = self.connection.session.send, self._parts.outgoing.submit_sm
        while count < room and work.unwritten_at < len(segments):
            index = work.unwritten_at
            self._backlog.written(work)
            try:
                work.numbers[index] = send(make(claim, segments[index], wall), (work, index), now)
            except InvalidField as error:
                self._refuse_unwritable(work, index, error)
            else:
                count += 1
        if work.unwritten_at == len(segments):
            self._current = None
        return count

    def _refuse_unwritable(self, work: ClaimUnderWay, index: int, error: InvalidField) -> None:
        self._log.error(
            "segment_cannot_be_written",
            recipient=work.claim.recipient_id.hex(),
            segment=work.claim.segments[index].number,
            error=str(error),
        )
        reason = f"the segment does not fit SMPP: {error}"
        self._backlog.answered(work, index, Refused(0, reason, temporary=False))

    # What the carrier says -----------------------------------------------------------------------

    def _told(self, event: events.Event) -> None:
        self._HANDLERS[type(event)](self, event)

    def _responded(self, event: events.ResponseReceived) -> None:
        pdu = event.pdu
        if pdu.command_status == 0 and isinstance(pdu, pdus.MessageIdResp):
            self._answered(event.context, self._parts.outgoing.accepted(pdu.message_id))
        else:
            self._refused(event.context, pdu.command_status)

    def _refused(self, context: Any, command_status: int) -> None:
        outcome = self._parts.outgoing.refused(command_status)
        now = self.connection.now()
        match outcome:
            case Busy():
                self._rate.throttled(now)
                self._remarks.warn(
                    "throttled",
                    now,
                    command_status=command_status,
                    per_second=round(self._rate.per_second, 1),
                )
            case NotSent():
                self._remarks.warn("bind_not_known", now, command_status=command_status)
                self._leave_for_rebind(outcome.reason)
            case Refused():
                self._note_refusal(outcome, now)
        self._answered(context, outcome)

    def _note_refusal(self, refusal: Refused, now: float) -> None:
        meaning = self._parts.outgoing.meaning(refusal.command_status)
        if meaning.status_class is StatusClass.PROTOCOL:
            self._remarks.warn("carrier_cannot_read_us", now, reason=refusal.reason)
            self._parts.counts.odd("unreadable_to_carrier")

    def _leave_for_rebind(self, reason: str) -> None:
        self.needs_rebind = True
        self.take_no_more()
        self.give_up_unwritten(reason)
        self._ring()

    def _answered(self, context: Any, outcome: Outcome) -> None:
        work, index = context
        if work.recorded is not None or type(outcome) is not Accepted:
            self._recorder.answered(work, index, outcome)
        self._backlog.answered(work, index, outcome)

    def _nacked(self, event: events.PeerNacked) -> None:
        if event.certain:
            self._refused(event.context, event.command_status)
            return
        self._parts.counts.odd("nack_without_number")
        reason = f"the carrier could not read something (status {event.command_status})"
        self._answered(event.context, Uncertain(reason))

    def _timed_out(self, event: events.RequestTimedOut) -> None:
        seconds = self._parts.settings.timings.response_seconds
        self._remarks.warn(
            "no_answer", self.connection.now(), sequence_number=event.sequence_number
        )
        self._answered(event.context, Uncertain(f"no answer within {seconds:g} seconds"))

    def _requested(self, event: events.RequestReceived) -> None:
        pdu = event.pdu
        if not isinstance(pdu, _DELIVERING):
            self.connection.session.refuse(pdu, Status.INVALID_COMMAND_ID)
            return
        report = self._parts.incoming.report(pdu)
        if report is None:
            self._take_message(pdu)
            return
        if (awaited := self._recorder.awaited.get(report.smsc_key)) is not None:
            self._recorder.reported(awaited, pdu.sequence_number)
        if not self._parts.inbox.reported(report, partial(self._answer_report, pdu)):
            self._answer_report(pdu, False)

    def _answer_report(self, pdu: ReportPdu, stored: bool) -> None:
        """Tell the carrier: it brings a report again whose answer says that our queue is full."""
        self._parts.counts.reported(REPORT_STORED if stored else REPORT_PUT_OFF)
        self.connection.session.refuse(pdu, 0 if stored else Status.MESSAGE_QUEUE_FULL)
        self._parts.wake()

    def _take_message(self, pdu: ReportPdu) -> None:
        """What is no report, or names no message, is taken and told of."""
        is_report = self._parts.incoming.names_no_message(pdu)
        kind = "report_without_id" if is_report else "inbound_message"
        self._parts.counts.odd(kind)
        self._log.warning(
            f"{kind}_not_kept",
            source=printable(pdu.source_addr),
            destination=printable(pdu.destination_addr),
        )
        self.connection.session.refuse(pdu, 0)

    def _bound(self, event: events.Bound) -> None:
        self.bound_at = self.connection.now()
        self.smsc = printable(event.smsc_system_id)
        self._ring()

    def _bind_refused(self, event: events.BindRefused) -> None:
        self.refused_with = event.command_status
        self._recorder.incident(Reason.BIND_REFUSED)

    def _ended(self, event: events.Unbound | events.PeerSilent | events.ProtocolViolation) -> None:
        match event:
            case events.Unbound():
                reason = "the carrier unbound" if event.by_peer else "unbound"
            case events.PeerSilent():
                reason = f"the carrier fell silent ({event.timer})"
            case events.ProtocolViolation():
                reason = f"the carrier broke the protocol: {event.reason}"
                self._parts.counts.odd("protocol_violation")
                self._log.warning("protocol_violation", reason=event.reason)
        self.connection.reason = reason

    def _unexpected(self, event: events.UnexpectedPdu) -> None:
        pdu = event.pdu
        kind = "unexpected_pdu"
        fields: dict[str, Any] = {"pdu": type(pdu).__name__}
        if isinstance(pdu, pdus.SubmitSmResp):
            # Late, for the second time, or to a number we never used: it settles nothing.
            kind = "unexpected_answer"
            fields |= {
                "smsc_id": printable(pdu.message_id),
                "command_status": pdu.command_status,
            }
        self._odd(kind, sequence_number=pdu.sequence_number, **fields)

    def _unreadable(self, event: events.Quarantined | events.Undecodable) -> None:
        self._recorder.unreadable(event.frame)
        kind = "quarantined" if isinstance(event, events.Quarantined) else "undecodable"
        octets = event.frame[:_FRAME_OCTETS_LOGGED_MAX].hex()
        self._odd(f"{kind}_pdu", reason=event.reason, octets=octets)

    def _rejected(self, event: events.RequestRejected) -> None:
        name = type(event.pdu).__name__
        self._odd("rejected_pdu", pdu=name, command_status=event.command_status)

    def _noticed(self, event: events.NoticeReceived) -> None:
        self._odd("notice", pdu=type(event.pdu).__name__)

    def _odd(self, kind: str, **fields: Any) -> None:
        self._parts.counts.odd(kind)
        self._remarks.warn(kind, self.connection.now(), **fields)

    def _nothing(self, _event: events.Event) -> None:
        """Events that concern servers, or that another one follows."""

    def _lost(self, lost: LostRequests, reason: str) -> None:
        """The connection is gone: nothing is left without an outcome."""
        if self._takes_claims and self.refused_with is None:
            self._recorder.incident(Reason.LINK_LOST)
        self._takes_claims = False
        self.give_up_unwritten(reason)
        for context in lost.never_sent:
            self._answered(context, NotSent(reason))
        for context in lost.uncertain:
            self._answered(context, Uncertain(reason))
        if lost.uncertain:
            self._log.warning("segments_left_uncertain", count=len(lost.uncertain), reason=reason)
        self._ring()
        self._parts.wake()

    _HANDLERS: ClassVar[dict[type[events.Event], Callable[[Any, Any], None]]] = {
        events.ResponseReceived: _responded,
        events.RequestReceived: _requested,
        events.PeerNacked: _nacked,
        events.RequestTimedOut: _timed_out,
        events.Bound: _bound,
        events.BindRefused: _bind_refused,
        events.Unbound: _ended,
        events.PeerSilent: _ended,
        events.ProtocolViolation: _ended,
        events.UnexpectedPdu: _unexpected,
        events.Quarantined: _unreadable,
        events.Undecodable: _unreadable,
        events.RequestRejected: _rejected,
        events.NoticeReceived: _noticed,
        events.PeerInactive: _nothing,
        events.BindRequested: _nothing,
    }
