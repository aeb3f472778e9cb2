"""Segments of one connection that were given up without an answer, which may come all the same.

Owns how many are remembered, and what a late answer means: what the carrier has, or will not take,
is settled after all, so that its report finds it.
"""

from typing import Final, NamedTuple

from staffetta.connectors.smpp.backlog import ClaimUnderWay
from staffetta.connectors.smpp.link_parts import LinkMemory, LinkParts
from staffetta.connectors.smpp.oddities import Oddities
from staffetta.connectors.smpp.printable import printable
from staffetta.messaging.connector import Accepted, NotSent, Outcome, Refused, Settlement
from staffetta.smpp import pdus

_COUNT_MAX: Final = 1_000


class _GivenUp(NamedTuple):
    work: ClaimUnderWay
    place: int  # of the segment in its claim
    incident: bytes | None  # under which it is recorded; None: it is not


class GivenUpSegments:
    """The newest of them, by sequence_number: a connection uses none of these again."""

    def __init__(self, parts: LinkParts, memory: LinkMemory, oddities: Oddities) -> None:
        self._backlog = parts.backlog
        self._connector_id = parts.settings.connector_id
        self._inbox = parts.inbox
        self._outgoing = parts.outgoing
        self._recorder = memory.recorder
        self._oddities = oddities
        self._by_number: dict[int, _GivenUp] = {}

    def put(self, work: ClaimUnderWay, index: int, incident: bytes | None) -> None:
        """Nobody waits for the answer to this segment any more."""
        self._by_number[work.numbers[index]] = _GivenUp(work, index, incident)
        if len(self._by_number) > _COUNT_MAX:
            del self._by_number[next(iter(self._by_number))]

    def answered(self, pdu: pdus.SubmitSmResp, now: float) -> bool:
        """An answer came that nobody waited for; False where it is to none of these."""
        given_up = self._by_number.pop(pdu.sequence_number, None)
        if given_up is None:
            return False
        work, index, incident = given_up
        status = pdu.command_status
        self._oddities.count(
            "late_answer",
            now,
            sequence_number=pdu.sequence_number,
            smsc_id=printable(pdu.message_id),
            command_status=status,
        )
        if incident is not None:
            self._recorder.late(work, index, incident)
        outgoing = self._outgoing
        outcome = outgoing.refused(status) if status else outgoing.accepted(pdu.message_id)
        if not self._backlog.corrected(work, index, outcome):
            self._settle(work, index, outcome)
        return True

    def _settle(self, work: ClaimUnderWay, index: int, outcome: Outcome) -> None:
        if not isinstance(outcome, Accepted | Refused):
            return  # that the carrier wants a pause says nothing now
        outcomes: list[Outcome] = [NotSent("settled before")] * len(work.outcomes)
        outcomes[index] = outcome
        self._inbox.settled(
            Settlement(self._connector_id, work.claim, tuple(outcomes), is_late=True)
        )
