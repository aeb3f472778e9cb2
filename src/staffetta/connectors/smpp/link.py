"""One link: connects, binds, keeps the bind, and connects again; drains when told to leave.

Owns the life of one link, its pauses and what operators are told of it. What goes over a
connection is `traffic`'s.
"""

import asyncio
from collections.abc import Callable
from typing import Final, NamedTuple

import structlog

from staffetta.connectors.smpp.backoff import Backoff, Ending, ending_of_refusal
from staffetta.connectors.smpp.link_states import LinkChange, LinkState
from staffetta.connectors.smpp.rate import RateLimit
from staffetta.connectors.smpp.remarks import Remarks
from staffetta.connectors.smpp.traffic import LinkParts, Traffic
from staffetta.smpp import pdus
from staffetta.smpp.bind_states import BOUND
from staffetta.smpp.errors import InvalidField
from staffetta.smpp.statuses import describe_status

# The session ends an unbind without an answer itself; this is for a connection that hangs.
_CLOSE_SECONDS_MAX: Final = 10.0
# At thousands a second tokens are spent a handful at a time.
_RATE_SECONDS_MIN: Final = 0.002


class _Ended(NamedTuple):
    """How a connection ended, or the try to make one."""

    ending: Ending
    detail: str
    bound_seconds: float = 0.0


class SmppLink:
    """One link of a connector. `run` is its life; `leave` makes it drain and end."""

    def __init__(
        self,
        number: int,
        parts: LinkParts,
        changed: Callable[[LinkChange], None],
        chance: Callable[[], float],
    ) -> None:
        settings = parts.settings
        self.number = number
        self._parts = parts
        self._settings = settings
        self._changed = changed
        self._loop = asyncio.get_running_loop()
        self._log = structlog.get_logger(__name__).bind(connector=settings.name, link=number)
        self._remarks = Remarks(self._log)
        self.recorder = parts.recorder_of(number)
        self._backoff = Backoff(settings.pauses, chance)
        self._rate = RateLimit(
            settings.rate_per_second / settings.link_count, settings.throttling, self._loop.time()
        )
        self._traffic: Traffic | None = None
        self._state = LinkState.DOWN
        self._leaves = False
        self._bell = asyncio.Event()  # something happened that `run` waits for
        self._wait: asyncio.Timeout | None = None  # the wait that `leave` cuts short
        self._rate_timer: asyncio.TimerHandle | None = None

    # What the connector asks ---------------------------------------------------------------------

    @property
    def takes_claims(self) -> bool:
        """Whether new claims can be written here, now or soon."""
        return self._traffic is not None and self._traffic.takes_claims

    def room(self, now: float) -> int:
        """How many segments could be written within a second, whatever waits already."""
        return 0 if self._traffic is None else self._traffic.room(now)

    def turn(self, now: float) -> None:
        """Write what may be written, all in one piece."""
        traffic = self._traffic
        if traffic is None or traffic.is_over:
            return
        traffic.turn(now)
        self._parts.counts.window_used(self.number, traffic.open_count)
        self._wake_for_rate(traffic, now)

    def give_up_unwritten(self, reason: str) -> None:
        """What of the claim in hand is not written never will be."""
        if self._traffic is not None:
            self._traffic.give_up_unwritten(reason)

    def leave(self) -> None:
        """Take nothing new, wait for answers, unbind; then `run` ends."""
        self._leaves = True
        if self._traffic is not None:
            self._traffic.take_no_more()
        if self._wait is not None and not self._wait.expired():
            self._wait.reschedule(self._loop.time())
        self._bell.set()

    async def run(self) -> None:
        """Keep the link bound until `leave`. Cancelled, it still settles every claim first."""
        try:
            while not self._leaves:
                ended = await self._connect_and_serve()
                if not self._leaves:
                    await self._pause(ended)
        finally:
            if self._traffic is not None:
                self._traffic.connection.abort("this process let the link go")
            self._change(LinkState.DOWN, "stopped")

    # One connection after another ----------------------------------------------------------------

    async def _connect_and_serve(self) -> _Ended:
        settings = self._settings
        self._change(LinkState.CONNECTING, f"to {settings.host}:{settings.port}")
        traffic = Traffic(
            self._parts, self._rate, self._remarks, self._log, self._bell.set, self.recorder
        )
        self._traffic = traffic
        failure = await self._connect(traffic)
        if failure is not None:
            return failure
        try:
            traffic.connection.bind(self._bind_pdu())
        except InvalidField as error:
            traffic.connection.abort(f"a setting does not fit SMPP: {error}")
            return _Ended(Ending.MISCONFIGURED, traffic.connection.reason)
        self._change(LinkState.BINDING, f"as {settings.system_id}")
        while not (traffic.is_over or self._leaves or traffic.needs_rebind):
            if traffic.bound_at is not None and self._state is LinkState.BINDING:
                self._change(LinkState.BOUND, f"to {traffic.smsc or 'an unnamed SMSC'}")
            await self._ring()
        await self._part(traffic)
        return self._how_it_ended(traffic)

    async def _connect(self, traffic: Traffic) -> _Ended | None:
        settings = self._settings
        try:
            async with asyncio.timeout(settings.timings.connect_seconds) as self._wait:
                await self._loop.create_connection(
                    lambda: traffic.connection, settings.host, settings.port
                )
        except TimeoutError:
            return _Ended(Ending.LOST, "no connection in time")
        except OSError as error:
            return _Ended(Ending.LOST, f"no connection: {error}")
        except UnicodeError:  # what the resolver says of a label that is empty or too long
            return _Ended(Ending.MISCONFIGURED, f"{settings.host} is not a name that can exist")
        finally:
            self._wait = None
        return None

    def _bind_pdu(self) -> pdus.BindTransceiver:
        settings = self._settings
        return pdus.BindTransceiver(
            system_id=settings.system_id.encode(),
            password=settings.password.encode(),
            system_type=settings.system_type.encode(),
            address_range=settings.address_range.encode(),
        )

    async def _part(self, traffic: Traffic) -> None:
        """Drain and unbind, as far as there is anything left to."""
        timings = self._settings.timings
        if not traffic.is_over and traffic.connection.session.state in BOUND:
            self._change(LinkState.DRAINING, "no new messages")
            traffic.take_no_more()
            self._parts.wake()
            await self._until(lambda: traffic.is_drained, timings.response_seconds)
            traffic.give_up_unwritten("the link is draining")
            await self._until(lambda: not traffic.owes_answers, timings.unbind_seconds)
        if not traffic.is_over and traffic.connection.session.state in BOUND:
            traffic.connection.unbind()
            await self._until(lambda: False, timings.unbind_seconds + _CLOSE_SECONDS_MAX)
        if not traffic.is_over:
            traffic.connection.abort("the link was closed")

    async def _until(self, is_so: Callable[[], bool], seconds: float) -> None:
        """Wait until something is so, the connection is over, or the time has passed."""
        traffic = self._traffic
        assert traffic is not None
        try:
            async with asyncio.timeout(seconds):
                while not (traffic.is_over or is_so()):
                    await self._ring()
        except TimeoutError:
            self._log.warning("drain_cut_short", after_seconds=seconds)

    async def _ring(self) -> None:
        self._bell.clear()
        await self._bell.wait()

    def _how_it_ended(self, traffic: Traffic) -> _Ended:
        status = traffic.refused_with
        if status is not None:
            meaning = describe_status(status)
            detail = f"the carrier refused the bind: {meaning.sentence} ({meaning.name}, {status})"
            return _Ended(ending_of_refusal(status), detail)
        bound_at = traffic.bound_at
        bound_seconds = 0.0 if bound_at is None else self._loop.time() - bound_at
        if traffic.needs_rebind:
            return _Ended(Ending.LOST, "the carrier does not know the bind", bound_seconds)
        return _Ended(Ending.LOST, traffic.connection.reason, bound_seconds)

    async def _pause(self, ended: _Ended) -> None:
        seconds = self._backoff.seconds_after(ended.ending, ended.bound_seconds)
        is_refused = ended.ending is Ending.MISCONFIGURED
        state = LinkState.REFUSED if is_refused else LinkState.WAITING
        self._change(state, f"{ended.detail}; trying again in {seconds:.1f} s")
        try:
            async with asyncio.timeout(seconds) as self._wait:
                while not self._leaves:
                    await self._ring()
        except TimeoutError:
            return
        finally:
            self._wait = None

    # What is told --------------------------------------------------------------------------------

    def _change(self, state: LinkState, detail: str) -> None:
        if state is self._state and state is LinkState.DOWN:
            return
        self._state = state
        match state:
            case LinkState.REFUSED:
                self._log.error("link_refused", detail=detail)
            case LinkState.WAITING:
                self._log.warning("link_lost", detail=detail)
            case _:
                self._log.info(f"link_{state}", detail=detail)
        self._parts.counts.link_bound(self.number, state is LinkState.BOUND)
        if state is not LinkState.DRAINING:
            self._parts.counts.window_used(self.number, 0)
        self._changed(LinkChange(self._settings.connector_id, self.number, state, detail))

    # The rate ------------------------------------------------------------------------------------

    def _wake_for_rate(self, traffic: Traffic, now: float) -> None:
        """Be woken when the rate lets the next segment go."""
        if self._rate_timer is not None:
            return
        at = traffic.next_write_at(now)
        if at is not None:
            self._rate_timer = self._loop.call_at(max(at, now + _RATE_SECONDS_MIN), self._go_on)

    def _go_on(self) -> None:
        self._rate_timer = None
        self._parts.wake()
