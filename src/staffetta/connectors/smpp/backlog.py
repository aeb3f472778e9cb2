"""Claims that were handed over, until each has its settlement.

Owns the counting: what of a claim was written, what was answered, and that it settles once, when
every segment has its outcome. It writes nothing and answers nobody.
"""

from collections import deque
from collections.abc import Callable

from staffetta.messaging.connector import Accepted, Claim, NotSent, Outcome
from staffetta.messaging.recordings import Reason

Settle = Callable[["ClaimUnderWay"], None]


class ClaimUnderWay:
    """One claim, between its handing over and its settlement."""

    __slots__ = ("claim", "numbers", "outcomes", "recorded", "unsettled_count", "unwritten_at")

    def __init__(self, claim: Claim, recorded: Reason | None = None) -> None:
        count = len(claim.segments)
        self.claim = claim
        self.recorded = recorded  # why all its PDUs are written down; None: they are not
        self.numbers = [0] * count  # the sequence_number each segment went under; 0: not written
        self.outcomes: list[Outcome | None] = [None] * count
        self.unwritten_at = 0  # index of the first segment that was not written
        self.unsettled_count = count

    @property
    def unwritten_count(self) -> int:
        """How many segments are still to be written."""
        return len(self.outcomes) - self.unwritten_at


class Backlog:
    """The claims of one connector that are not settled yet, and the order they go in.

    `segment_count` is what waits to be written, on whichever link.
    """

    def __init__(self, settle: Settle) -> None:
        self._settle = settle
        self._waiting: deque[ClaimUnderWay] = deque()
        self.segment_count = 0

    def put(self, work: ClaimUnderWay) -> None:
        """A claim waits for a link. One without segments has nothing to wait for."""
        if work.unsettled_count == 0:
            self._settle(work)
            return
        self._waiting.append(work)
        self.segment_count += work.unsettled_count

    def next(self) -> ClaimUnderWay | None:
        """The claim whose turn it is, now the caller's; its segments still count as waiting."""
        return self._waiting.popleft() if self._waiting else None

    def written(self, work: ClaimUnderWay) -> None:
        """The claim's next segment was handed to a session."""
        work.unwritten_at += 1
        self.segment_count -= 1

    def answered(self, work: ClaimUnderWay, index: int, outcome: Outcome) -> None:
        """A written segment has its outcome. Any but an acceptance ends the claim's writing."""
        work.outcomes[index] = outcome
        work.unsettled_count -= 1
        if work.unwritten_at < len(work.outcomes) and not isinstance(outcome, Accepted):
            self._cut(work, "a segment before it was not accepted")
        if work.unsettled_count == 0:
            self._settle(work)

    def corrected(self, work: ClaimUnderWay, index: int, outcome: Outcome) -> bool:
        """A segment that had its outcome has another; False where its claim is settled already."""
        if work.unsettled_count == 0:
            return False
        work.outcomes[index] = outcome
        return True

    def give_up(self, work: ClaimUnderWay, reason: str) -> None:
        """What of a claim was not written never will be."""
        if work.unwritten_count:
            self._cut(work, reason)
            if work.unsettled_count == 0:
                self._settle(work)

    def give_up_waiting(self, reason: str) -> None:
        """No claim that waits will be written."""
        while (work := self.next()) is not None:
            self.give_up(work, reason)

    def _cut(self, work: ClaimUnderWay, reason: str) -> None:
        count = work.unwritten_count
        work.outcomes[work.unwritten_at :] = [NotSent(reason)] * count
        work.unwritten_at += count
        work.unsettled_count -= count
        self.segment_count -= count
