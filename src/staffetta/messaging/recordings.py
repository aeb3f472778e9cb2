"""What links keep of their PDUs for people, on its way into the database.

Owns the decision which messages and reports are recorded, and a bounded queue in memory. Whoever
records never waits: what there is no room for is counted and dropped. It must not look into octets;
those that come here hold no password, and a text only where `keeps_text` allowed it.
"""

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from staffetta.domain.clock import Clock
from staffetta.domain.environments import Environment
from staffetta.messaging.choose import Naming, names
from staffetta.messaging.connector import Claim, Report
from staffetta.smpp.message_ids import IdForm, message_id_key

WAITING_MAX: Final = 5_000
PER_SECOND_MAX: Final = 1_000  # frames: what is written down must not slow down what is sent
FRAMES_MAX: Final = 1_000  # that a person asks for; they have room of their own
SAMPLES_PER_SECOND_MAX: Final = 10  # messages: a thousandth of what a fast link sends is too much
AWAITED_MAX: Final = 10_000  # of each connector: ids of segments whose report is recorded too
AWAITED_SECONDS_MAX: Final = 48 * 3600.0
OCTETS_KEPT_MAX: Final = 4_096  # of one PDU
_SAMPLED_OCTETS: Final = 4  # of an id's random end


class Reason(StrEnum):
    """Why a PDU was recorded. The values are the database's."""

    REFUSED = "refused"  # its segment was
    UNCERTAIN = "uncertain"  # nobody knows what became of its segment
    LATE = "late"  # an answer to a segment that was given up as uncertain
    UNREADABLE = "unreadable"
    BIND_REFUSED = "bind_refused"
    LINK_LOST = "link_lost"
    ACCOUNT = "account"  # whose traffic is recorded for a while
    SAMPLE = "sample"
    ASKED = "asked"  # for what went over the link last
    AROUND = "around"  # it went over the link just before one that is recorded


class Subject(msgspec.Struct, frozen=True):
    """The segment that a PDU is about."""

    space_id: int
    recipient_id: bytes
    attempt: int
    segment: int


class Recording(msgspec.Struct, frozen=True):
    """One PDU as it went over a link."""

    at: datetime
    connector_id: int
    link: int
    is_written: bool  # by us; else read
    octets: bytes
    octet_count: int  # of the whole PDU
    is_blanked: bool  # its text is not there, only how long it is
    reason: Reason
    incident: bytes | None = None  # what was recorded together
    subject: Subject | None = None


class Awaited(msgspec.Struct, frozen=True):
    """A segment whose delivery report is recorded when it comes."""

    subject: Subject
    reason: Reason
    keeps_text: bool
    keys: frozenset[str]  # of its id, in every spelling that its report may have
    number: str  # of the recipient, in E.164
    until: float  # when nobody waits any more, in the clock's monotonic seconds


class AwaitedReports:
    """The segments of one connector whose reports are recorded.

    Ids are used again, by some carriers within the hour: an id by itself tells nothing.
    """

    __slots__ = ("_by_key",)

    def __init__(self) -> None:
        self._by_key: dict[str, Awaited] = {}  # who waits longest is first

    def __len__(self) -> int:
        """Under how many keys reports are waited for."""
        return len(self._by_key)

    def put(self, awaited: Awaited) -> None:
        """Wait for a segment's report; the oldest are forgotten for it.

        Whoever waited under one of its keys waits no more: the carrier has used that id again.
        """
        for key in awaited.keys:
            self._by_key.pop(key, None)
            self._by_key[key] = awaited
        while len(self._by_key) > AWAITED_MAX:
            self._forget(next(iter(self._by_key.values())))

    def may_have(self, report: Report) -> bool:
        """Whether somebody waits under an id that a report names: asked of every report."""
        return report.smsc_key in self._by_key or (
            report.tlv_id not in ("", report.text_id) and _text_key(report) in self._by_key
        )

    def find(self, report: Report, now: float) -> Awaited | None:
        """The segment that a report is about; None when nobody waits for it.

        A report must name its segment's recipient. One that names nobody may be another's all the
        same: its text is not kept. After one that decides something, nobody waits any more. `now`
        is in the clock's monotonic seconds.
        """
        for key in (report.smsc_key, _text_key(report)):
            awaited = self._by_key.get(key)
            if awaited is None:
                continue
            if now > awaited.until:
                self._forget(awaited)
                continue
            naming = names((report.destination, report.sender), awaited.number)
            if naming is Naming.OTHERS or (naming is Naming.SILENT and report.is_sniffed):
                continue
            if report.meaning.event is not None:
                self._forget(awaited)
            is_named = naming is Naming.NAMED
            return awaited if is_named else msgspec.structs.replace(awaited, keeps_text=False)
        return None

    def _forget(self, awaited: Awaited) -> None:
        for key in awaited.keys:
            if self._by_key.get(key) is awaited:
                del self._by_key[key]


def _text_key(report: Report) -> str:
    """The key of the id in a report's text, which its TLV may not have."""
    return message_id_key(report.text_id, report.id_form or IdForm.AS_IS)


class RecordingPolicy(msgspec.Struct, frozen=True):
    """What is recorded, as the settings say."""

    ring_octets_max: int = 0  # of each link; 0: nothing is kept, and failures are not recorded
    sample: float = 0.0  # share of the messages
    keeps_text: frozenset[Environment] = frozenset()


class Recordings:
    """What this process recorded and has not stored yet."""

    def __init__(self, policy: RecordingPolicy, clock: Clock) -> None:
        self.policy = policy
        self.waiting: deque[Recording] = deque()
        self.dropped_count = 0
        self.spaces: frozenset[int] = frozenset()  # whose traffic is recorded now
        # Ids end in random octets: as many of them as the share are smaller than this.
        highest = (1 << 8 * _SAMPLED_OCTETS) - 1
        share = round(policy.sample * highest).to_bytes(_SAMPLED_OCTETS, "big")
        self._below = share + b"\0" if policy.sample == 1 else share
        self._clock = clock
        self._second = 0
        self._second_count = 0
        self._sample_second = 0
        self._sample_count = 0
        self._awaited: dict[int, AwaitedReports] = {}

    def wants(self, claim: Claim) -> Reason | None:
        """Whether all PDUs of a claim are recorded, and why."""
        if claim.space_id in self.spaces:
            return Reason.ACCOUNT
        if claim.recipient_id[-_SAMPLED_OCTETS:] < self._below and self._may_sample():
            return Reason.SAMPLE
        return None

    def _may_sample(self) -> bool:
        second = int(self._clock.monotonic())
        if second != self._sample_second:
            self._sample_second, self._sample_count = second, 0
        self._sample_count += 1
        return self._sample_count <= SAMPLES_PER_SECOND_MAX

    def may_record(self) -> bool:
        """Whether there is room for one more now; asked before anything is looked for."""
        second = int(self._clock.monotonic())
        if second != self._second:
            self._second, self._second_count = second, 0
        if self._second_count < PER_SECOND_MAX and len(self.waiting) < WAITING_MAX:
            return True
        self.dropped_count += 1
        return False

    def put(self, recording: Recording) -> None:
        """Have a PDU stored; dropped where there is no room. Never waits.

        What a person asked for has room however many failures there are: that is when people ask.
        """
        if recording.reason is Reason.ASKED:
            if len(self.waiting) < WAITING_MAX + FRAMES_MAX:
                self.waiting.append(recording)
            else:
                self.dropped_count += 1
        elif self.may_record():
            self._second_count += 1
            self.waiting.append(recording)

    def awaited(self, connector_id: int) -> AwaitedReports:
        """The segments of a connector whose reports are recorded, on whichever of its links."""
        return self._awaited.setdefault(connector_id, AwaitedReports())

    def take(self, count: int) -> Sequence[Recording]:
        """Take up to so many out of the queue, to be stored."""
        waiting = self.waiting
        return [waiting.popleft() for _ in range(min(len(waiting), count))]

    def give_back(self, batch: Sequence[Recording]) -> None:
        """Put a batch back where it was."""
        self.waiting.extendleft(reversed(batch))
