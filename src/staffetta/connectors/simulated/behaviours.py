"""What becomes of a message, by the last four digits of its recipient: one literal table.

Pure: it names what happens, and the exchange does it. docs/reference/simulated-network.md holds
the same table, and a test compares the two.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from staffetta.smpp.constants import MessageState
from staffetta.smpp.tlvs import Tag, octet_tlv

_DIGITS: Final = 4


class Admission(StrEnum):
    """What happens to the submit."""

    ACCEPT = "accept"
    REFUSE = "refuse"  # ESME_RINVDSTADR
    THROTTLE_FIRST = "throttle_first"  # ESME_RTHROTTLED for a while, then accepted
    SWALLOW_FIRST = "swallow_first"  # no answer the first time, accepted the second


class Reporting(StrEnum):
    """When, and how often, the report of an accepted message comes."""

    ON_DELIVERY = "on_delivery"
    NEVER = "never"
    LATE = "late"
    BEFORE_ANSWER = "before_answer"
    TWICE = "twice"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a message ends, in the words of a delivery report (3.4 appendix B and 5.2.28)."""

    word: bytes
    error: bytes
    message_state: MessageState
    delivered: bool  # the handset shows it

    @property
    def state_tlv(self) -> tuple[int, bytes]:
        """The TLV message_state."""
        return octet_tlv(Tag.MESSAGE_STATE, self.message_state)


DELIVERED: Final = Ending(b"DELIVRD", b"000", MessageState.DELIVERED, delivered=True)
UNDELIVERABLE: Final = Ending(b"UNDELIV", b"001", MessageState.UNDELIVERABLE, delivered=False)
EXPIRED: Final = Ending(b"EXPIRED", b"003", MessageState.EXPIRED, delivered=False)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One row of the table."""

    digits: str  # the last four of the recipient; "" for all others
    outcome: str  # in a few words
    what_happens: str  # one sentence for people
    admission: Admission = Admission.ACCEPT
    ending: Ending = DELIVERED
    reporting: Reporting = Reporting.ON_DELIVERY


BEHAVIOURS: Final = (
    Behaviour(
        "9901",
        "undeliverable",
        "Accepted, then a report UNDELIV with error 001.",
        ending=UNDELIVERABLE,
    ),
    Behaviour(
        "9902",
        "rejected at submit",
        "Refused with ESME_RINVDSTADR (0x0B).",
        admission=Admission.REFUSE,
    ),
    Behaviour(
        "9903",
        "expired",
        "Accepted, then a report EXPIRED with error 003.",
        ending=EXPIRED,
    ),
    Behaviour(
        "9904",
        "no report",
        "Accepted and delivered, but no report ever comes.",
        reporting=Reporting.NEVER,
    ),
    Behaviour(
        "9905",
        "throttled for a while",
        "Refused with ESME_RTHROTTLED (0x58) for the first 3 seconds, then accepted and delivered.",
        admission=Admission.THROTTLE_FIRST,
    ),
    Behaviour(
        "9906",
        "late report",
        "Accepted and delivered; the report comes a minute after the submit.",
        reporting=Reporting.LATE,
    ),
    Behaviour(
        "9907",
        "report before the answer",
        "Delivered at once; the report is written before the answer to the submit.",
        reporting=Reporting.BEFORE_ANSWER,
    ),
    Behaviour(
        "9908",
        "duplicate report",
        "Accepted and delivered; the report comes twice.",
        reporting=Reporting.TWICE,
    ),
    Behaviour(
        "9909",
        "no answer to the submit",
        "The first submit is neither answered nor delivered; the same one again is both.",
        admission=Admission.SWALLOW_FIRST,
    ),
)

ORDINARY: Final = Behaviour(
    "", "delivered", "Accepted, then delivered, with a report DELIVRD.", ending=DELIVERED
)

_BY_DIGITS: Final = MappingProxyType({row.digits.encode("ascii"): row for row in BEHAVIOURS})


def behaviour_of(destination: bytes) -> Behaviour:
    """What a message to `destination` (digits) will meet."""
    return _BY_DIGITS.get(destination[-_DIGITS:], ORDINARY)
