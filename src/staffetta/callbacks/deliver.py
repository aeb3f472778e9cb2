"""Delivering: claims in lanes that have something due, sends, and hands the results on.

It claims only what it can send soon, commits before the network, and never lets one lane hold up
another: each has its own room, its own breaker, its own pace.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from staffetta.callbacks.bell import lane_in
from staffetta.callbacks.breaker import Breaker
from staffetta.callbacks.claim import (
    LANES_READ_MAX,
    OVERDUE_MAX,
    DueLane,
    claim,
    give_up_waiting,
    put_back_unknown,
    read_lanes,
    reap,
)
from staffetta.callbacks.compose import (
    REPEATS_DEFAULT,
    LateLetter,
    Unsendable,
    compose,
    compose_late,
)
from staffetta.callbacks.http_client import HttpClient
from staffetta.callbacks.lane_state import LaneState
from staffetta.callbacks.lanes import Lanes
from staffetta.callbacks.letters import BodySource, Letter, Request, request_of
from staffetta.callbacks.metrics import CallbackMetrics
from staffetta.callbacks.outcomes import (
    Answered,
    Dead,
    NoAnswer,
    Outcome,
    decide,
    failure_words,
    is_outage,
)
from staffetta.callbacks.owe import Lane
from staffetta.callbacks.pauses import Pause, Pauses
from staffetta.callbacks.receiver import RECEIVER_HOST, TestReceiver
from staffetta.callbacks.results import Result, Results, Tried, Untried
from staffetta.db.pool import Database, DatabaseError
from staffetta.domain.clock import Clock
from staffetta.domain.secrets import Keyring

PUT_BACK_SECONDS: Final = 15.0
_COMPOSED_AT_ONCE_MAX: Final = 2  # letters about many recipients: connections are few

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DelivererParts:
    """What a deliverer depends on."""

    database: Database
    client: HttpClient
    bodies: BodySource
    keyring: Keyring
    metrics: CallbackMetrics
    clock: Clock
    owner: int
    may_write: Callable[[], bool]  # whether nobody can have taken this process for dead
    concurrency_max: int  # requests at once to one host for one account
    chance: Callable[[], float] = random.random


class Deliverer:
    """Delivers for one process. `app` repeats its steps and gives it a place for its tasks."""

    def __init__(self, parts: DelivererParts, tasks: asyncio.TaskGroup) -> None:
        self._parts = parts
        self._tasks = tasks
        self._lanes: Lanes[Letter | LateLetter] = Lanes(parts.concurrency_max)
        self._composing = asyncio.Semaphore(_COMPOSED_AT_ONCE_MAX)
        self._receiver = TestReceiver(parts.database, parts.keyring, parts.clock)
        self._workers: set[asyncio.Task[None]] = set()
        self._read_up_to: Lane | None = None
        self._oldest_due_at: datetime | None = None  # of the lanes read since the first one
        self._put_back_at = 0.0
        self._is_stopping = False
        self.pauses = Pauses(parts.database, parts.owner)
        self.results = Results(parts.database, parts.clock, parts.owner, self._written)
        self.wake = asyncio.Event()  # something may be claimed

    @property
    def under_way(self) -> int:
        """How many callbacks are claimed and not written yet."""
        return self._lanes.claimed_count

    # What is due -------------------------------------------------------------------------------

    def ring(self, payload: str) -> None:
        """A NOTIFY named a lane."""
        lane = lane_in(payload)
        if lane is not None:
            self._look_at([lane])

    def _look_at(self, lanes: Sequence[Lane]) -> None:
        for lane in lanes:
            self._lanes.look_at(lane)
        if lanes:
            self.wake.set()

    async def discover_once(self) -> int:
        """Look for lanes with something due; answers 0 when all were seen."""
        now, monotonic = self._parts.clock.now(), self._parts.clock.monotonic()
        async with self._parts.database.acquire() as connection:
            found = await read_lanes(connection, self._read_up_to)
            for one in found:
                # What nobody delivered for days is given up only where its host was the reason.
                if one.due_at < now - OVERDUE_MAX and self._lanes.is_down(one.lane, monotonic):
                    count = await give_up_waiting(connection, one.lane, now)
                    _log.warning("callbacks_given_up", host=one.lane.host, count=count)
        self._look_at([one.lane for one in found if one.due_at <= now])
        is_full = len(found) == LANES_READ_MAX
        self._read_up_to = found[-1].lane if is_full else None
        self._tell(found, now, are_all=not is_full)
        self._lanes.forget(monotonic)
        return len(found) if is_full else 0

    def _tell(self, found: Sequence[DueLane], now: datetime, *, are_all: bool) -> None:
        """Publish how things stand. The test receiver fails when somebody tries: no fault."""
        down_count = self._lanes.broken_count(self._parts.clock.monotonic(), RECEIVER_HOST)
        self._parts.metrics.publish(under_way=self.under_way, hosts_down=down_count)
        due = [one.due_at for one in found if one.lane.host != RECEIVER_HOST]
        if self._oldest_due_at is not None:
            due.append(self._oldest_due_at)
        self._oldest_due_at = min(due, default=None)
        if are_all:
            oldest, self._oldest_due_at = self._oldest_due_at or now, None
            self._parts.metrics.oldest_due(max(0.0, (now - oldest).total_seconds()))

    async def reap_once(self, *, silent_too: bool = True) -> int:
        """Open the claims of dead processes; answers in how many lanes."""
        async with self._parts.database.acquire() as connection:
            lanes = await reap(connection, silent_too=silent_too)
        self._look_at(list(lanes))
        return len(lanes)

    # Claims ------------------------------------------------------------------------------------

    async def claim_once(self) -> int:
        """Claim what is due and begin to send it; answers how many callbacks moved."""
        if self._is_stopping or not self._parts.may_write():
            return 0
        await self._put_back_unknown()
        rooms = self._lanes.rooms(self._parts.clock.monotonic())
        if not rooms:
            return 0
        now = self._parts.clock.now()
        try:
            async with self._parts.database.transaction() as connection:
                found = await claim(connection, rooms, self._parts.owner, now)
                letters = await compose(
                    connection, self._parts.bodies, self._parts.keyring, found.claims, now
                )
        except BaseException:
            self._put_back_at = 0.0  # nobody knows whether it was committed
            self._lanes.not_claimed(rooms)
            raise
        self._lanes.claimed(rooms, found, self._parts.clock.monotonic())
        self._hand_out(letters, now)
        return sum(found.moved.values())

    async def _put_back_unknown(self) -> None:
        """Now and then, open claims of ours that we do not know of: they broke off in a commit.

        No claim is being made meanwhile, and a commit that is slow is found the next time.
        """
        monotonic = self._parts.clock.monotonic()
        if monotonic < self._put_back_at:
            return
        async with self._parts.database.acquire() as connection:
            lanes = await put_back_unknown(connection, self._parts.owner, self._lanes.known_ids())
        self._put_back_at = monotonic + PUT_BACK_SECONDS
        if lanes:
            _log.warning("callbacks_put_back", count=len(lanes))
            self._look_at(lanes)

    def _hand_out(self, letters: Sequence[Letter | LateLetter | Unsendable], now: datetime) -> None:
        monotonic = self._parts.clock.monotonic()
        touched: dict[Lane, None] = {}
        for letter in letters:
            if isinstance(letter, Unsendable):
                self.results.add(self._unsent(letter, now))
                continue
            lane = letter.claim.lane
            self._lanes.state(lane, monotonic).waiting.append(letter)
            touched.setdefault(lane)
        for lane in touched:
            state = self._lanes.state(lane, monotonic)
            # The claim took its time: its host may be down since its room was measured.
            self._give_back(state, kept_count=state.waiting_max(monotonic))
            self._start_workers(state, monotonic)

    def _unsent(self, letter: Unsendable, now: datetime) -> Tried:
        outcome = NoAnswer(letter.reason)
        later = decide(outcome, letter.claim.tries, REPEATS_DEFAULT, now, self._parts.chance())
        decision = Dead() if letter.is_final else later
        return Tried(letter.claim, decision, now, 0, None, failure_words(outcome), "")

    def _written(self, result: Result) -> None:
        if result.claim.host != RECEIVER_HOST:
            self._parts.metrics.count(result)
        if self._lanes.written(result.claim, self._parts.clock.monotonic()):
            self.wake.set()

    # Sending -----------------------------------------------------------------------------------

    def _start_workers(self, state: LaneState[Letter | LateLetter], now: float) -> None:
        for _ in range(state.workers_wanted(now)):
            state.in_flight += 1
            task = self._tasks.create_task(self._work(state))
            self._workers.add(task)
            task.add_done_callback(self._workers.discard)

    async def _work(self, state: LaneState[Letter | LateLetter]) -> None:
        """Send what waits in a lane, one after the other, while the lane bears so many at once."""
        try:
            while state.waiting and state.in_flight <= state.concurrency:
                await self._send(state, state.waiting.popleft())
        finally:
            state.in_flight -= 1

    async def _send(
        self, state: LaneState[Letter | LateLetter], waiting: Letter | LateLetter
    ) -> None:
        """Make one attempt; the moment of it stands in the signature and in the record."""
        clock = self._parts.clock
        letter = await self._composed(waiting) if isinstance(waiting, LateLetter) else waiting
        if letter is None:
            return
        if not self._parts.may_write():
            self.results.add(Untried(letter.claim))
            return
        at, started = clock.now(), clock.monotonic()
        outcome: Outcome
        try:
            outcome = await self._post(letter, request_of(letter, at))
        except asyncio.CancelledError:
            self.results.add(Untried(letter.claim))
            raise
        except Exception:  # noqa: BLE001 - one letter that our own code fails on must not stop all
            _log.exception("callback_not_sent", callback=letter.claim.id.hex())
            outcome = NoAnswer("a fault of this server: it cannot be sent")
        ended = clock.monotonic()
        self.results.add(self._result(letter, outcome, at, ended - started))
        self._note(state, letter.claim.lane, outcome, ended - started, ended)

    async def _post(self, letter: Letter, request: Request) -> Outcome:
        """Send over the network; what goes to the test receiver never leaves this process."""
        if letter.claim.host == RECEIVER_HOST:
            return await self._receiver.take(letter.claim.space_id, request)
        return await self._parts.client.send(request)

    async def _composed(self, late: LateLetter) -> Letter | None:
        """The letter itself; None where there is none, and then its result is written."""
        try:
            async with self._composing, self._parts.database.acquire() as connection:
                letter = await compose_late(connection, self._parts.bodies, late)
        except (asyncio.CancelledError, DatabaseError) as error:
            self.results.add(Untried(late.claim))
            if isinstance(error, DatabaseError):
                _log.warning("callback_not_composed", error=str(error))
                return None
            raise
        if isinstance(letter, Unsendable):
            self.results.add(self._unsent(letter, self._parts.clock.now()))
            return None
        return letter

    def _result(self, letter: Letter, outcome: Outcome, at: datetime, seconds: float) -> Tried:
        return Tried(
            claim=letter.claim,
            decision=decide(
                outcome,
                letter.claim.tries,
                letter.repeats,
                self._parts.clock.now(),
                self._parts.chance(),
            ),
            at=at,
            elapsed_ms=round(seconds * 1000),
            http_status=outcome.status if isinstance(outcome, Answered) else None,
            error=failure_words(outcome),
            answer=outcome.text if isinstance(outcome, Answered) else "",
        )

    def _note(
        self,
        state: LaneState[Letter | LateLetter],
        lane: Lane,
        outcome: Outcome,
        seconds: float,
        now: float,
    ) -> None:
        """Let the lane learn from an outcome."""
        if not is_outage(outcome):
            if state.breaker.is_open(now) or state.breaker.is_probing(now):
                self.pauses.ended(lane)
            state.succeeded(seconds)
            self._start_workers(state, now)
        elif state.failed(now):
            self.pauses.began(self._pause(state.breaker, lane, outcome, now))
            is_trial = lane.host == RECEIVER_HOST  # of somebody who wanted to see this
            (_log.info if is_trial else _log.warning)(
                "callback_host_down",
                space=lane.space_id,
                host=lane.host,
                error=failure_words(outcome),
                probe_in_seconds=round(state.breaker.open_until - now),
            )
            self._give_back(state)

    def _pause(self, breaker: Breaker, lane: Lane, outcome: Outcome, now: float) -> Pause:
        """What people are told of a host that is left alone."""
        at = self._parts.clock.now()
        return Pause(
            lane=lane,
            down_since=at - timedelta(seconds=breaker.down_seconds(now)),
            until=at + timedelta(seconds=breaker.open_until - now),
            error=failure_words(outcome),
        )

    def _give_back(self, state: LaneState[Letter | LateLetter], *, kept_count: int = 0) -> None:
        """Give back what waits in a lane, but for the first `kept_count`."""
        while len(state.waiting) > kept_count:
            self.results.add(Untried(state.waiting.pop().claim))

    # The end -----------------------------------------------------------------------------------

    async def drain(self, seconds_max: float) -> None:
        """Claim nothing more, give back what waits, await what is under way, cut short the rest."""
        self._is_stopping = True
        for state in self._lanes.states().values():
            self._give_back(state)
        if self._workers:
            _, late = await asyncio.wait(set(self._workers), timeout=seconds_max)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
