"""What goes over one link while it is bound: one connection for both directions, or a pair.

Owns the connections of one bind, and what becomes of the link when one of them ends: the other does
too. Segments are `submits`', reports `deliveries`'. Made anew for every bind; the link decides when
there is one.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from math import inf
from typing import Any, Final

from staffetta.connectors.smpp.connection import Connection
from staffetta.connectors.smpp.deliveries import Deliveries
from staffetta.connectors.smpp.link_parts import LinkMemory, LinkParts
from staffetta.connectors.smpp.oddities import Oddities
from staffetta.connectors.smpp.printable import printable
from staffetta.connectors.smpp.settings import BindKind, Flash, SmppSettings
from staffetta.connectors.smpp.submits import Submits
from staffetta.domain.writing import LongMessages
from staffetta.messaging.recordings import Reason
from staffetta.smpp import events, pdus
from staffetta.smpp.bind_states import BindState
from staffetta.smpp.errors import LocalProtocolError
from staffetta.smpp.statuses import Status
from staffetta.smpp.timings import Timer
from staffetta.smpp.window import LostRequests

# What is done about each kind of event.
Handlers = dict[type[events.Event], Callable[[Any], None]]

_TRANSMITS: Final = frozenset({BindState.BOUND_TX, BindState.BOUND_TRX})
BINDS: Final[dict[BindKind, tuple[type[pdus.Bind], ...]]] = {
    BindKind.TRANSCEIVER: (pdus.BindTransceiver,),
    BindKind.PAIR: (pdus.BindTransmitter, pdus.BindReceiver),
}


class Traffic:
    """One bind's claims and reports. The first of its connections is the one that transmits."""

    def __init__(self, parts: LinkParts, memory: LinkMemory, ring: Callable[[], None]) -> None:
        self._parts = parts
        self._memory = memory
        self._ring = ring  # something happened that the link waits for
        self._unbound = len(BINDS[parts.settings.bind])  # connections that are not bound yet
        self.bound_at: float | None = None  # when all of them were
        self.smsc = ""  # as the carrier names itself
        self.refused_with: int | None = None  # the status that refused our bind
        self.unanswered: Timer | None = None  # what the carrier did not answer
        self.reason = ""  # why it is over, or to be left
        self.ended_by_carrier = False
        self._is_left = False
        self._handlers: list[Handlers] = [{} for _ in range(self._unbound)]
        self.connections = tuple(self._connect(handlers) for handlers in self._handlers)
        oddities = Oddities(parts, memory)
        transmitter = self.connections[0]
        self._submits = Submits(parts, memory, oddities, transmitter, self._leave)
        for connection, handlers in zip(self.connections, self._handlers, strict=True):
            handlers.update(self._handlers_of(connection, oddities))
        memory.window.resized = transmitter.resize_window
        memory.recorder.began()

    # What the link asks --------------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        """Whether every connection is gone, and every segment written has its outcome."""
        return all(connection.is_over for connection in self.connections)

    @property
    def is_ending(self) -> bool:
        """Whether it is of no more use: what is left of it is to be ended."""
        return self._is_left or any(connection.is_over for connection in self.connections)

    @property
    def is_broken(self) -> bool:
        """Whether a connection that was made is of no more use."""
        return any(connection.is_broken for connection in self.connections)

    @property
    def is_deaf(self) -> bool:
        """Whether waiting for answers is pointless."""
        return self._submits.is_deaf

    @property
    def takes_claims(self) -> bool:
        """Whether new claims can be written here, now or soon."""
        return (
            self._submits.takes_claims
            and self.bound_at is not None
            and not self.is_ending
            and self.connections[0].session.state in _TRANSMITS
        )

    @property
    def is_drained(self) -> bool:
        """Whether nothing is half written and nothing waits for an answer."""
        return not self._submits.has_current and self._submits.open_count == 0

    @property
    def owes_answers(self) -> bool:
        """Whether the carrier waits for answers to what it delivered."""
        return any(one.session.unanswered_count > 0 for one in self.connections if one.is_bound)

    @property
    def idle_seconds(self) -> float:
        """How long ago a segment was last written."""
        return self.connections[0].now() - self._submits.written_at

    @property
    def open_count(self) -> int:
        """How many segments wait for an answer."""
        return 0 if self.bound_at is None else self._submits.open_count

    def room(self, now: float) -> int:
        """How many segments could be written within a second, whatever waits already."""
        return self._submits.room(now) if self.takes_claims else 0

    def turn(self, now: float) -> None:
        """Write what may be written, all in one piece for each connection."""
        if self.bound_at is not None:
            self._submits.write(now)
        for connection in self.connections:
            connection.flush()
        if not self._submits.takes_claims:
            self._ring()

    def next_write_at(self, now: float) -> float | None:
        """When the rate lets the next segment go; None when something else is waited for."""
        return None if self.bound_at is None else self._submits.next_write_at(now)

    def take_no_more(self) -> None:
        """Begin no other claim; finish the one in hand."""
        self._submits.takes_claims = False

    def give_up_unwritten(self, reason: str) -> None:
        """What of the claim in hand is not written never will be."""
        self._submits.give_up_unwritten(reason)

    def bind(self) -> None:
        """Ask for every bind; raises InvalidField, LocalProtocolError where one is over."""
        settings = self._parts.settings
        for connection, kind in zip(self.connections, BINDS[settings.bind], strict=True):
            connection.bind(bind_pdu(kind, settings), long_password=settings.long_password)

    def unbind(self) -> bool:
        """Ask for the end of every bind there is; whether there was one."""
        bound = [connection for connection in self.connections if connection.is_bound]
        for connection in bound:
            connection.unbind()
        return bool(bound)

    def abort(self, reason: str) -> None:
        """End what is left, without a word to the carrier."""
        for connection in self.connections:
            connection.abort(reason)

    # How it is done ------------------------------------------------------------------------------

    def _connect(self, handlers: Handlers) -> Connection:
        def told(event: events.Event) -> None:
            try:
                handlers[type(event)](event)
            except Exception:  # noqa: BLE001 - it is logged, and those behind it are heard
                self._failed(connection, event)

        connection = Connection(
            # Its beginning waits for that of the other one, as long as connecting may take.
            replace(self._parts.settings.timings, session_init_seconds=inf),
            self._memory.window.now_open_max,
            told,
            self._parts.wake,
            lambda lost, reason: self._lost(connection, lost, reason),
            self._memory.recorder.ring,
        )
        return connection

    def _failed(self, connection: Connection, event: events.Event) -> None:
        """A fault of ours kept an event from its effect: who waits for that waits no more."""
        kind = type(event).__name__
        self._memory.remarks.warn("event_failed", connection.now(), kind=kind, exc_info=True)
        match event:
            case events.ResponseReceived() | events.PeerNacked() | events.RequestTimedOut():
                self._submits.failed(event.context)
            case events.RequestReceived():
                with suppress(LocalProtocolError):  # it may have its answer
                    connection.session.refuse(event.pdu, Status.SYSTEM_ERROR)
            case events.Bound():
                self._leave("an error of this program; it is in the log")
            case _:
                pass

    def _leave(self, reason: str) -> None:
        """This bind is of no more use, though the connection may live."""
        self._is_left = True
        self.reason = self.reason or reason
        self.take_no_more()
        self.give_up_unwritten(reason)
        self._ring()

    def _bound(self, event: events.Bound) -> None:
        self.smsc = self.smsc or printable(event.smsc_system_id)
        if event.smsc_version is None and _writes_tlvs(self._parts.settings):
            # Without a version an SMSC is of 3.3 or older, which knows no TLVs (3.4 section 3.4).
            # Many merely forget to say it, so what was set goes all the same.
            self._memory.log.warning("tlvs_to_carrier_without_version", smsc=self.smsc)
        self._unbound -= 1
        if self._unbound == 0:
            self.bound_at = self.connections[0].now()
            self._ring()

    def _bind_refused(self, event: events.BindRefused) -> None:
        self.refused_with = event.command_status
        self._memory.recorder.incident(Reason.BIND_REFUSED)

    def _ended(
        self,
        connection: Connection,
        event: events.Unbound | events.PeerSilent | events.ProtocolViolation,
    ) -> None:
        match event:
            case events.Unbound():
                reason = "the carrier unbound" if event.by_peer else "unbound"
            case events.PeerSilent():
                self.unanswered = event.timer
                reason = f"the carrier fell silent ({event.timer})"
            case events.ProtocolViolation():
                connection.was_ended_here = True
                reason = f"the carrier broke the protocol: {event.reason}"
        connection.reason = reason

    def _lost(self, connection: Connection, lost: LostRequests, reason: str) -> None:
        """A connection is gone; with it goes the link."""
        if self._submits.takes_claims and self.refused_with is None:
            self._memory.recorder.incident(Reason.LINK_LOST)
        if not self.reason:
            self.reason = reason
            self.ended_by_carrier = not connection.was_ended_here
        self._submits.takes_claims = False
        if connection is self.connections[0]:
            self._submits.lost(lost, reason)
        self._ring()
        self._parts.wake()

    def _handlers_of(self, connection: Connection, oddities: Oddities) -> Handlers:
        now = connection.now
        ended = partial(self._ended, connection)

        def violated(event: events.ProtocolViolation) -> None:
            oddities.violated(event)
            ended(event)

        def unexpected(event: events.UnexpectedPdu) -> None:
            pdu = event.pdu
            # Each connection counts its own numbers, and one alone transmits.
            is_ours = connection is self.connections[0]
            if not (
                is_ours and isinstance(pdu, pdus.SubmitSmResp) and self._submits.answered_late(pdu)
            ):
                oddities.unexpected(event, now())

        return {
            events.ResponseReceived: self._submits.responded,
            events.RequestReceived: Deliveries(self._parts, self._memory, connection).requested,
            events.PeerNacked: self._submits.nacked,
            events.RequestTimedOut: self._submits.timed_out,
            events.Bound: self._bound,
            events.BindRefused: self._bind_refused,
            events.Unbound: ended,
            events.PeerSilent: ended,
            events.ProtocolViolation: violated,
            events.UnexpectedPdu: unexpected,
            events.Quarantined: lambda event: oddities.unreadable(event, now()),
            events.Undecodable: lambda event: oddities.unreadable(event, now()),
            events.RequestRejected: lambda event: oddities.rejected(event, now()),
            events.NoticeReceived: lambda event: oddities.noticed(event, now()),
            events.PeerInactive: _nothing,
            events.BindRequested: _nothing,
        }


def _nothing(_event: events.Event) -> None:
    """Events that concern servers, or that another one follows."""


def _writes_tlvs(settings: SmppSettings) -> bool:
    """Whether TLVs go with segments, which they do only where somebody set that."""
    fields, long_messages = settings.fields, settings.texts.long_messages
    is_by_tlv = long_messages in {LongMessages.SAR, LongMessages.PAYLOAD}
    return bool(fields.tlvs) or fields.flash is Flash.SUBUNIT or is_by_tlv


def bind_pdu(kind: type[pdus.Bind], settings: SmppSettings) -> pdus.Bind:
    """What a connection asks to be bound as."""
    return kind(
        system_id=settings.system_id.encode(),
        password=settings.password.encode(),
        system_type=settings.system_type.encode(),
        interface_version=settings.interface_version,
        address_range=settings.address_range.encode(),
    )
