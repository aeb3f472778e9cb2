"""What a certification saw, as values: the greeting, what was sent, its answers and reports.

Owns the vocabulary alone. Times of day are aware; durations are seconds.
"""

from datetime import datetime

from msgspec import Struct

from staffetta.smpp.reports import ReportPdu
from staffetta.smpp.statuses import StatusClass, describe_status


class TlsSeen(Struct, frozen=True):
    """The TLS of a connection."""

    version: str
    cipher: str
    subject: str  # of the carrier's certificate, "" when it cannot be read
    valid_until: datetime | None
    sha256: str  # of the certificate, for tls_pin
    valid_from: datetime | None = None
    is_trusted: bool = True


class BindSeen(Struct, frozen=True):
    """A bind that was taken."""

    kind: str  # transceiver, transmitter or receiver
    smsc_system_id: str
    smsc_version: int | None  # None: 3.3 or older
    tlvs: tuple[tuple[int, bytes], ...]
    seconds: float


class Obstacle(Struct, frozen=True):
    """Why a certification could not go on."""

    what: str  # one sentence
    to_do: str  # another, "" when nobody knows
    command_status: int | None = None  # of a refused bind
    # What a person may set, who knows more: never applied without one.
    proposed: tuple[tuple[str, object], ...] = ()


class Greeting(Struct, frozen=True):
    """From nothing to bound; what was not reached is None."""

    host: str
    port: int
    connect_seconds: float | None = None  # TLS included
    tls: TlsSeen | None = None
    binds: tuple[BindSeen, ...] = ()
    enquire_seconds: float | None = None
    obstacle: Obstacle | None = None


class Answer(Struct, frozen=True):
    """What came back to one submit_sm."""

    command_status: int | None  # None: no answer
    message_id: str  # as the carrier wrote it
    seconds: float
    detail: str = ""  # why there is no answer
    own_class: StatusClass | None = None  # what the carrier means by it, where settings say

    @property
    def is_accepted(self) -> bool:
        """Whether the carrier took it."""
        return self.command_status == 0

    @property
    def is_throttled(self) -> bool:
        """Whether the carrier asked to slow down."""
        return self._class is StatusClass.THROTTLE

    @property
    def is_out_of_credit(self) -> bool:
        """Whether our account at the carrier is used up."""
        return self._class is StatusClass.CREDIT

    @property
    def is_refused(self) -> bool:
        """Whether the carrier said no, whenever it is asked."""
        return bool(self.command_status) and not (self.is_throttled or self.is_out_of_credit)

    @property
    def _class(self) -> StatusClass | None:
        if self.command_status is None:
            return None
        return self.own_class or describe_status(self.command_status).status_class


class Sent(Struct, frozen=True):
    """One segment of the script, with its answer."""

    step: str  # the name of its step
    number: str  # E.164 with its plus
    part: int  # from 1
    part_total: int
    text: str
    octets: bytes  # of the text as it was written, without a header
    is_ucs2: bool
    at: datetime  # when its answer came
    answer: Answer


class Heard(Struct, frozen=True):
    """One delivery report that came, for us or for somebody else."""

    pdu: ReportPdu
    at: datetime
    is_ours: bool


class Burst(Struct, frozen=True):
    """Many at once: when each was answered, and how."""

    window_max: int
    answers: tuple[Answer, ...]  # in the order sent; seconds of each from its own sending
    answered_at: tuple[float, ...]  # seconds from the first sending, in the same order
    ended_by_carrier: str = ""  # how the connection ended meanwhile, "" when it did not


class Observed(Struct, frozen=True):
    """Everything one certification saw."""

    greeting: Greeting
    sent: tuple[Sent, ...] = ()
    heard: tuple[Heard, ...] = ()
    burst: Burst | None = None
    asked: tuple[tuple[str, str], ...] = ()  # what a person answered, by the question's name
    unexpected: tuple[str, ...] = ()  # what else the carrier did, each kind once
    kept: tuple[tuple[str, object], ...] = ()  # settings that were needed to be understood at all
    ended: str = ""  # how the carrier ended the connection, "" when it did not
