"""One link: connects, binds, keeps the bind, and connects again; drains when told to leave.

Owns the life of one link, its pauses and what operators are told of it. What goes over a
connection is `traffic`'s.
"""

import asyncio
from collections.abc import Callable
from math import inf
from typing import Final, NamedTuple

import structlog

from staffetta.connectors.smpp.backoff import Backoff, Ending, ending_of_refusal
from staffetta.connectors.smpp.bind_watch import BindWatch
from staffetta.connectors.smpp.connection import Connection
from staffetta.connectors.smpp.link_parts import LinkMemory, LinkParts
from staffetta.connectors.smpp.link_states import SERVING, LinkChange, LinkState, serving_state
from staffetta.connectors.smpp.pace import Pace
from staffetta.connectors.smpp.rate import RateLimit
from staffetta.connectors.smpp.remarks import Remarks
from staffetta.connectors.smpp.tls import InvalidTls, fault_in_words
from staffetta.connectors.smpp.traffic import Traffic
from staffetta.connectors.smpp.window_limit import WindowLimit
from staffetta.routing.alarms import AlarmKind
from staffetta.routing.link_use import LinkUse
from staffetta.smpp.errors import InvalidField, LocalProtocolError
from staffetta.smpp.timings import Timer

# The session ends an unbind without an answer itself; this is for a connection that hangs.
_CLOSE_SECONDS_MAX: Final = 10.0
_MAY_BE_OPEN: Final = SERVING | {LinkState.DRAINING}  # states in which segments may be open
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
        self.recorder = parts.recorder_of(number)
        self._backoff = Backoff(settings.pauses, chance)
        self._watch = BindWatch(number, parts.alarms, settings.pauses.not_bound_seconds)
        per_second = settings.rate_per_second / settings.link_count
        self._memory = LinkMemory(
            number=number,
            rate=RateLimit(per_second, settings.throttling, self._loop.time()),
            window=WindowLimit(settings.window_max),
            remarks=Remarks(self._log),
            recorder=self.recorder,
            log=self._log,
        )
        self._pace = Pace(self._loop.time())
        self._traffic: Traffic | None = None
        self._state = LinkState.DOWN
        self._detail = ""
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

    def limit_rate(self, per_second: float, now: float) -> None:
        """Write so many segments a second at most, 0 for no limit."""
        self._memory.rate.limit(per_second, now)

    def use(self, now: float) -> LinkUse:
        """What it does, for people; looked at about once a second."""
        memory, recent = self._memory, self._pace.look(self._memory.totals, now)
        per_second_max = memory.rate.per_second
        return LinkUse(
            self._settings.connector_id,
            self.number,
            0 if self._traffic is None else self._traffic.open_count,
            memory.window.now_open_max,
            recent.per_second,
            None if per_second_max == inf else round(per_second_max, 1),
            recent.written_count,
            recent.report_count,
            recent.throttle_count,
        )

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

    def look(self) -> None:
        """What is told of the link may have changed."""
        self._bell.set()

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
        self._watch.unbound()
        try:
            while not self._leaves:
                if not await self._may_connect():
                    break
                ended = await self._serve_once()
                if not self._leaves:
                    await self._pause(ended)
        finally:
            self._watch.stop()
            if self._traffic is not None:
                self._traffic.abort("this process let the link go")
            self._change(LinkState.DOWN, "stopped")

    # One connection after another ----------------------------------------------------------------

    async def _serve_once(self) -> _Ended:
        """One bind. A fault in what it does ends it alone: other carriers' links go on."""
        ended = _Ended(Ending.LOST, "an error of this program ended it; it is in the log")
        self._parts.knocks.begins(self.number)
        try:
            ended = await self._connect_and_serve()
        except Exception:  # noqa: BLE001 - it is logged, and the link tries again after its pause
            self._log.exception("link_failed")
            if self._traffic is not None:
                self._traffic.abort(ended.detail)
        finally:
            self._watch.why = ended.detail
            self._watch.unbound()
            self._parts.knocks.ended(self.number, ended.ending)
            self._parts.binds_changed()
        return ended

    async def _may_connect(self) -> bool:
        """Wait while another link finds out whether the carrier takes us; False at our end."""
        knocks = self._parts.knocks
        while not (self._leaves or knocks.may_knock(self.number)):
            detail = f"until link {knocks.knocking} is bound: one asks for all"
            if detail != self._detail:
                self._log.info("link_waits_for_another", detail=detail)
                self._tell(LinkState.WAITING, detail)
            await self._ring()
        return not self._leaves

    async def _connect_and_serve(self) -> _Ended:
        settings = self._settings
        self._change(LinkState.CONNECTING, f"to {settings.host}:{settings.port}")
        self._traffic = traffic = Traffic(self._parts, self._memory, self._bell.set)
        failure = await self._connect_all(traffic) or self._bind(traffic)
        if failure is not None:
            return failure
        self._change(LinkState.BINDING, f"as {settings.system_id}")
        while not (traffic.is_ending or self._leaves):
            self._tell_serving(traffic)
            await self._ring()
        await self._part(traffic)
        return self._how_it_ended(traffic)

    async def _connect_all(self, traffic: Traffic) -> _Ended | None:
        """Make every connection; answers why that failed. One may end while the next is made."""
        for connection in traffic.connections:
            failure = await self._connect(connection)
            if failure is None and self._leaves:
                failure = _Ended(Ending.LOST, "stopped while it connected")
            if failure is not None:
                traffic.abort(failure.detail)
                return failure
            if traffic.is_broken:
                traffic.abort("the carrier hung up before the bind")
                return self._how_it_ended(traffic)
        return None

    def _bind(self, traffic: Traffic) -> _Ended | None:
        """Ask for every bind; answers why that cannot be."""
        try:
            traffic.bind()
        except InvalidField as error:
            traffic.abort(f"a setting does not fit SMPP: {error}")
            return _Ended(Ending.MISCONFIGURED, traffic.reason)
        except LocalProtocolError as error:
            traffic.abort(f"no bind can be asked for: {error}")
            return _Ended(Ending.LOST, traffic.reason)
        return None

    async def _connect(self, connection: Connection) -> _Ended | None:
        """Make one connection; answers why there is none."""
        settings, tls = self._settings, self._parts.tls
        try:
            async with asyncio.timeout(settings.timings.connect_seconds) as self._wait:
                await self._loop.create_connection(
                    lambda: connection,
                    settings.host,
                    settings.port,
                    ssl=await tls.context(),
                    server_hostname=tls.server_name(settings.host),
                )
        except TimeoutError:
            return _Ended(Ending.LOST, "no connection in time")
        except InvalidTls as error:
            return _Ended(Ending.MISCONFIGURED, str(error))
        except OSError as error:
            fault = fault_in_words(error)
            if fault is not None:
                return _Ended(Ending.MISCONFIGURED, fault)
            return _Ended(Ending.LOST, f"no connection: {str(error) or 'the carrier hung up'}")
        except UnicodeError:  # what the resolver says of a label that is empty or too long
            return _Ended(Ending.MISCONFIGURED, f"{settings.host} is not a name that can exist")
        finally:
            self._wait = None
        # Nothing is written before the pin is compared, least of all the password.
        fault = tls.fault_of_pin(connection.certificate)
        return None if fault is None else _Ended(Ending.MISCONFIGURED, fault)

    async def _part(self, traffic: Traffic) -> None:
        """Drain and unbind, as far as there is anything left to."""
        timings = self._settings.timings
        if traffic.bound_at is not None and not traffic.is_over:
            self._change(LinkState.DRAINING, traffic.reason or "no new messages")
            traffic.take_no_more()
            self._parts.wake()
            if not traffic.is_deaf:
                await self._until(lambda: traffic.is_drained, timings.response_seconds)
            traffic.give_up_unwritten("the link is draining")
            await self._until(lambda: not traffic.owes_answers, timings.unbind_seconds)
        if traffic.unbind():
            await self._until(lambda: False, timings.unbind_seconds + _CLOSE_SECONDS_MAX)
        traffic.abort("the link was closed")

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
        number, alarms = self.number, self._parts.alarms
        status = traffic.refused_with
        if status is not None:
            meaning = self._parts.outgoing.meaning(status)
            detail = f"the carrier refused the bind: {meaning.sentence} ({meaning.name}, {status})"
            return _Ended(ending_of_refusal(meaning), detail)
        bound_at = traffic.bound_at
        if bound_at is not None:
            bound_seconds = 0.0 if traffic.is_deaf else self._loop.time() - bound_at
            return _Ended(Ending.LOST, self._note_drop(traffic), bound_seconds)
        for connection in traffic.connections:
            fault = fault_in_words(connection.failure)
            if fault is not None:
                return _Ended(Ending.MISCONFIGURED, fault)
        if traffic.unanswered is Timer.BIND:
            detail = "the carrier takes the connection and does not answer the bind"
            alarms.raise_(number, AlarmKind.SILENT, f"{detail}: ask it whether its SMSC works")
        return _Ended(Ending.LOST, traffic.reason)

    def _note_drop(self, traffic: Traffic) -> str:
        """Why the bind ended. A carrier that cuts fast links again and again is written to slower.

        The rate is the link's, so it holds for the next bind.
        """
        now = self._loop.time()
        is_too_fast = self._memory.drops.ended(
            by_carrier=traffic.ended_by_carrier, idle_seconds=traffic.idle_seconds, now=now
        )
        if not (is_too_fast and self._memory.rate.dropped(now)):
            return traffic.reason
        per_second = self._memory.rate.per_second
        self._log.warning("dropped_after_burst", per_second=round(per_second, 1))
        return (
            f"{traffic.reason}, once more right behind a burst: at most {per_second:.0f} segments"
            " a second from now on"
        )

    async def _pause(self, ended: _Ended) -> None:
        seconds = self._backoff.seconds_after(ended.ending, ended.bound_seconds)
        is_refused = ended.ending is Ending.MISCONFIGURED
        state = LinkState.REFUSED if is_refused else LinkState.WAITING
        if is_refused:
            self._parts.alarms.raise_(self.number, AlarmKind.BIND_REFUSED, ended.detail)
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

    def _tell_serving(self, traffic: Traffic) -> None:
        """Say that the link is bound, or what is not as it should be while it is."""
        if traffic.bound_at is None:
            return
        if self._state is LinkState.BINDING:
            self._watch.bound()
            self._parts.knocks.is_bound(self.number)
            self._parts.binds_changed()
            self._parts.alarms.clear(self.number, AlarmKind.BIND_REFUSED)
            if not self._memory.window.is_cautious:
                self._parts.alarms.clear(self.number, AlarmKind.SILENT)
        state, detail = serving_state(
            traffic.smsc, self._memory.window, self._parts.credit, self._loop.time()
        )
        if (state, detail) != (self._state, self._detail):
            self._change(state, detail)

    def _change(self, state: LinkState, detail: str) -> None:
        if state is self._state and state is LinkState.DOWN:
            return
        match state:
            case LinkState.REFUSED:
                self._log.error("link_refused", detail=detail)
            case LinkState.WAITING:
                self._log.warning("link_lost", detail=detail)
            case LinkState.NO_CREDIT:
                self._log.warning("link_waits_for_credit", detail=detail)
            case _:
                self._log.info(f"link_{state}", detail=detail)
        self._tell(state, detail)

    def _tell(self, state: LinkState, detail: str) -> None:
        self._state = state
        self._detail = detail
        self._parts.counts.link_bound(self.number, state in SERVING)
        if state not in _MAY_BE_OPEN:
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
