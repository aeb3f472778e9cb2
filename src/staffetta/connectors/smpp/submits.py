"""The segments that go out over one connection, and what becomes of each.

Owns the claim that is being written, and what each answer, or its absence, means for the claim and
for the link: its rate, its window, its credit, whether it is to be left.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from staffetta.connectors.smpp.alarms import ALL_LINKS
from staffetta.connectors.smpp.backlog import ClaimUnderWay
from staffetta.connectors.smpp.connection import Connection
from staffetta.connectors.smpp.given_up import GivenUpSegments
from staffetta.connectors.smpp.link_parts import LinkMemory, LinkParts
from staffetta.connectors.smpp.oddities import Oddities
from staffetta.connectors.smpp.silence import Silence, Timeout
from staffetta.messaging.connector import NotSent, Outcome, Refused, Uncertain
from staffetta.routing.alarms import AlarmKind
from staffetta.smpp import events, pdus
from staffetta.smpp.errors import InvalidField
from staffetta.smpp.statuses import StatusClass, StatusMeaning
from staffetta.smpp.tlvs import Tag, find_integer
from staffetta.smpp.window import LostRequests

# congestion_state (5.0 section 4.8.4.18): from here the carrier is nearly congested.
_CONGESTED_PERCENT: Final = 90
# A carrier that cannot read some segments takes others in between.
_UNREADABLE_SECONDS: Final = 60.0
_RAISED_AGAIN_SECONDS: Final = 1.0  # thousands may come in one


# One segment without an answer, as a session keeps it for us: its claim, its index there, how many
# were open with it, and its turn. A bare tuple, because thousands are made each second.
_Turn = tuple[float, int]  # when it was written, and what was answered last before
_Written = tuple[ClaimUnderWay, int, int, _Turn]


class Submits:
    """The segments of one connection. `leave` is told when it is of no more use, and why."""

    def __init__(
        self,
        parts: LinkParts,
        memory: LinkMemory,
        oddities: Oddities,
        connection: Connection,
        leave: Callable[[str], None],
    ) -> None:
        self._parts = parts
        self._memory = memory
        self._oddities = oddities
        self._connection = connection
        self._leave = leave
        self._backlog = parts.backlog
        self._credit = parts.credit
        self._outgoing = parts.outgoing
        self._rate = memory.rate
        self._recorder = memory.recorder
        self._totals = memory.totals
        self._silence = Silence()
        self._given_up = GivenUpSegments(parts, memory, oddities)
        self._current: ClaimUnderWay | None = None  # some segments of it may be written, not all
        self._has_doubts = True  # something is believed of the carrier that an answer may refute
        self._unreadable_at = -_UNREADABLE_SECONDS
        self.takes_claims = True  # new ones are begun
        self.is_deaf = False  # the carrier takes segments and answers none
        self.written_at = -1e9  # when a segment was last written

    @property
    def has_current(self) -> bool:
        """Whether a claim is half written."""
        return self._current is not None

    @property
    def open_count(self) -> int:
        """How many segments wait for an answer."""
        return self._connection.session.open_count

    def room(self, now: float) -> int:
        """How many segments could be written within a second, whatever waits already."""
        return min(self._connection.room, self._rate.within_a_second(now))

    def next_write_at(self, now: float) -> float | None:
        """When the rate lets the next segment go; None when something else is waited for."""
        waits = self._current is not None or (self.takes_claims and self._backlog.segment_count)
        if not waits or self._connection.room == 0 or not self._credit.may_write(now):
            return None
        return self._rate.next_at(now)

    def give_up_unwritten(self, reason: str) -> None:
        """What of the claim in hand is not written never will be."""
        current, self._current = self._current, None
        if current is not None:
            self._backlog.give_up(current, reason)

    # Writing -------------------------------------------------------------------------------------

    def write(self, now: float) -> None:
        """Write what may be written, into the session's output."""
        free = self._connection.room
        if free == 0:
            if self._connection.session.room == 0:  # and not the connection's buffer is full
                self._memory.window.grow(now)
            return
        room = min(free, self._rate.allowance(now))
        if self._credit.is_out:
            room = min(room, int(self._credit.may_write(now)))
        if room <= 0:
            return
        wall = self._parts.clock.now()
        turn: _Turn = (now, self._silence.last_answered)
        left = room
        while left > 0:
            work = self._current or self._next_claim()
            if work is None:
                break
            left -= self._write_claim(work, left, turn, wall)
        self._rate.spend(room - left, now)
        if left < room:
            self._totals.written_count += room - left
            self.written_at = now
            if self._credit.is_out:
                self._credit.wrote(turn)  # alone in its turn

    def _next_claim(self) -> ClaimUnderWay | None:
        return self._backlog.next() if self.takes_claims else None

    def _write_claim(self, work: ClaimUnderWay, room: int, turn: _Turn, wall: datetime) -> int:
        """Write up to `room` segments of a claim; answers how many."""
        self._current = work
        claim = work.claim
        segments = claim.segments
        count = 0
        session = self._connection.session
        depth = session.open_count + 1
        send, make = session.send, self._outgoing.submit_sm
        while count < room and work.unwritten_at < len(segments):
            index = work.unwritten_at
            self._backlog.written(work)
            try:
                pdu = make(claim, segments[index], wall)
                work.numbers[index] = send(pdu, (work, index, depth + count, turn), turn[0])
            except InvalidField as error:
                self._refuse_unwritable(work, index, error)
            else:
                count += 1
        if work.unwritten_at == len(segments):
            self._current = None
        return count

    def _refuse_unwritable(self, work: ClaimUnderWay, index: int, error: InvalidField) -> None:
        self._memory.log.error(
            "segment_cannot_be_written",
            recipient=work.claim.recipient_id.hex(),
            segment=work.claim.segments[index].number,
            error=str(error),
        )
        reason = f"the segment does not fit SMPP: {error}"
        self._backlog.answered(work, index, Refused(0, reason, temporary=False))

    # What the carrier says -----------------------------------------------------------------------

    def responded(self, event: events.ResponseReceived) -> None:
        """An answer to a segment."""
        pdu: Any = event.pdu  # to a submit_sm, hence a submit_sm_resp
        written: _Written = event.context
        self._silence.last_answered = pdu.sequence_number
        if pdu.command_status:
            self._refused(written, pdu.command_status)
            return
        work, index, _, turn = written
        if self._has_doubts or self._credit.is_out:
            self._believe(turn)
        if pdu.tlvs:
            self._note_congestion(pdu.tlvs)
        outcome = self._outgoing.accepted(pdu.message_id)
        if work.recorded is not None:
            self._recorder.answered(work, index, outcome, turn[0])
        self._backlog.answered(work, index, outcome)

    def nacked(self, event: events.PeerNacked) -> None:
        """The carrier could not read a segment, or something."""
        if event.certain:
            self._refused(event.context, event.command_status)
            return
        self._oddities.count("nack_without_number", self._connection.now())
        reason = f"the carrier could not read something (status {event.command_status})"
        self._answered(event.context, Uncertain(reason))

    def timed_out(self, event: events.RequestTimedOut) -> None:
        """No answer to a segment in time. Its place in the window is free again."""
        now = self._connection.now()
        written: _Written = event.context
        seconds = self._parts.settings.timings.response_seconds
        self._memory.remarks.warn("no_answer", now, sequence_number=event.sequence_number)
        _, _, depth, (sent_at, answered_before) = written
        match self._silence.timed_out(answered_before, self._memory.window.now_open_max):
            case Timeout.DEAF:
                self._leave_deaf(now)
            case Timeout.PASSED_OVER:
                self._blame_window(depth, sent_at, now)
            case Timeout.ALONE:
                pass
        self._answered(written, Uncertain(f"no answer within {seconds:g} seconds"))

    def failed(self, written: _Written) -> None:
        """A fault of ours kept an answer from its effect; its segment has an outcome anyway."""
        work, index, _, turn = written
        if work.outcomes[index] is None:
            self._credit.unclear(turn, self._connection.now())
            reason = "an error of this program kept the answer from being read; it is in the log"
            self._backlog.answered(work, index, Uncertain(reason))

    def lost(self, lost: LostRequests, reason: str) -> None:
        """The connection is gone: nothing is left without an outcome."""
        self.takes_claims = False
        self.give_up_unwritten(reason)
        for written in lost.never_sent:
            self._answered(written, NotSent(reason))
        for written in lost.uncertain:
            self._answered(written, Uncertain(reason))
        if lost.uncertain:
            self._memory.log.warning(
                "segments_left_uncertain", count=len(lost.uncertain), reason=reason
            )

    def _answered(self, written: _Written, outcome: Outcome) -> None:
        """A segment that was not accepted has its outcome."""
        work, index, _, turn = written
        if self._credit.is_out:
            self._credit.unclear(turn, self._connection.now())
        incident = self._recorder.answered(work, index, outcome, turn[0])
        if isinstance(outcome, Uncertain):
            self._given_up.put(work, index, incident)
        self._backlog.answered(work, index, outcome)

    def answered_late(self, pdu: pdus.SubmitSmResp) -> bool:
        """An answer that nobody waits for; False where it is to no segment of this connection."""
        return self._given_up.answered(pdu, self._connection.now())

    def _refused(self, written: _Written, command_status: int) -> None:
        now = self._connection.now()
        meaning = self._outgoing.meaning(command_status)
        outcome = self._outgoing.refused(command_status)
        if self._memory.window.is_cautious:
            self._hear_again()
        match meaning.status_class:
            case StatusClass.THROTTLE:
                self._slow_down("throttled", now, command_status=command_status)
            case StatusClass.CREDIT:
                self._stop_for_credit(written, meaning, now)
            case StatusClass.SESSION:
                self._memory.remarks.warn("bind_not_known", now, command_status=command_status)
                self._leave("the carrier does not know the bind")
            case StatusClass.PROTOCOL:
                self._note_unreadable(meaning, now)
        self._answered(written, outcome)

    # What it means for the link ------------------------------------------------------------------

    def _slow_down(self, event: str, now: float, **fields: Any) -> None:
        self._rate.throttled(now)
        self._totals.throttle_count += 1
        self._memory.remarks.warn(event, now, per_second=round(self._rate.per_second, 1), **fields)

    def _note_congestion(self, tlvs: pdus.Tlvs) -> None:
        percent = find_integer(tlvs, Tag.CONGESTION_STATE)
        if percent is not None and percent >= _CONGESTED_PERCENT:
            self._slow_down("congested", self._connection.now(), percent=percent)

    def _stop_for_credit(self, written: _Written, meaning: StatusMeaning, now: float) -> None:
        if not self._credit.refused(written[3], now):
            return
        seconds = self._credit.next_probe_at - now
        detail = (
            f"the carrier says that our account is out of credit (status {meaning.name},"
            f" {meaning.code}): fill it up. Messages wait; the next one is tried in {seconds:.0f} s"
        )
        self._memory.log.error("no_credit", command_status=meaning.code, next_in_seconds=seconds)
        self._parts.alarms.raise_(ALL_LINKS, AlarmKind.NO_CREDIT, detail)
        self._parts.look()

    def _note_unreadable(self, meaning: StatusMeaning, now: float) -> None:
        reason = f"{meaning.name}, {meaning.code}"
        is_news = now - self._unreadable_at >= _RAISED_AGAIN_SECONDS
        self._has_doubts = True
        self._oddities.count("unreadable_to_carrier", now, reason=reason)
        if not is_news:
            return
        self._unreadable_at = now
        self._parts.alarms.raise_(
            self._memory.number,
            AlarmKind.UNREADABLE,
            f"the carrier cannot read what we write ({reason}): compare the recorded PDU with its"
            " documentation",
        )

    def _blame_window(self, depth: int, sent_at: float, now: float) -> None:
        window = self._memory.window
        if window.timed_out(depth, sent_at, now):
            self._memory.log.warning("window_shrunk", to=window.size, configured=window.ceiling)
            self._parts.look()

    def _leave_deaf(self, now: float) -> None:
        """Nothing is answered any more but enquiries: bind anew, and go on with care."""
        self.is_deaf = True
        self._memory.window.be_cautious(now)
        self._slow_down("carrier_answers_nothing", now)
        reason = "the carrier answers enquiries, and no segment any more"
        self._parts.alarms.raise_(
            self._memory.number,
            AlarmKind.SILENT,
            f"{reason}: the link is bound anew, and one segment is tried at a time. Ask the carrier"
            " what became of those before",
        )
        self._leave(reason)

    def _hear_again(self) -> None:
        self._memory.window.answered()
        self._parts.alarms.clear(self._memory.number, AlarmKind.SILENT)

    def _believe(self, turn: _Turn) -> None:
        """A segment was accepted: what was believed of the carrier may be over."""
        number, alarms = self._memory.number, self._parts.alarms
        self._hear_again()
        if self._credit.is_out and self._credit.accepted(turn):
            self._memory.log.info("credit_again")
            self._parts.look()
        if not self._credit.is_out:
            alarms.clear(ALL_LINKS, AlarmKind.NO_CREDIT)
        is_read = self._connection.now() - self._unreadable_at >= _UNREADABLE_SECONDS
        if is_read:
            alarms.clear(number, AlarmKind.UNREADABLE)
        self._has_doubts = not is_read
