"""A connector over SMPP: takes claims, spreads them over its links, hands back what carriers said.

Owns the backlog and the turns: however much happens in one turn of the event loop, each link writes
once and the inbox is told of room once. It keeps nothing: what a claim is, and what becomes of it,
is messaging's.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import Final, cast

from staffetta.connectors import metrics
from staffetta.connectors.metrics import ConnectorCounts, ConnectorMetrics
from staffetta.connectors.smpp.alarms import Alarms
from staffetta.connectors.smpp.backlog import Backlog, ClaimUnderWay
from staffetta.connectors.smpp.credit import Credit
from staffetta.connectors.smpp.incoming import Incoming
from staffetta.connectors.smpp.knocks import Knocks
from staffetta.connectors.smpp.link import SmppLink
from staffetta.connectors.smpp.link_parts import LinkParts
from staffetta.connectors.smpp.link_states import LinkChange
from staffetta.connectors.smpp.outgoing import NO_CREDIT, Outgoing
from staffetta.connectors.smpp.recorder import LinkRecorder
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.connectors.smpp.tls import CarrierTls
from staffetta.domain.clock import Clock
from staffetta.domain.text_rules import Cut, cut_by
from staffetta.messaging.connector import (
    Accepted,
    Busy,
    Claim,
    Inbox,
    NotSent,
    Outcome,
    Refused,
    Settlement,
    Uncertain,
)
from staffetta.messaging.recordings import RecordingPolicy, Recordings
from staffetta.routing.alarms import AlarmChange
from staffetta.routing.link_use import LinkUse

_LABELS: Final[dict[type[Outcome], str]] = {
    Accepted: metrics.ACCEPTED,
    Refused: metrics.REFUSED,
    Busy: metrics.BUSY,
    NotSent: metrics.NOT_SENT,
    Uncertain: metrics.UNCERTAIN,
}


class SmppConnector:
    """The links of one connector that this process holds. Implements messaging's Connector.

    `may_write` says whether others still take this process for alive; while it is False nothing is
    begun, because somebody else may be sending the same claims. `changed` hears every change of a
    link's state, `alarmed` what a person should look at, to be stored and shown.
    """

    def __init__(
        self,
        settings: SmppSettings,
        inbox: Inbox,
        clock: Clock,
        counts: ConnectorMetrics,
        *,
        may_write: Callable[[], bool],
        changed: Callable[[LinkChange], None],
        alarmed: Callable[[AlarmChange], None] = lambda _change: None,
        link_numbers: Sequence[int] | None = None,
        recordings: Recordings | None = None,
        keeps_text: bool = False,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.connector_id = settings.connector_id
        self.cut: Cut = cut_by(settings.texts)  # how a text goes to this carrier
        self._inbox = inbox
        self._may_write = may_write
        self._loop = asyncio.get_running_loop()
        self._counts = ConnectorCounts(counts, settings.name)
        self._backlog = Backlog(self._settle)
        self._clock = clock
        self._recordings = recordings or Recordings(RecordingPolicy(), clock)
        self._keeps_text = keeps_text
        self._settings = settings
        self._credit = Credit(settings.credit)
        self._knocks = Knocks()
        self._alarms = Alarms(settings.connector_id, alarmed)
        parts = LinkParts(
            settings=settings,
            backlog=self._backlog,
            inbox=inbox,
            outgoing=Outgoing(settings),
            incoming=Incoming(settings),
            counts=self._counts,
            clock=clock,
            alarms=self._alarms,
            credit=self._credit,
            knocks=self._knocks,
            tls=CarrierTls(settings.tls),
            wake=self._wake,
            look=self._look,
            binds_changed=self._binds_changed,
            recorder_of=self._recorder_of,
        )
        numbers = range(1, settings.link_count + 1) if link_numbers is None else link_numbers
        self._links = [SmppLink(number, parts, changed, chance) for number in numbers]
        self._turn_is_due = False
        self._stops = False
        self._room_told = 0

    def room(self) -> int:
        """How many segments may be handed over now: free window, within one second of rate."""
        if self._stops or not self._may_write():
            return 0
        return self._room(self._loop.time())

    def submit(self, claim: Claim) -> None:
        """Send a claim's segments in order. The inbox hears the settlement, always and once."""
        self._backlog.put(ClaimUnderWay(claim, self._recordings.wants(claim)))
        self._wake()

    def record_newest(self, count: int, incident: bytes) -> None:
        """Write down what went over our links last, at most so many frames of all of them."""
        newest = [
            (frame, link.recorder)
            for link in self._links
            for frame in link.recorder.ring.newest(count)
        ]
        newest.sort(key=lambda one: one[0].at)
        for frame, recorder in newest[-count:]:
            recorder.show(frame, incident)

    def uses(self) -> list[LinkUse]:
        """What our links do now, for people; looked at about once a second."""
        now = self._loop.time()
        return [link.use(now) for link in self._links]

    async def run(self, stop: asyncio.Event) -> None:
        """Keep the links bound until `stop` is set, then drain them.

        When it ends, in whatever way, every claim that was handed over has its settlement.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                for link in self._links:
                    tasks.create_task(link.run(), name=f"link {link.number}")
                await stop.wait()
                self._leave()
        finally:
            self._stops = True
            self._give_up_waiting("the connector stopped")
            self._alarms.end()
            self._counts.publish()

    # How it is done ------------------------------------------------------------------------------

    def _recorder_of(self, number: int) -> LinkRecorder:
        return LinkRecorder(
            self.connector_id,
            number,
            self._recordings,
            self._clock,
            self._loop.time,
            keeps_text=self._keeps_text,
        )

    def _leave(self) -> None:
        self._stops = True
        self._give_up_waiting("the connector is stopping")
        for link in self._links:
            link.leave()

    def _room(self, now: float) -> int:
        free = sum([link.room(now) for link in self._links])
        if self._credit.is_out:
            free = min(free, int(self._credit.may_write(now)))
        return max(0, free - self._backlog.segment_count)

    def _look(self) -> None:
        for link in self._links:
            link.look()

    def _binds_changed(self) -> None:
        """Others may ask for a bind now, and the links that have one share the rate of all ours."""
        settings, now = self._settings, self._loop.time()
        ours = settings.rate_per_second * len(self._links) / settings.link_count
        for link in self._links:
            link.limit_rate(ours / (self._knocks.bound_count or len(self._links)), now)
        self._look()

    def _wake(self) -> None:
        if not self._turn_is_due:
            self._turn_is_due = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        """Write what may be written, and say when more may be handed over."""
        self._turn_is_due = False
        now = self._loop.time()
        if not self._may_write():
            self._give_up_unwritten("this process may not write now")
        elif self._stops:
            self._give_up_waiting("the connector is stopping")
        elif not any(link.takes_claims for link in self._links):
            self._give_up_waiting("no link is bound")
        elif self._credit.is_shut(now):
            self._give_up_unwritten(NO_CREDIT)
        for link in self._links:
            link.turn(now)
        self._links.append(self._links.pop(0))  # another one comes first the next time
        self._counts.publish()
        self._tell_room(now)

    def _tell_room(self, now: float) -> None:
        room = 0 if self._stops else self._room(now)
        if room > self._room_told:
            self._inbox.ready(self.connector_id)
        self._room_told = room

    def _give_up_unwritten(self, reason: str) -> None:
        """Others may take our claims over: what is not written yet never will be."""
        for link in self._links:
            link.give_up_unwritten(reason)
        self._give_up_waiting(reason)

    def _give_up_waiting(self, reason: str) -> None:
        self._backlog.give_up_waiting(reason)

    def _settle(self, work: ClaimUnderWay) -> None:
        # None is left of no segment when a claim settles.
        outcomes = cast("tuple[Outcome, ...]", tuple(work.outcomes))
        submits = self._counts.submits
        for outcome in outcomes:
            label = _LABELS[type(outcome)]
            submits[label] = submits.get(label, 0) + 1
        self._inbox.settled(Settlement(self.connector_id, work.claim, outcomes))
