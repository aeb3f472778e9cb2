"""What of one link's PDUs is written down for people: failures, what somebody chose, what is asked.

Owns the link's ring, the choice of frames, and that no text leaves it that may not be kept. It
decides nothing about messages, and never waits.
"""

import os
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from staffetta.connectors.smpp.backlog import ClaimUnderWay
from staffetta.connectors.smpp.frame_ring import READ, FrameRing, KeptFrame
from staffetta.domain.clock import Clock
from staffetta.messaging.connector import (
    Accepted,
    Claim,
    NotSent,
    Outcome,
    Refused,
    Report,
    Uncertain,
)
from staffetta.messaging.recordings import (
    AWAITED_SECONDS_MAX,
    OCTETS_KEPT_MAX,
    Awaited,
    Reason,
    Recording,
    Recordings,
    Subject,
)
from staffetta.smpp.blanking import without_password, without_text
from staffetta.smpp.constants import CommandId
from staffetta.smpp.message_ids import candidate_keys

AROUND_COUNT: Final = 4  # frames before a segment's failure that are kept with it
LAST_COUNT: Final = 12  # frames before the end of a connection
_INCIDENT_OCTETS: Final = 8
_SUBMITS: Final = frozenset({int(CommandId.SUBMIT_SM)})
_ANSWERS: Final = frozenset({int(CommandId.SUBMIT_SM_RESP), int(CommandId.GENERIC_NACK)})
_DELIVERIES: Final = frozenset({int(CommandId.DELIVER_SM), int(CommandId.DATA_SM)})


class LinkRecorder:
    """The recorder of one link, through all its connections."""

    def __init__(
        self,
        connector_id: int,
        link: int,
        recordings: Recordings,
        clock: Clock,
        now: Callable[[], float],
        *,
        keeps_text: bool,
    ) -> None:
        self.ring = FrameRing(recordings.policy.ring_octets_max)
        self._awaited = recordings.awaited(connector_id)
        self._connector_id = connector_id
        self._link = link
        self._recordings = recordings
        self._clock = clock
        self._now = now  # in the loop's seconds
        self._keeps_text = keeps_text
        self._since = now()  # when the connection began
        self._incident = b""  # of the newest failure
        self._incident_end: object = None  # of the ring then

    def began(self) -> None:
        """Another connection begins."""
        self._since = self._now()

    def answered(
        self, work: ClaimUnderWay, index: int, outcome: Outcome, written_at: float
    ) -> bytes | None:
        """A written segment has its outcome: a failure, or one of a claim that is recorded.

        Answers the incident that a failure is recorded under. `written_at` is the moment of the
        turn that wrote it, in the loop's seconds.
        """
        reason = _reason_of(work, outcome)
        if reason is None or not self._recordings.may_record():
            return None
        subject = _subject_of(work.claim, index)
        keeps_text = self._keeps_text and not work.claim.is_code
        own = self._frames_of(work.numbers[index], outcome, written_at)
        if isinstance(outcome, Accepted):
            self._await_report(work.claim, outcome, subject, reason, keeps_text=keeps_text)
            self._put(own, reason, subject=subject, keeps_text=keeps_text)
            return None
        incident = self._incident_of(own)
        self._put(own, reason, incident, subject=subject, keeps_text=keeps_text)
        return incident

    def _incident_of(self, own: Sequence[KeptFrame]) -> bytes:
        """The incident of a failure. Before all that fail at once the same went over the link."""
        if self._incident_end is None or self._incident_end is not self.ring.end:
            self._incident = os.urandom(_INCIDENT_OCTETS)
            self._incident_end = self.ring.end
            around = [one for one in self.ring.newest(AROUND_COUNT + len(own)) if one not in own]
            self._put(around[-AROUND_COUNT:], Reason.AROUND, self._incident)
        return self._incident

    def _await_report(
        self,
        claim: Claim,
        accepted: Accepted,
        subject: Subject,
        reason: Reason,
        *,
        keeps_text: bool,
    ) -> None:
        """Have the report on an accepted segment recorded, in whatever spelling it names it."""
        keys = frozenset((accepted.smsc_key, *candidate_keys(accepted.smsc_id).values())) - {""}
        until = self._clock.monotonic() + AWAITED_SECONDS_MAX
        self._awaited.put(Awaited(subject, reason, keeps_text, keys, claim.number, until))

    def late(self, work: ClaimUnderWay, index: int, incident: bytes) -> None:
        """An answer came to a segment that was given up in that incident."""
        frame = self.ring.find_read(work.numbers[index], _ANSWERS)
        if frame is not None:
            self._put([frame], Reason.LATE, incident, subject=_subject_of(work.claim, index))

    def _frames_of(self, number: int, outcome: Outcome, written_at: float) -> list[KeptFrame]:
        """A segment's request, and the answer that just came, as far as they are still there."""
        if not number:  # it was never written
            return []
        request = self.ring.find_written(number, _SUBMITS, written_at)
        answer = None
        if not isinstance(outcome, Uncertain | NotSent):
            answer = self.ring.find_read(number, _ANSWERS)
        return [frame for frame in (request, answer) if frame is not None]

    def reported(self, report: Report, sequence_number: int) -> None:
        """A delivery report came: perhaps one that is waited for."""
        if not self._awaited.may_have(report):
            return
        awaited = self._awaited.find(report, self._clock.monotonic())
        if awaited is None:
            return
        frame = self.ring.find_read(sequence_number, _DELIVERIES)
        if frame is not None:
            self._put(
                [frame], awaited.reason, subject=awaited.subject, keeps_text=awaited.keeps_text
            )

    def unreadable(self, frame: bytes) -> None:
        """The carrier sent what cannot be read: whose it is and where its text is, nobody knows."""
        if self._recordings.policy.ring_octets_max:
            self._put([KeptFrame(self._now(), READ, frame)], Reason.UNREADABLE)

    def incident(self, reason: Reason) -> None:
        """Something happened to the link itself: keep what went over it last."""
        if self._recordings.may_record():
            incident = os.urandom(_INCIDENT_OCTETS)
            self._put(self._newest(LAST_COUNT), reason, incident)

    def show(self, frame: KeptFrame, incident: bytes) -> None:
        """Somebody asked for what went over the links last, and this did."""
        self._put([frame], Reason.ASKED, incident)

    def _newest(self, count: int) -> list[KeptFrame]:
        return [one for one in self.ring.newest(count) if one.at >= self._since]

    def _put(
        self,
        frames: Sequence[KeptFrame],
        reason: Reason,
        incident: bytes | None = None,
        *,
        subject: Subject | None = None,
        keeps_text: bool = False,
    ) -> None:
        """Write frames down. Unless somebody knows whose text it is, it is not kept."""
        now, wall = self._now(), self._clock.now()
        for frame in frames:
            octets = without_password(frame.octets) if keeps_text else without_text(frame.octets)
            self._recordings.put(
                Recording(
                    at=wall - timedelta(seconds=now - frame.at),
                    connector_id=self._connector_id,
                    link=self._link,
                    is_written=frame.is_written,
                    octets=octets[:OCTETS_KEPT_MAX],
                    octet_count=len(octets),
                    is_blanked=not keeps_text,
                    reason=reason,
                    incident=incident,
                    subject=subject,
                )
            )


def _reason_of(work: ClaimUnderWay, outcome: Outcome) -> Reason | None:
    match outcome:
        case Refused():
            return Reason.REFUSED
        case Uncertain():
            return Reason.UNCERTAIN
        case _:
            return work.recorded


def _subject_of(claim: Claim, index: int) -> Subject:
    number = claim.segments[index].number
    return Subject(claim.space_id, claim.recipient_id, claim.attempt, number)
