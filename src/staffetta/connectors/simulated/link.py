"""One connection to the simulated network: octets between a socket and a session.

Owns its transport and its session, and nothing of what messages mean. It logs binds and ends, one
line each, and nothing for a message.
"""

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar, Final, cast

import structlog

from staffetta.connectors.simulated.admission import bind_status
from staffetta.connectors.simulated.exchange import Exchange
from staffetta.connectors.simulated.outbox import Esme
from staffetta.connectors.simulated.settings import NetworkSettings
from staffetta.smpp import events, pdus
from staffetta.smpp.bind_states import BOUND, Role
from staffetta.smpp.session import Session
from staffetta.smpp.statuses import describe_status

_log = structlog.get_logger(__name__)

_CLOSE_SECONDS: Final = 5.0  # for the last octets to go; then the connection is cut
_ANSWERED: Final = frozenset({events.BindRequested, events.RequestReceived})
# What this network does not do, and how it says so (3.4 section 5.1.3).
_REFUSALS: Final[dict[type[pdus.Request], int]] = {
    pdus.DataSm: 0x03,
    pdus.QuerySm: 0x67,
    pdus.CancelSm: 0x11,
    pdus.ReplaceSm: 0x13,
}


class NetworkLink(asyncio.Protocol):
    """The SMSC's end of one connection.

    `on_open` and `on_end` are told when it begins and ends, `on_work` after anything that may have
    given the exchange something to do later.
    """

    def __init__(
        self,
        settings: NetworkSettings,
        exchange: Exchange,
        loop: asyncio.AbstractEventLoop,
        *,
        on_open: Callable[["NetworkLink"], bool],
        on_end: Callable[["NetworkLink"], None],
        on_work: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._exchange = exchange
        self._loop = loop
        self._on_open = on_open
        self._on_end = on_end
        self._on_work = on_work
        self._session = Session(
            Role.SMSC,
            loop.time(),
            timings=settings.timings,
            window_size=settings.window_size,
        )
        self._esme: Esme | None = None
        self._is_flushing = False
        self._closed_at: float | None = None
        self._reason = "connection lost"
        self._log = _log
        self._transport: asyncio.Transport

    # What asyncio calls --------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A peer connected."""
        # uvloop's transports are transports by their methods, not by their class.
        self._transport = cast("asyncio.Transport", transport)
        self._log = _log.bind(peer=_address(transport.get_extra_info("peername")))
        if not self._on_open(self):
            self._reason = f"more than {self._settings.links_max} connections"
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Octets came: act on what they mean, then let the answers be written in one go."""
        now = self._loop.time()
        self._act(self._session.receive_data(data, now), now)
        self._on_work()

    def pause_writing(self) -> None:
        """The peer does not read: send it no reports, and read no more that would need answers."""
        self._transport.pause_reading()
        if self._esme is not None:
            self._esme.is_writable = False

    def resume_writing(self) -> None:
        """The peer reads again."""
        self._transport.resume_reading()
        if self._esme is not None:
            self._esme.is_writable = True
            self._esme.outbox.send_waiting(self._loop.time())

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        now = self._loop.time()
        lost = self._session.connection_lost()
        if self._esme is not None:
            self._exchange.leave(self._esme, [*lost.uncertain, *lost.never_sent], now)
            self._esme = None
        reason = self._reason if exc is None else f"{self._reason}: {exc}"
        self._log.info("network_link_closed", reason=reason)
        self._on_end(self)
        self._on_work()

    # What the network calls ----------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Act on timers that ran out."""
        if self._closed_at is not None:
            if now - self._closed_at > _CLOSE_SECONDS:
                self._transport.abort()
        elif now >= self._session.next_deadline():
            self._act(self._session.tick(now), now)

    def stop(self, now: float) -> None:
        """Say goodbye."""
        self._reason = "the network stopped"
        if self._session.state in BOUND:
            self._session.unbind(now)
            self._flush_soon()
        else:
            self._transport.close()

    def abort(self) -> None:
        """Cut the connection."""
        self._transport.abort()

    # How it is done ------------------------------------------------------------------------------

    def _act(self, told: list[events.Event], now: float) -> None:
        esme = self._esme
        submit = self._exchange.submit
        if self._session.is_closed:
            # What cannot be answered any more is not taken either: the peer brings it again.
            told = [event for event in told if type(event) not in _ANSWERED]
        for event in told:
            if type(event) is events.RequestReceived and type(event.pdu) is pdus.SubmitSm and esme:
                submit(esme, event.pdu, now)
            else:
                self._HANDLERS.get(type(event), NetworkLink._ignore)(self, event, now)
        if esme is not None:
            esme.outbox.send_waiting(now)
        if self._session.has_output or self._session.is_closed:
            self._flush_soon()

    def _flush_soon(self) -> None:
        if not self._is_flushing:
            self._is_flushing = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._is_flushing = False
        data = self._session.data_to_send()
        if data:
            self._transport.write(data)
        if self._session.is_closed and self._closed_at is None:
            self._closed_at = self._loop.time()
            self._transport.close()

    def _take_bind(self, event: events.BindRequested, now: float) -> None:
        bind = event.pdu
        status = bind_status(self._settings, bind)
        kind = type(bind).__name__
        log = self._log = self._log.bind(system_id=_printable(bind.system_id))
        if status:
            self._session.refuse_bind(status, now)
            self._reason = "bind refused"
            log.info("network_bind_refused", kind=kind, status=describe_status(status).name)
            return
        self._session.accept_bind(self._settings.name, now)
        log.info("network_bound", kind=kind)
        self._esme = self._exchange.join(bind.system_id, self._session, self._flush_soon, now)

    def _refuse_request(self, event: events.RequestReceived, _now: float) -> None:
        self._session.refuse(event.pdu, _REFUSALS[type(event.pdu)])

    def _take_answer(self, event: events.ResponseReceived, now: float) -> None:
        if self._esme is not None:
            status = event.pdu.command_status
            self._exchange.answered(self._esme.outbox, event.context, status, now)

    def _take_nack(self, event: events.PeerNacked, now: float) -> None:
        if self._esme is not None:
            status = event.command_status
            self._exchange.answered(self._esme.outbox, event.context, status, now)

    def _take_silence(self, event: events.RequestTimedOut, now: float) -> None:
        if self._esme is not None:
            self._exchange.bring_again(self._esme.outbox, event.context, now)

    def _note_unbound(self, event: events.Unbound, _now: float) -> None:
        if event.by_peer:
            self._reason = "unbound"
            self._log.info("network_unbound")

    def _note_silent(self, event: events.PeerSilent, _now: float) -> None:
        self._reason = f"silent: {event.timer}"

    def _note_violation(self, event: events.ProtocolViolation, _now: float) -> None:
        self._reason = f"broken stream: {event.reason}"

    def _ignore(self, event: events.Event, _now: float) -> None:
        # Answered by the session, if at all. It may come by the thousand.
        self._log.debug("network_told", told=type(event).__name__)

    _HANDLERS: ClassVar[dict[type[events.Event], Callable[[Any, Any, float], None]]] = {
        events.BindRequested: _take_bind,
        events.RequestReceived: _refuse_request,
        events.ResponseReceived: _take_answer,
        events.PeerNacked: _take_nack,
        events.RequestTimedOut: _take_silence,
        events.Unbound: _note_unbound,
        events.PeerSilent: _note_silent,
        events.ProtocolViolation: _note_violation,
    }


def _address(peername: Any) -> str:
    return f"{peername[0]}:{peername[1]}" if isinstance(peername, tuple) else str(peername)


def _printable(octets: bytes) -> str:
    """What a peer calls itself, such that it cannot steer a terminal."""
    return ascii(octets.decode("latin-1"))[1:-1]
