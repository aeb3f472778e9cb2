"""Whatever happens to a claim, it settles once, with one outcome for each of its segments."""

from datetime import UTC, datetime

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from staffetta.connectors.smpp.backlog import Backlog, ClaimUnderWay
from staffetta.domain.encodings import Encoding
from staffetta.messaging.connector import (
    Accepted,
    Busy,
    Claim,
    NotSent,
    Refused,
    Segment,
    Uncertain,
)

OUTCOMES = [
    Accepted("x", "x"),
    Refused(11, "no", temporary=False),
    Busy(0x58, 1.0),
    NotSent("not bound"),
    Uncertain("no answer"),
]


def claim(segment_count: int) -> Claim:
    return Claim(
        space_id=1,
        recipient_id=bytes(12),
        attempt=1,
        sender="ACME",
        number="+393331234567",
        encoding=Encoding.GSM_7,
        segments=tuple(Segment(number, "x") for number in range(1, segment_count + 1)),
        segment_total=segment_count,
        reference=0,
        flash=False,
        expires_at=datetime(2026, 3, 14, tzinfo=UTC),
        accepted_before=False,
        failure_count=0,
        resend_count=0,
        capture_micro=0,
    )


class BacklogMachine(RuleBasedStateMachine):
    """A link played at random: takes claims, writes segments, hears answers, gives up."""

    def __init__(self) -> None:
        super().__init__()
        self.settled: list[ClaimUnderWay] = []
        self.backlog = Backlog(self.settled.append)
        self.all: list[ClaimUnderWay] = []
        self.current: ClaimUnderWay | None = None
        self.open: list[tuple[ClaimUnderWay, int]] = []

    @rule(segment_count=st.integers(0, 4))
    def put(self, segment_count):
        work = ClaimUnderWay(claim(segment_count))
        self.all.append(work)
        self.backlog.put(work)

    @rule()
    def write(self):
        if self.current is None or not self.current.unwritten_count:
            self.current = self.backlog.next()
        if self.current is not None:
            self.open.append((self.current, self.current.unwritten_at))
            self.backlog.written(self.current)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), outcome=st.sampled_from(OUTCOMES))
    def answer(self, data, outcome):
        work, index = self.open.pop(data.draw(st.integers(0, len(self.open) - 1)))
        self.backlog.answered(work, index, outcome)

    @precondition(lambda self: self.current is not None)
    @rule()
    def give_up_current(self):
        self.backlog.give_up(self.current, "gone")
        self.current = None

    @rule()
    def give_up_waiting(self):
        self.backlog.give_up_waiting("gone")

    @invariant()
    def none_settles_twice_or_early(self):
        assert len(set(map(id, self.settled))) == len(self.settled)
        for work in self.all:
            is_whole = None not in work.outcomes
            assert is_whole == any(one is work for one in self.settled)
            assert work.unsettled_count == work.outcomes.count(None)

    @invariant()
    def what_waits_is_counted(self):
        unwritten = sum(work.unwritten_count for work in self.all)
        assert self.backlog.segment_count == unwritten

    @invariant()
    def what_was_written_is_never_called_not_sent(self):
        for work, index in self.open:
            assert work.outcomes[index] is None

    def teardown(self):
        if self.current is not None:
            self.backlog.give_up(self.current, "the end")
        self.backlog.give_up_waiting("the end")
        for work, index in self.open:
            self.backlog.answered(work, index, Uncertain("the end"))
        assert len(self.settled) == len(self.all)
        assert self.backlog.segment_count == 0


TestBacklog = BacklogMachine.TestCase


def test_a_late_answer_corrects_a_claim_that_is_not_settled() -> None:
    settled: list[ClaimUnderWay] = []
    backlog = Backlog(settled.append)
    work = ClaimUnderWay(claim(2))
    backlog.put(work)
    for _ in range(2):
        backlog.written(work)
    backlog.answered(work, 0, Uncertain("no answer"))
    assert backlog.corrected(work, 0, Accepted("x", "x"))
    backlog.answered(work, 1, Accepted("y", "y"))
    assert work.outcomes == [Accepted("x", "x"), Accepted("y", "y")]
    assert not backlog.corrected(work, 1, Uncertain("no answer"))
    assert settled == [work]
