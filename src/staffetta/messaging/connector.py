"""The contract between the life of a message and the links to carriers.

A connector is handed claims and answers through the inbox; it never touches the database. Handing
over is synchronous and never waits: at thousands of segments a second, a task for each would cost
more than the protocol does. For the same reason the values are msgspec structs, which are as frozen
as a frozen dataclass and ten times cheaper to make.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from staffetta.domain.encodings import Encoding
from staffetta.domain.segments import Segmentation
from staffetta.domain.states import Event
from staffetta.domain.writing import ReportedParts, Writing
from staffetta.smpp.message_ids import IdForm


class Segment(msgspec.Struct, frozen=True):
    """One submit_sm to be: a part of a text, already cut to what one segment holds."""

    number: int  # from 1
    text: str  # as it goes to the carrier, which may have wanted other characters


class Claim(msgspec.Struct, frozen=True):
    """One recipient that this process may submit, with the segments that are still to go."""

    space_id: int
    recipient_id: bytes
    attempt: int  # names this claim: a settlement of an older one changes nothing
    sender: str
    number: str  # E.164 with its plus
    encoding: Encoding
    segments: tuple[Segment, ...]
    segment_total: int  # of the whole message
    reference: int  # of the concatenation, 0 to 255; the same on every try
    flash: bool
    expires_at: datetime
    accepted_before: bool  # some segment was accepted by an earlier try: money is settled
    failure_count: int  # temporary refusals so far
    resend_count: int  # times sent again after no answer
    capture_micro: int | None  # what a first acceptance costs; None where it is paid already
    is_code: bool = False  # it carries a one-time password: its text is written down nowhere
    writing: Writing | None = None  # None: the usual way

    @property
    def written_as(self) -> str | None:
        """The cut that the segments are of, by name; None for the usual one."""
        return None if self.writing is None else self.writing.name

    def asks_report(self, number: int) -> bool:
        """Whether the carrier is asked to report the segment with this number.

        Where one report is to stand for the whole text, it is asked for in each try: that of an
        earlier one may come before the rest is taken.
        """
        match self.writing and self.writing.reported_parts:
            case ReportedParts.FIRST:
                return number == self.segments[0].number
            case ReportedParts.LAST:
                return number == self.segments[-1].number
            case _:
                return True


class Accepted(msgspec.Struct, frozen=True):
    """The carrier took the segment."""

    smsc_id: str  # as the carrier wrote it
    smsc_key: str  # normalised the connector's way, to be compared with reports


class Refused(msgspec.Struct, frozen=True):
    """The carrier answered no."""

    command_status: int
    reason: str  # one sentence for operators
    temporary: bool  # worth another try later


class Busy(msgspec.Struct, frozen=True):
    """Not taken for now: the same segment may go again after a pause, and no failure is counted."""

    command_status: int
    retry_after_seconds: float
    reason: str = "the carrier asked to slow down"  # one sentence for operators


class NotSent(msgspec.Struct, frozen=True):
    """Nothing was written; the segment may go again at once."""

    reason: str


class Uncertain(msgspec.Struct, frozen=True):
    """Written, and no answer came: the carrier may have it."""

    reason: str


Outcome = Accepted | Refused | Busy | NotSent | Uncertain


class Settlement(msgspec.Struct, frozen=True):
    """What became of one claim: one outcome for each of its segments, in their order."""

    connector_id: int
    claim: Claim
    outcomes: tuple[Outcome, ...]
    is_late: bool = False  # of segments that an earlier settlement left open; the others NotSent


class ReportMeaning(StrEnum):
    """What a delivery report says of its segment."""

    DELIVERED = "delivered"
    UNDELIVERABLE = "undeliverable"
    REJECTED = "rejected"
    EXPIRED = "expired"
    INTERMEDIATE = "intermediate"  # on its way, or unknown: changes nothing

    @property
    def event(self) -> Event | None:
        """The event it is for the recipient's state; None while nothing is decided."""
        return _EVENTS.get(self)


_EVENTS = {
    ReportMeaning.DELIVERED: Event.REPORT_DELIVERED,
    ReportMeaning.UNDELIVERABLE: Event.REPORT_FAILED,
    ReportMeaning.REJECTED: Event.REPORT_REJECTED,
    ReportMeaning.EXPIRED: Event.REPORT_EXPIRED,
}


class Report(msgspec.Struct, frozen=True):
    """One delivery report as a carrier sent it, understood as far as it goes."""

    connector_id: int
    smsc_id: str  # as the carrier wrote it; "" when it names no message
    smsc_key: str  # of it, while nobody knows that this carrier spells ids another way
    meaning: ReportMeaning
    state_word: str  # the carrier's own word, e.g. DELIVRD
    error: str  # the carrier's own error code, "" when none
    done_at: datetime | None
    destination: str  # the number it names, as written
    sender: str = ""  # the other address, as written: some carriers swap the two
    tlv_id: str = ""  # the id in its TLV; "" when it has none there
    text_id: str = ""  # the id in its text, which may differ
    id_form: IdForm | None = None  # how ids are spelled, where an operator set it
    error_words: str = ""  # what the error means, for people
    error_reason: str = ""  # a reason of smpp.network_errors, where an operator gave it
    is_sniffed: bool = False  # only its text says so, which whoever writes a message can write


class Inbox(Protocol):
    """Where a connector hands back what carriers said. No method waits."""

    def ready(self, connector_id: int) -> None:
        """Say that `room()` may have grown; at most once in a turn of the event loop."""
        ...

    def settled(self, settlement: Settlement) -> None:
        """Take the outcome of a claim. Never refused: claims in flight are bounded by windows."""
        ...

    def reported(self, report: Report, stored: Callable[[bool], None]) -> bool:
        """Take a delivery report; False when full, and the carrier must bring it again.

        `stored` is called once: True when the report is durable (answer the carrier now), False
        when it could not be stored (let the carrier bring it again).
        """
        ...


class Connector(Protocol):
    """A configured way to a carrier, run by this process."""

    connector_id: int

    def cut(self, text: str) -> Segmentation:
        """How a text goes to this carrier; the same for the same text. Raises InvalidText."""
        ...

    def room(self) -> int:
        """How many segments may be handed over now: free window, within one second of rate."""
        ...

    def submit(self, claim: Claim) -> None:
        """Send a claim's segments in order. The inbox hears the settlement, always and once."""
        ...
