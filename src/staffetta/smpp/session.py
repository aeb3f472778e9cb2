"""One SMPP session without I/O, for either end: octets and time in, events and octets out.

Owns the bind state, the window, sequence numbers and timers of one connection. It must not wait,
read a clock, log, or know what a message means to anybody.

How a shell drives it, and the rules that it keeps by itself, are in the package's docstring.
"""

from collections.abc import Callable
from typing import Any, ClassVar, Final

from staffetta.smpp import answers, events, pdus
from staffetta.smpp.bind_states import (
    BINDS,
    BOUND,
    BOUND_STATE_OF,
    RIGHTS,
    BindState,
    PduTypes,
    Role,
)
from staffetta.smpp.constants import FRAME_OCTETS_MAX
from staffetta.smpp.decode import decode
from staffetta.smpp.encode import ENCODERS, Encoder, deliver_sm_resp, encode_as, encode_long_bind
from staffetta.smpp.errors import BadFraming, LocalProtocolError, MalformedPdu
from staffetta.smpp.events import Event
from staffetta.smpp.framing import FrameReader
from staffetta.smpp.statuses import Status
from staffetta.smpp.timings import Timer, Timers, Timings
from staffetta.smpp.tlvs import Tag, find_integer
from staffetta.smpp.window import LostRequests, OpenRequest, Window

WINDOW_SIZE: Final = 10  # the guideline of 3.4 section 2.9
# A member is slow to look up in its enumeration, and this one is asked for with every PDU.
_CLOSED: Final = BindState.CLOSED
_NOT_WINDOWED: Final = BINDS | {pdus.Unbind, pdus.EnquireLink}


class Session:
    """One connection's state. The package's docstring says how to drive it."""

    def __init__(
        self,
        role: Role,
        now: float,
        *,
        timings: Timings | None = None,
        window_size: int = WINDOW_SIZE,
    ) -> None:
        self.role = role
        self.unanswered_count = 0  # requests of the peer that wait for `respond` or `refuse`
        self._now = now
        self._state = BindState.OPEN
        self._rights = RIGHTS[role, BindState.OPEN]
        self._windowed: PduTypes = frozenset()  # what may be sent now, inside the window
        self.reader = FrameReader()
        self._timers = Timers(timings or Timings(), now)
        self._window = Window(window_size)
        self._output: list[bytes] = []
        self._bind: pdus.Bind | None = None
        self._control_number = 0  # of our newest bind, unbind or enquire_link

    # What is -------------------------------------------------------------------------------------

    @property
    def state(self) -> BindState:
        """The bind state. CLOSED: write what is left, and close the connection."""
        return self._state

    @property
    def is_closed(self) -> bool:
        """Whether the session is over."""
        return self._state is _CLOSED

    @property
    def room(self) -> int:
        """How many requests may be sent now."""
        return self._window.room if self._state in BOUND else 0

    def resize_window(self, size: int) -> None:
        """Let `size` requests be open from now on; more than that may still wait for answers."""
        self._window.size = size

    @property
    def open_count(self) -> int:
        """How many requests of ours wait for an answer."""
        return len(self._window)

    @property
    def has_output(self) -> bool:
        """Whether `data_to_send` has something."""
        return bool(self._output)

    def next_deadline(self) -> float:
        """When `tick` has something to do at the earliest; infinity when nothing runs."""
        return min((at for at, _timer in self._deadlines()), default=float("inf"))

    # What this end asks for ----------------------------------------------------------------------

    def bind(self, pdu: pdus.Bind, now: float, *, long_password: bool = False) -> None:
        """Ask to be bound (ESME). Ends with Bound, BindRefused or PeerSilent.

        With `long_password` the password may be longer than the specification's 8 octets.
        """
        self._check_may_send(pdu)
        self._send_control(pdu, encode_long_bind if long_password else encode_as)
        self._bind = pdu
        self._enter(BindState.BINDING, now)

    def accept_bind(self, system_id: bytes, now: float) -> None:
        """Take the bind of BindRequested (SMSC), naming ourselves `system_id`."""
        bind = self._take_bind_request()
        self._output.append(answers.bind_accepted(bind, system_id))
        self._enter(BOUND_STATE_OF[type(bind)], now)

    def refuse_bind(self, command_status: int, now: float) -> None:
        """Refuse the bind of BindRequested (SMSC). Closes the session."""
        bind = self._take_bind_request()
        self._output.append(answers.status_answer(bind, command_status))
        self._enter(BindState.CLOSED, now)

    def send(self, pdu: pdus.Request, context: Any, now: float) -> int:
        """Send a request inside the window; its sequence_number.

        Raises LocalProtocolError when the state or the window does not allow it, InvalidField when
        it cannot be encoded.
        """
        kind = type(pdu)
        if kind not in self._windowed:
            raise LocalProtocolError(f"{kind.__name__} cannot be sent while {self._state}")
        window = self._window
        if window.is_full():
            raise LocalProtocolError(f"the window of {window.size} is full")
        sequence_number = window.next_sequence_number()
        self._output.append(ENCODERS[kind](pdu, sequence_number))
        window.add(sequence_number, OpenRequest(context, now, pdus.RESPONSE_TYPES[kind]))
        self._timers.saw_traffic(now)
        return sequence_number

    def notify(self, pdu: pdus.Notice) -> None:
        """Send an outbind or alert_notification (SMSC), which nobody answers."""
        self._check_may_send(pdu)
        self._output.append(encode_as(pdu, self._window.next_sequence_number()))

    def respond(self, request: pdus.Request, response: pdus.Response) -> None:
        """Answer a RequestReceived; the sequence_number of `response` is set here.

        After the end of the session the answer is dropped: the peer brings the request again.
        """
        if pdus.RESPONSE_TYPES[type(request)] is not type(response):
            raise LocalProtocolError(
                f"{type(response).__name__} does not answer {type(request).__name__}"
            )
        if self._state is _CLOSED:
            return
        self._output.append(ENCODERS[type(response)](response, request.sequence_number))
        self.unanswered_count -= 1

    def refuse(self, request: pdus.Request, command_status: int) -> None:
        """Answer a RequestReceived with a status alone (0 for one that has nothing else)."""
        if type(request) is not pdus.DeliverSm:
            self.respond(request, pdus.RESPONSE_TYPES[type(request)](0, command_status))
        elif self._state is not _CLOSED:
            # Each report ends here, by the thousand.
            self._output.append(deliver_sm_resp(command_status, request.sequence_number))
            self.unanswered_count -= 1

    def enquire(self, now: float) -> None:
        """Ask whether the peer is there, before its silence does; whatever it sends answers."""
        self._now = now
        self._enquire(Timer.ENQUIRE, [])

    def unbind(self, now: float) -> None:
        """Ask for the end. Ends with Unbound or PeerSilent. Wait for `open_count` 0 before."""
        if self._state not in BOUND:
            raise LocalProtocolError(f"there is nothing to unbind while {self._state}")
        self._send_control(pdus.Unbind())
        self._enter(BindState.UNBINDING, now)

    # What the shell passes on --------------------------------------------------------------------

    def data_to_send(self) -> bytes:
        """Everything that is to be written now; empty when nothing is. Never raises."""
        data = b"".join(self._output)
        self._output.clear()
        self._window.drained()
        return data

    def receive_data(self, data: bytes, now: float) -> list[Event]:
        """What the octets that came mean, in their order. Never raises for what a peer sends."""
        told: list[Event] = []
        if self.is_closed:
            return told
        self._now = now
        frame = b""
        handlers = self._PDU_HANDLERS
        try:
            for frame in self.reader.frames(data):
                try:
                    pdu = decode(frame)
                except MalformedPdu as error:
                    self._receive_malformed(frame, error, told)
                else:
                    handlers[type(pdu)](self, pdu, told)
                if self._state is _CLOSED:
                    return told
        except BadFraming as error:
            self._output.append(answers.nack(Status.INVALID_COMMAND_LENGTH, 0))
            self._fail(events.ProtocolViolation(str(error)), told)
        if frame:
            self._timers.heard(now)
        if told:
            self._timers.saw_traffic(now)
        return told

    def tick(self, now: float) -> list[Event]:
        """What fell due until `now`."""
        told: list[Event] = []
        self._now = now
        for at, timer in self._deadlines():
            if at <= now and not self.is_closed:
                self._TIMER_HANDLERS[timer](self, timer, told)
        return told

    def connection_lost(self) -> LostRequests:
        """The connection is gone: the contexts of all requests without an answer."""
        self._enter(BindState.CLOSED, self._now)
        lost = self._window.take_all()
        self._output.clear()
        return lost

    # How it is done ------------------------------------------------------------------------------

    def _enter(self, state: BindState, now: float) -> None:
        self._state = state
        self._rights = rights = RIGHTS[self.role, state]
        self._windowed = rights.sends - _NOT_WINDOWED
        self._timers.entered(now)
        if state in BOUND:
            self.reader.frame_octets_max = FRAME_OCTETS_MAX

    def _fail(self, event: Event, told: list[Event]) -> None:
        told.append(event)
        self._enter(BindState.CLOSED, self._now)

    def _deadlines(self) -> list[tuple[float, Timer]]:
        return self._timers.deadlines(self.role, self._state, self._window.oldest_sent_at)

    def _check_may_send(self, pdu: pdus.Pdu) -> None:
        if type(pdu) not in self._rights.sends:
            raise LocalProtocolError(f"{type(pdu).__name__} cannot be sent while {self._state}")

    def _send_control(self, pdu: pdus.Request, write: Encoder = encode_as) -> None:
        number = self._window.next_sequence_number()
        self._output.append(write(pdu, number))
        self._control_number = number

    def _take_bind_request(self) -> pdus.Bind:
        if self.role is not Role.SMSC or self._state is not BindState.BINDING or not self._bind:
            raise LocalProtocolError(f"there is no bind to answer while {self._state}")
        return self._bind

    def _refuse(self, refusal: answers.Refusal, told: list[Event]) -> None:
        if refusal.answer:
            self._output.append(refusal.answer)
        told.append(refusal.event)

    def _receive_malformed(self, frame: bytes, error: MalformedPdu, told: list[Event]) -> None:
        takes = pdus.DeliverSm in self._rights.receives
        self._refuse(answers.refuse_malformed(frame, error, takes_deliver_sm=takes), told)

    def _receive_request(self, pdu: pdus.Request, told: list[Event]) -> None:
        if type(pdu) in self._rights.receives:
            self.unanswered_count += 1
            told.append(events.RequestReceived(pdu))
        else:
            self._refuse(answers.refuse_request(pdu, Status.INVALID_BIND_STATUS), told)

    def _receive_bind(self, pdu: pdus.Bind, told: list[Event]) -> None:
        if type(pdu) in self._rights.receives:
            self._bind = pdu
            self._enter(BindState.BINDING, self._now)
            told.append(events.BindRequested(pdu))
        elif self.role is Role.SMSC and self._bind is not None:
            self._refuse(answers.refuse_request(pdu, Status.ALREADY_BOUND), told)
        else:
            self._refuse(answers.refuse_request(pdu, Status.INVALID_BIND_STATUS), told)

    def _receive_notice(self, pdu: pdus.Notice, told: list[Event]) -> None:
        allowed = type(pdu) in self._rights.receives
        told.append(events.NoticeReceived(pdu) if allowed else events.UnexpectedPdu(pdu))

    def _receive_unknown(self, pdu: pdus.UnknownPdu, told: list[Event]) -> None:
        self._refuse(answers.refuse_unknown(pdu), told)

    def _receive_response(self, pdu: pdus.Response, told: list[Event]) -> None:
        request = self._window.take(pdu)
        if request is None:
            told.append(events.UnexpectedPdu(pdu))
        else:
            told.append(events.ResponseReceived(request.context, pdu))

    def _receive_bind_response(self, pdu: pdus.BindResp, told: list[Event]) -> None:
        if not self._awaits_control(BindState.BINDING, pdu) or not self._bind:
            told.append(events.UnexpectedPdu(pdu))
        elif pdu.command_status:
            self._fail(events.BindRefused(pdu.command_status), told)
        else:
            state = BOUND_STATE_OF[type(self._bind)]
            self._enter(state, self._now)
            version = find_integer(pdu.tlvs, Tag.SC_INTERFACE_VERSION)
            told.append(events.Bound(state, pdu.system_id, version))

    def _awaits_control(self, state: BindState, pdu: pdus.Response) -> bool:
        ours = self.role is Role.ESME or state is not BindState.BINDING
        return ours and self._state is state and pdu.sequence_number == self._control_number

    def _receive_unbind(self, pdu: pdus.Unbind, told: list[Event]) -> None:
        self._output.append(answers.status_answer(pdu, Status.OK))
        self._fail(events.Unbound(by_peer=True), told)

    def _receive_unbind_response(self, pdu: pdus.UnbindResp, told: list[Event]) -> None:
        if self._state is BindState.UNBINDING:
            self._fail(events.Unbound(by_peer=False), told)
        else:
            told.append(events.UnexpectedPdu(pdu))

    def _receive_enquiry(self, pdu: pdus.EnquireLink, _told: list[Event]) -> None:
        self._output.append(answers.status_answer(pdu, Status.OK))

    def _receive_enquiry_response(self, _pdu: pdus.Response, _told: list[Event]) -> None:
        self._timers.heard(self._now)

    def _receive_nack(self, pdu: pdus.GenericNack, told: list[Event]) -> None:
        number = pdu.sequence_number
        if self._awaits_control(BindState.BINDING, pdu) or (
            number == 0 and self._state is BindState.BINDING and self.role is Role.ESME
        ):
            self._fail(events.BindRefused(pdu.command_status), told)
        elif self._awaits_control(BindState.UNBINDING, pdu):
            self._fail(events.Unbound(by_peer=False), told)
        elif number != self._control_number or number == 0:
            self._receive_nack_of_request(pdu, told)

    def _receive_nack_of_request(self, pdu: pdus.GenericNack, told: list[Event]) -> None:
        certain = pdu.sequence_number != 0
        may_guess = not certain and not self._timers.awaits_enquiry
        request = self._window.take_nacked(pdu.sequence_number, may_guess=may_guess)
        if request is None:
            told.append(events.UnexpectedPdu(pdu))
        else:
            told.append(events.PeerNacked(request.context, pdu.command_status, certain))

    def _fall_silent(self, timer: Timer, told: list[Event]) -> None:
        self._fail(events.PeerSilent(timer), told)

    def _enquire(self, _timer: Timer, _told: list[Event]) -> None:
        self._send_control(pdus.EnquireLink())
        self._timers.enquired(self._now)

    def _leave_inactive_peer(self, _timer: Timer, told: list[Event]) -> None:
        told.append(events.PeerInactive())
        self.unbind(self._now)

    def _time_out_requests(self, _timer: Timer, told: list[Event]) -> None:
        response_seconds = self._timers.timings.response_seconds
        told.extend(
            events.RequestTimedOut(request.context, sequence_number)
            for sequence_number, request in self._window.take_overdue(self._now, response_seconds)
        )

    _TIMER_HANDLERS: ClassVar[dict[Timer, Callable[[Any, Timer, list[Event]], None]]] = {
        Timer.SESSION_INIT: _fall_silent,
        Timer.BIND: _fall_silent,
        Timer.UNBIND: _fall_silent,
        Timer.ENQUIRE: _enquire,
        Timer.ENQUIRE_ANSWER: _fall_silent,
        Timer.INACTIVITY: _leave_inactive_peer,
        Timer.RESPONSE: _time_out_requests,
    }

    _PDU_HANDLERS: ClassVar[dict[type[pdus.Pdu], Callable[[Any, Any, list[Event]], None]]] = {
        **dict.fromkeys(pdus.RESPONSE_TYPES, _receive_request),
        **dict.fromkeys(pdus.RESPONSE_TYPES.values(), _receive_response),
        **dict.fromkeys(BINDS, _receive_bind),
        pdus.BindReceiverResp: _receive_bind_response,
        pdus.BindTransmitterResp: _receive_bind_response,
        pdus.BindTransceiverResp: _receive_bind_response,
        pdus.Unbind: _receive_unbind,
        pdus.UnbindResp: _receive_unbind_response,
        pdus.EnquireLink: _receive_enquiry,
        pdus.EnquireLinkResp: _receive_enquiry_response,
        pdus.GenericNack: _receive_nack,
        pdus.Outbind: _receive_notice,
        pdus.AlertNotification: _receive_notice,
        pdus.UnknownPdu: _receive_unknown,
    }
