"""A connection to a carrier for a certification: the links' own protocol code, driven by hand.

Owns the connections of one run, what is sent over them and which deliver_sm is taken. A report that
is not of this run belongs to live traffic: it is put off, so that the carrier brings it to the
connector's own links. It decides nothing about what it hears.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

import msgspec

from staffetta.connectors.smpp.certification import advice
from staffetta.connectors.smpp.certification.greet import (
    Ear,
    bind_pdus,
    bind_seen,
    tls_seen,
    untrusted_certificate,
)
from staffetta.connectors.smpp.certification.observed import (
    Answer,
    Burst,
    Greeting,
    Heard,
    Obstacle,
    TlsSeen,
)
from staffetta.connectors.smpp.certification.ownership import Ownership
from staffetta.connectors.smpp.connection import Connection
from staffetta.connectors.smpp.printable import printable
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.connectors.smpp.tls import CarrierTls, InvalidTls
from staffetta.domain.clock import Clock
from staffetta.smpp import events, pdus
from staffetta.smpp.bind_states import BOUND
from staffetta.smpp.errors import InvalidField, LocalProtocolError
from staffetta.smpp.reports import ReportPdu, read_report
from staffetta.smpp.statuses import Status
from staffetta.smpp.window import LostRequests

_HEARD_MAX: Final = 100_000
_UNDECIDED_MAX: Final = 1_000  # reports that wait for the next answers
_CLOSE_SECONDS: Final = 2.0
_DELIVERING: Final = (pdus.DeliverSm, pdus.DataSm)
_NO_ANSWER: Final = "no answer in time"


class _Waiting:
    """One submit_sm, from its handing over to its answer."""

    __slots__ = ("answer", "pdu", "sent_at")

    def __init__(self, pdu: pdus.SubmitSm) -> None:
        self.pdu = pdu
        self.sent_at = 0.0
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()


class _End:
    """One TCP connection and how far it came."""

    def __init__(self, bind: pdus.Bind) -> None:
        self.bind = bind
        self.ear = Ear()
        self.connection: Connection
        self.bound: asyncio.Future[events.Bound | Obstacle] = (
            asyncio.get_running_loop().create_future()
        )


class _Undecided(NamedTuple):
    """A report that an answer still to come may be of."""

    end: _End
    pdu: ReportPdu
    at: datetime


class Talk:
    """The connections of one certification; `greet` opens them, `close` ends them."""

    def __init__(self, settings: SmppSettings, clock: Clock, ownership: Ownership) -> None:
        self._settings = settings
        self._clock = clock
        self._ownership = ownership
        self._loop = asyncio.get_running_loop()
        self._tls = CarrierTls(settings.tls)
        self._ends: list[_End] = []
        self._queue: deque[_Waiting] = deque()
        self._awaiting: set[_Waiting] = set()  # sent, and not answered
        self._undecided: list[_Undecided] = []
        self._bell = asyncio.Event()
        self._closes = False
        self.heard: list[Heard] = []
        self.unexpected: set[str] = set()
        self.ended = ""  # how a connection ended before we did, "" while none has

    # Opening -------------------------------------------------------------------------------------

    async def greet(self) -> Greeting:
        """Connect, bind and enquire; what stands in the way is in the answer."""
        greeting = Greeting(self._settings.host, self._settings.port)
        for bind in bind_pdus(self._settings):
            greeting = await self._open(bind, greeting)
            if greeting.obstacle is not None:
                return greeting
        return await self._enquire(greeting)

    async def _open(self, bind: pdus.Bind, greeting: Greeting) -> Greeting:
        end = _End(bind)
        began = self._loop.time()
        self._ends.append(end)  # it may be told something before anybody else runs
        try:
            transport = await self._connect(end)
        except (OSError, TimeoutError, UnicodeError) as error:
            self._ends.remove(end)
            return await self._not_connected(greeting, error)
        except InvalidTls as error:
            self._ends.remove(end)
            return _with(greeting, obstacle=Obstacle(str(error), "set what it names"))
        connected = self._loop.time()
        greeting = _with(greeting, connect_seconds=connected - began, tls=tls_seen(transport))
        fault = self._tls.fault_of_pin(_certificate(transport))
        if fault is not None:
            return _untrusted(greeting, fault, greeting.tls)
        try:
            end.connection.bind(bind, long_password=self._settings.long_password)
        except InvalidField as error:
            return _with(greeting, obstacle=Obstacle(f"a setting does not fit SMPP: {error}", ""))
        except LocalProtocolError:  # it was closed meanwhile: what is awaited says why
            end.connection.abort("the carrier closed the connection before the bind")
        bound = await end.bound
        if isinstance(bound, Obstacle):
            return _with(greeting, obstacle=bound)
        seen = bind_seen(bind, bound, end.ear, self._loop.time() - connected)
        return _with(greeting, binds=(*greeting.binds, seen))

    async def _not_connected(self, greeting: Greeting, error: BaseException) -> Greeting:
        obstacle = advice.no_connection(self._settings, error)
        if not isinstance(error, ssl.SSLCertVerificationError):
            return _with(greeting, obstacle=obstacle)
        return _untrusted(greeting, obstacle.what, await untrusted_certificate(self._settings))

    async def _connect(self, end: _End) -> asyncio.BaseTransport:
        settings = self._settings
        end.connection = Connection(
            settings.timings,
            settings.window_max,
            partial(self._told, end),
            self._turn_soon,
            partial(self._lost, end),
            end.ear,
        )
        context = await self._tls.context()
        async with asyncio.timeout(settings.timings.connect_seconds):
            transport, _protocol = await self._loop.create_connection(
                lambda: end.connection,
                settings.host,
                settings.port,
                ssl=context,
                server_hostname=self._tls.server_name(settings.host),
            )
        return transport

    async def _enquire(self, greeting: Greeting) -> Greeting:
        """Ask whether the carrier is there, as a session does after a silence."""
        end = self._ends[0]
        end.connection.session.enquire(self._loop.time())
        end.connection.flush()
        with suppress(TimeoutError):
            seconds = self._settings.timings.enquire_answer_seconds
            await self.until(lambda: end.ear.enquire_seconds is not None, seconds)
        if end.ear.enquire_seconds is None:
            return _with(
                greeting,
                obstacle=Obstacle(
                    "the carrier does not answer enquire_link", "ask it to: links need it"
                ),
            )
        return _with(greeting, enquire_seconds=end.ear.enquire_seconds)

    # Sending -------------------------------------------------------------------------------------

    async def submit(self, pdu: pdus.SubmitSm) -> Answer:
        """Send one, and wait for its answer; that it cannot be sent is an answer too."""
        waiting = _Waiting(pdu)
        self._queue.append(waiting)
        self._turn()
        return await waiting.answer

    async def burst(self, submits: Sequence[pdus.SubmitSm]) -> Burst:
        """Send many as fast as the window allows."""
        waiting = [_Waiting(pdu) for pdu in submits]
        answered_at = [0.0] * len(waiting)
        began = self._loop.time()

        def note(index: int, _answer: asyncio.Future[Answer]) -> None:
            answered_at[index] = self._loop.time() - began

        for index, one in enumerate(waiting):
            one.answer.add_done_callback(partial(note, index))
        self._queue.extend(waiting)
        self._turn()
        answers = await asyncio.gather(*(one.answer for one in waiting))
        return Burst(self._settings.window_max, tuple(answers), tuple(answered_at), self.ended)

    async def until(self, holds: Callable[[], bool], seconds: float) -> None:
        """Wait until something holds or every connection is over; TimeoutError after `seconds`."""
        async with asyncio.timeout(seconds):
            while not holds() and not self.ended:
                self._bell.clear()
                await self._bell.wait()

    async def close(self) -> None:
        """Unbind and close; never raises."""
        self._closes = True
        self._decide(is_last=True)
        for end in self._ends:
            connection = end.connection
            if not connection.is_over and connection.session.state in BOUND:
                connection.unbind()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.timings.unbind_seconds + _CLOSE_SECONDS):
                while not all(end.connection.is_over for end in self._ends):
                    self._bell.clear()
                    await self._bell.wait()
        for end in self._ends:
            end.connection.abort("the certification is over")

    # What happens --------------------------------------------------------------------------------

    def _turn_soon(self) -> None:
        self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        """Send what the window has room for, and write everything."""
        sender = self._ends[0].connection
        while self._queue and sender.room:
            self._send(sender, self._queue.popleft())
        if self._queue and sender.is_over:
            self._give_up(self.ended or "the connection is over")
        for end in self._ends:
            end.connection.flush()
        self._bell.set()

    def _send(self, sender: Connection, waiting: _Waiting) -> None:
        waiting.sent_at = self._loop.time()
        self._awaiting.add(waiting)
        try:
            sender.session.send(waiting.pdu, waiting, waiting.sent_at)
        except InvalidField as error:
            self._answered(waiting, None, f"it does not fit SMPP: {error}")

    def _give_up(self, reason: str) -> None:
        while self._queue:
            self._answered(self._queue.popleft(), None, f"not sent: {reason}")

    def _answered(
        self, waiting: _Waiting, command_status: int | None, detail: str = "", message_id: str = ""
    ) -> None:
        self._awaiting.discard(waiting)
        if waiting.answer.done():
            return
        seconds = self._loop.time() - waiting.sent_at
        own_class = self._settings.status_classes.get(command_status or 0)
        waiting.answer.set_result(Answer(command_status, message_id, seconds, detail, own_class))
        self._ownership.answered(message_id)
        self._decide()

    def _told(self, end: _End, event: events.Event) -> None:
        match event:
            case events.ResponseReceived(context=waiting, pdu=pdu):
                message_id = pdu.message_id if isinstance(pdu, pdus.MessageIdResp) else b""
                self._answered(waiting, pdu.command_status, message_id=printable(message_id))
            case events.PeerNacked(context=waiting, command_status=status):
                self._answered(waiting, status, "the carrier could not read it (generic_nack)")
            case events.RequestTimedOut(context=waiting):
                self._answered(waiting, None, _NO_ANSWER)
            case events.RequestReceived(pdu=pdu):
                self._take(end, pdu)
            case events.Bound():
                end.bound.set_result(event)
            case events.BindRefused(command_status=status):
                end.bound.set_result(advice.refused_bind(status))
            case events.Unbound() | events.PeerSilent() | events.ProtocolViolation():
                end.connection.reason = _how_it_ended(event)
            case _:
                self._note_unexpected(event)
        self._bell.set()

    def _take(self, end: _End, pdu: pdus.Request) -> None:
        session = end.connection.session
        if not isinstance(pdu, _DELIVERING):
            session.refuse(pdu, Status.INVALID_COMMAND_ID)
            return
        now = self._clock.now()
        if read_report(pdu, sniff=True) is None:
            self._hear(end, pdu, now, is_ours=False)
        elif self._awaiting and self._ownership.may_be_of_next_answer(pdu):
            self._undecided.append(_Undecided(end, pdu, now))
            self._decide(is_last=len(self._undecided) > _UNDECIDED_MAX)
        else:
            self._hear(end, pdu, now, is_ours=self._ownership.is_ours(pdu))

    def _decide(self, *, is_last: bool = False) -> None:
        """Look again at what waits for answers; `is_last`: it waits no longer."""
        is_last = is_last or not self._awaiting
        undecided, self._undecided = self._undecided, []
        for one in undecided:
            if not is_last and self._ownership.may_be_of_next_answer(one.pdu):
                self._undecided.append(one)
            else:
                self._hear(one.end, one.pdu, one.at, is_ours=self._ownership.is_ours(one.pdu))

    def _hear(self, end: _End, pdu: ReportPdu, at: datetime, *, is_ours: bool) -> None:
        if len(self.heard) < _HEARD_MAX:
            self.heard.append(Heard(pdu, at, is_ours))
        if not end.connection.is_over:
            end.connection.session.refuse(pdu, 0 if is_ours else Status.MESSAGE_QUEUE_FULL)

    def _note_unexpected(self, event: events.Event) -> None:
        about = getattr(event, "pdu", None)
        name = type(event).__name__
        self.unexpected.add(name if about is None else f"{name}: {type(about).__name__}")

    def _lost(self, end: _End, lost: LostRequests, reason: str) -> None:
        if not self._closes:
            self.ended = self.ended or reason
        if not end.bound.done():
            end.bound.set_result(advice.no_bind(self._settings, reason))
        for waiting in (*lost.never_sent, *lost.uncertain):
            self._answered(waiting, None, reason)
        if end is self._ends[0]:
            self._give_up(reason)
        self._bell.set()


def _how_it_ended(event: events.Unbound | events.PeerSilent | events.ProtocolViolation) -> str:
    match event:
        case events.Unbound():
            return "the carrier unbound" if event.by_peer else "unbound"
        case events.PeerSilent():
            return f"the carrier fell silent ({event.timer})"
        case events.ProtocolViolation():
            return f"the carrier broke the protocol: {event.reason}"


def _with(greeting: Greeting, **changes: object) -> Greeting:
    return msgspec.structs.replace(greeting, **changes)


def _untrusted(greeting: Greeting, what: str, tls: TlsSeen | None) -> Greeting:
    tls = None if tls is None else msgspec.structs.replace(tls, is_trusted=False)
    return _with(greeting, tls=tls, obstacle=advice.unknown_certificate(what, tls))


def _certificate(transport: asyncio.BaseTransport) -> bytes | None:
    tls = transport.get_extra_info("ssl_object")
    certificate: bytes | None = None if tls is None else tls.getpeercert(binary_form=True)
    return certificate
