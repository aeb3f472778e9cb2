"""One TCP connection and its session: octets in, events out, at most one write in a turn.

Owns the transport, its buffer and the session's timer. It decides nothing: what an event means is
`traffic`'s business.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import Final, cast

from staffetta.connectors.smpp.frame_ring import READ, WRITTEN, FrameRing
from staffetta.smpp import pdus
from staffetta.smpp.bind_states import BOUND, Role
from staffetta.smpp.blanking import without_passwords
from staffetta.smpp.events import Event, PeerSilent
from staffetta.smpp.session import Session
from staffetta.smpp.timings import Timings
from staffetta.smpp.window import LostRequests

# Deadlines of many requests lie close together: they are looked at together.
_TICK_SECONDS_MIN: Final = 0.005
# A peer that takes nothing may not hold a closed connection open.
_CLOSE_SECONDS_MAX: Final = 5.0


class Connection(asyncio.Protocol):
    """A connection to a carrier; made by `create_connection`."""

    session: Session  # from connection_made on

    def __init__(
        self,
        timings: Timings,
        window_max: int,
        told: Callable[[Event], None],
        wake: Callable[[], None],
        lost: Callable[[LostRequests, str], None],
        ring: FrameRing,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._timings = timings
        self._window_max = window_max
        self._told = told  # an event of the session
        self._wake = wake  # there may be something to write: call `flush` once in this turn
        self._lost = lost  # the end, once: the requests without an answer, and why
        self._ring = ring  # keeps what goes over the connection
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._buffer_is_full = False
        self.is_over = False
        self.reason = ""  # why it ended, as far as anybody said
        self.was_ended_here = False  # this end gave it up, or asked for its end
        self.failure: Exception | None = None  # what broke it

    # What asyncio calls --------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The peer is there."""
        self._transport = cast("asyncio.Transport", transport)
        self.session = Session(
            Role.ESME, self._loop.time(), timings=self._timings, window_size=self._window_max
        )
        self._arm()

    def data_received(self, data: bytes) -> None:
        """Octets came."""
        now = self._loop.time()
        session = self.session
        may_hold_password = session.state not in BOUND
        told = session.receive_data(data, now)
        piece = session.reader.piece
        if piece:
            self._ring.keep(now, READ, without_passwords(piece) if may_hold_password else piece)
        self._tell(told)

    def pause_writing(self) -> None:
        """The peer reads too slowly: nothing more is written for now."""
        self._buffer_is_full = True

    def resume_writing(self) -> None:
        """The peer caught up."""
        self._buffer_is_full = False
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self.failure = exc
        self.reason = self.reason or (f"the connection broke: {exc}" if exc else "")
        self._end()

    # What the link asks --------------------------------------------------------------------------

    def now(self) -> float:
        """The time that sessions and rates count in."""
        return self._loop.time()

    @property
    def room(self) -> int:
        """How many requests may be sent now."""
        transport = self._transport
        if self.is_over or self._buffer_is_full or transport is None or transport.is_closing():
            return 0
        return self.session.room

    @property
    def is_bound(self) -> bool:
        """Whether messages may go over it in some direction."""
        return not self.is_over and self._transport is not None and self.session.state in BOUND

    @property
    def is_broken(self) -> bool:
        """Whether it was made, and has ended or is about to."""
        return self.is_over or (self._transport is not None and self.session.is_closed)

    @property
    def certificate(self) -> bytes | None:
        """The peer's certificate in DER; None without TLS."""
        if self._transport is None:
            return None
        tls: ssl.SSLObject | None = self._transport.get_extra_info("ssl_object")
        return None if tls is None else tls.getpeercert(binary_form=True)

    def resize_window(self, size: int) -> None:
        """Let so many requests be open from now on."""
        self._window_max = size
        if self._transport is not None:
            self.session.resize_window(size)

    def bind(self, pdu: pdus.Bind, *, long_password: bool = False) -> None:
        """Ask to be bound; raises InvalidField."""
        self.session.bind(pdu, self._loop.time(), long_password=long_password)
        self.flush()

    def unbind(self) -> None:
        """Ask for the end, when there is something to end."""
        self.was_ended_here = True
        self.session.unbind(self._loop.time())
        self.flush()

    def flush(self) -> None:
        """Write everything that gathered, in one piece."""
        if self.is_over or self._transport is None:
            return
        data = self.session.data_to_send()
        if data:
            kept = data if self.session.state in BOUND else without_passwords(data)
            self._ring.keep(self._loop.time(), WRITTEN, kept)
            self._transport.write(data)
        self._arm()

    def abort(self, reason: str) -> None:
        """End now, without a word to the peer."""
        self.was_ended_here = True
        self.reason = self.reason or reason
        if self._transport is not None:
            self._transport.abort()
        self._end()

    # How it is done ------------------------------------------------------------------------------

    def _tell(self, told: list[Event]) -> None:
        for event in told:
            self._told(event)
        if self.session.is_closed:
            self._close(told)
        self._wake()

    def _close(self, told: list[Event]) -> None:
        transport = self._transport
        if self.is_over or transport is None:
            return
        if any(isinstance(event, PeerSilent) for event in told):
            self.was_ended_here = True
            transport.abort()
            return
        self.flush()
        transport.close()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(_CLOSE_SECONDS_MAX, transport.abort)

    def _end(self) -> None:
        if self.is_over:
            return
        self.is_over = True
        if self._timer is not None:
            self._timer.cancel()
        lost = self.session.connection_lost() if self._transport else LostRequests([], [])
        self._lost(lost, self.reason or "the carrier closed the connection")

    def _arm(self) -> None:
        """Be called at the session's next deadline, unless that is so already."""
        at = self.session.next_deadline()
        if self._timer is not None:
            if self._timer.when() <= at:
                return  # too early is harmless: it arms itself again
            self._timer.cancel()
        if at == float("inf"):
            self._timer = None
            return
        at = max(at, self._loop.time() + _TICK_SECONDS_MIN)
        self._timer = self._loop.call_at(at, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if not self.is_over:
            self._tell(self.session.tick(self._loop.time()))
            self._arm()
