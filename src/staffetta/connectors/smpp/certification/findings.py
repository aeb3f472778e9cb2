"""What a certification learned, as values: the whole of it is `Findings`.

Owns the vocabulary alone; how each is learned is in the `learn_*` modules, how it is told to people
is the command's and the console's.
"""

from enum import StrEnum

from msgspec import Struct

from staffetta.connectors.smpp.certification.observed import Observed
from staffetta.smpp.message_ids import Way


class IdFinding(Struct, frozen=True):
    """How reports name their messages."""

    way: Way | None  # None: no report could be matched to an answer
    report_count: int
    matched_count: int
    answer_example: str  # the id of an answer
    report_example: str  # and of its report


class ReportFinding(Struct, frozen=True):
    """How reports are written."""

    count: int
    has_text: bool
    has_tlv_id: bool
    has_tlv_state: bool
    is_in_payload: bool  # the text stands in message_payload
    unmarked_count: int  # reports that esm_class does not mark
    labels: tuple[str, ...]  # of the text, in their order
    date_digits: int  # of the done date; 0: none, or not understood
    data_codings: tuple[int, ...]
    states: tuple[tuple[str, int], ...]  # each word, and how often
    seconds_median: float | None  # from the answer to the first report
    duplicate_count: int


class AlphabetFinding(StrEnum):
    """What the carrier takes our octets for."""

    AS_SENT = "as_sent"
    READ_AS_LATIN_1 = "read_as_latin_1"
    READ_AS_GSM_7 = "read_as_gsm_7"
    LOST = "lost"  # characters come out as others, and no alphabet explains it
    UNKNOWN = "unknown"


class RateFinding(Struct, frozen=True):
    """What a burst met."""

    sent_count: int
    accepted_count: int
    throttled: tuple[tuple[int, int], ...]  # each status, and how often
    refused: tuple[tuple[int, int], ...]
    unanswered_count: int
    seconds: float  # from the first sending to the last answer
    accepted_per_second: float
    throttled_from_count: int | None  # so many were taken before the first throttle
    answer_seconds_median: float | None
    answer_seconds_95: float | None
    window_max: int
    ended_by_carrier: str

    @property
    def is_throttled(self) -> bool:
        """Whether the carrier asked to slow down, in whatever way."""
        return bool(self.throttled or self.ended_by_carrier)


class Findings(Struct, frozen=True):
    """One certification: what was seen, what it means, and what to set."""

    observed: Observed
    states: tuple[tuple[str, str], ...]  # the newest reported, by the id of the answer
    ids: IdFinding | None  # None where no report of ours came
    reports: ReportFinding | None
    zone_minutes: int | None  # the reports' dates, from UTC; None: they do not say
    alphabet: AlphabetFinding
    rate: RateFinding | None
    settings: tuple[tuple[str, object], ...]  # to apply, under operators' names
    remarks: tuple[str, ...]  # sentences for people
