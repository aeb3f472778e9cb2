"""What happened to a recipient, in v1's words (contract section 4, "Status vocabulary").

Pure. Owns the vocabulary, and one table from what happened to a name in it. The name's group always
agrees with the recipient's state: a row that would say otherwise gives way to the state's own.
"""

from collections.abc import Iterator, Mapping
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from staffetta.domain.states import State
from staffetta.smpp.statuses import STATUSES, StatusClass


class Group(IntEnum):
    """The groups of statuses."""

    OK = 0
    PENDING = 1
    UNDELIVERABLE = 2
    DELIVERED = 3
    EXPIRED = 4
    REJECTED = 5


class Blame(IntEnum):
    """The groups of errors: where it went wrong."""

    OK = 0
    HANDSET_ERRORS = 1
    USER_ERRORS = 2
    OPERATOR_ERRORS = 3


class Status(msgspec.Struct, frozen=True):
    """One word of the vocabulary."""

    id: int
    group: Group
    name: str
    description: str


_ROWS: Final = (
    (3, Group.PENDING, "WAITING_DELIVERY", "The message waits, or nothing was reported of it yet."),
    (7, Group.PENDING, "ENROUTE", "The carrier has the message and is delivering it."),
    (26, Group.PENDING, "ACCEPTED", "The carrier has taken the message."),
    (4, Group.UNDELIVERABLE, "REJECTED_OPERATOR", "The carrier refused a part of the message."),
    (9, Group.UNDELIVERABLE, "NOT_DELIVERED", "The message could not be delivered."),
    (31, Group.UNDELIVERABLE, "NOT_SENT", "The message was not sent."),
    (2, Group.DELIVERED, "TO_OPERATOR", "The message was delivered to the carrier."),
    (5, Group.DELIVERED, "TO_HANDSET", "The message was delivered to the phone."),
    (15, Group.EXPIRED, "EXPIRED", "The message could not be delivered in time."),
    (29, Group.EXPIRED, "DLR_UNKNOWN", "The message was sent, and its end was never reported."),
    (6, Group.REJECTED, "NETWORK", "The carrier refused the message."),
    (8, Group.REJECTED, "PREFIX_MISSING", "The number has no calling code."),
    (10, Group.REJECTED, "DND", "The recipient is on a list of numbers that take no messages."),
    (11, Group.REJECTED, "SOURCE", "The carrier does not take this sender."),
    (12, Group.REJECTED, "NOT_ENOUGH_CREDITS", "The credit is too low."),
    (13, Group.REJECTED, "SENDER", "The sender is not approved for the recipient's country."),
    (14, Group.REJECTED, "DESTINATION_BLOCKLISTED", "The number is blocklisted."),
    (17, Group.REJECTED, "PREPAID_PACKAGE_EXPIRED", "The prepaid bundle has ended."),
    (18, Group.REJECTED, "DESTINATION_NOT_REGISTERED", "The number is not registered."),
    (19, Group.REJECTED, "ROUTE_NOT_AVAILABLE", "No route leads to the number."),
    (20, Group.REJECTED, "FLOODING_FILTER", "The carrier was sent too much at once."),
    (21, Group.REJECTED, "SYSTEM_ERROR", "The message could not be handed to the carrier."),
    (23, Group.REJECTED, "DUPLICATE_MESSAGE_ID", "The carrier had a message of this id before."),
    (24, Group.REJECTED, "INVALID_UDH", "The carrier cannot read the message's user data header."),
    (25, Group.REJECTED, "MESSAGE_TOO_LONG", "The text is too long."),
    (51, Group.REJECTED, "MISSING_TO", "The recipient is missing."),
    (52, Group.REJECTED, "DESTINATION", "The carrier or the account does not serve the number."),
)

VOCABULARY: Final[Mapping[str, Status]] = MappingProxyType(
    {
        f"{group.name}_{name}": Status(identifier, group, f"{group.name}_{name}", description)
        for identifier, group, name, description in _ROWS
    }
)


class Cause(StrEnum):
    """What a row of the table looks at."""

    ACCEPTANCE = "acceptance"  # the reason that acceptance stored
    REPORT = "report"  # the word of the carrier's report, in capitals
    REFUSAL = "refusal"  # the command_status that the carrier answered
    STATE = "state"  # the recipient's state, and what little is known besides


class Happened(msgspec.Struct, frozen=True):
    """All that is known of a recipient's fate."""

    state: State
    refused_as: str | None = None  # by acceptance
    command_status: int | None = None  # of the carrier's last refusal
    report_word: str | None = None  # None before the first report
    report_error: str | None = None
    report_reason: str | None = None  # what an operator says that the carrier's error means
    was_sent: bool = False  # a carrier took a part of it


class Verdict(msgspec.Struct, frozen=True):
    """A row of the table."""

    status: Status
    blame: Blame
    permanent: bool  # trying again would end the same


# Keys of Cause.STATE that are no state by itself.
REFUSED_PARTLY: Final = "refused partly"
REPORTED: Final = "reported"
TAKEN: Final = "taken by the carrier"
SENT_AND_SILENT: Final = "sent and silent"

GROUP_OF_STATE: Final[Mapping[State, Group]] = MappingProxyType(
    {
        State.SCHEDULED: Group.PENDING,
        State.QUEUED: Group.PENDING,
        State.SUBMITTING: Group.PENDING,
        State.SUBMITTED: Group.PENDING,
        State.UNCERTAIN: Group.PENDING,
        State.DELIVERED: Group.DELIVERED,
        State.UNDELIVERABLE: Group.UNDELIVERABLE,
        State.REJECTED: Group.REJECTED,
        State.EXPIRED: Group.EXPIRED,
        State.CANCELLED: Group.UNDELIVERABLE,
    }
)

_PENDING: Final = tuple(state for state, group in GROUP_OF_STATE.items() if group is Group.PENDING)
_OURS: Final = {  # name: whose fault, whether for good
    "REJECTED_ROUTE_NOT_AVAILABLE": (Blame.OPERATOR_ERRORS, False),
    "REJECTED_DESTINATION": (Blame.USER_ERRORS, True),
    "REJECTED_SENDER": (Blame.USER_ERRORS, False),
    "REJECTED_MESSAGE_TOO_LONG": (Blame.USER_ERRORS, True),
    "UNDELIVERABLE_NOT_SENT": (Blame.USER_ERRORS, True),
}
_WORDS: Final = {
    "PENDING_ACCEPTED": ("ACCEPTD", "ACCEPTED", "ACKED"),
    "PENDING_ENROUTE": ("BUFFERD", "BUFFERED", "ENROUTE", "QUEUED", "SCHEDULED", "SENT"),
    "PENDING_WAITING_DELIVERY": ("UNKNOWN",),
    "DELIVERED_TO_HANDSET": ("DELIVRD", "DELIVERED"),
    "UNDELIVERABLE_NOT_DELIVERED": (
        *("UNDELIV", "UNDELIVERABLE", "UNDELIVERED", "FAILED", "DELETED"),
    ),
    "UNDELIVERABLE_NOT_SENT": ("SKIPPED",),
    "EXPIRED_EXPIRED": ("EXPIRED",),
    "REJECTED_NETWORK": ("REJECTD", "REJECTED"),
}
_BLAME_OF_GROUP: Final = {
    Group.PENDING: (Blame.OK, False),
    Group.DELIVERED: (Blame.OK, False),
    Group.UNDELIVERABLE: (Blame.HANDSET_ERRORS, True),
    Group.EXPIRED: (Blame.HANDSET_ERRORS, False),
    Group.REJECTED: (Blame.OPERATOR_ERRORS, True),
}
# What a kind of refusal means, and below it the codes that mean something else.
_OF_CLASS: Final = {
    StatusClass.SUCCESS: ("SYSTEM_ERROR", Blame.OPERATOR_ERRORS, False),
    StatusClass.THROTTLE: ("FLOODING_FILTER", Blame.OPERATOR_ERRORS, False),
    StatusClass.CREDIT: ("ROUTE_NOT_AVAILABLE", Blame.OPERATOR_ERRORS, False),
    StatusClass.TEMPORARY: ("NETWORK", Blame.OPERATOR_ERRORS, False),
    StatusClass.PERMANENT: ("NETWORK", Blame.OPERATOR_ERRORS, True),
    StatusClass.PROTOCOL: ("SYSTEM_ERROR", Blame.OPERATOR_ERRORS, True),
    StatusClass.SESSION: ("ROUTE_NOT_AVAILABLE", Blame.OPERATOR_ERRORS, False),
    StatusClass.BIND: ("ROUTE_NOT_AVAILABLE", Blame.OPERATOR_ERRORS, False),
    StatusClass.OPERATION: ("SYSTEM_ERROR", Blame.OPERATOR_ERRORS, False),
    StatusClass.BROADCAST: ("SYSTEM_ERROR", Blame.OPERATOR_ERRORS, False),
}
_OF_CODES: Final = {
    ("DESTINATION", Blame.USER_ERRORS): (0x0B, 0x33, 0x34, 0x40, 0x44, 0x50, 0x51, 0x106),
    ("SOURCE", Blame.USER_ERRORS): (0x0A, 0x48, 0x49, 0x105),
    ("MESSAGE_TOO_LONG", Blame.USER_ERRORS): (0x01,),
    ("INVALID_UDH", Blame.OPERATOR_ERRORS): (0x43,),
    ("SYSTEM_ERROR", Blame.OPERATOR_ERRORS): (
        *(0x06, 0x07, 0x15, 0x42, 0x54, 0x55, 0x61, 0x62, 0x63),
        *(0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 0x104),
    ),
}
_STATE_ROWS: Final[Mapping[str, tuple[str, Blame, bool]]] = {
    **dict.fromkeys(_PENDING, ("PENDING_WAITING_DELIVERY", Blame.OK, False)),
    REPORTED: ("PENDING_ENROUTE", Blame.OK, False),
    State.DELIVERED: ("DELIVERED_TO_HANDSET", Blame.OK, False),
    TAKEN: ("DELIVERED_TO_OPERATOR", Blame.OK, False),
    State.UNDELIVERABLE: ("UNDELIVERABLE_NOT_DELIVERED", Blame.HANDSET_ERRORS, True),
    REFUSED_PARTLY: ("UNDELIVERABLE_REJECTED_OPERATOR", Blame.OPERATOR_ERRORS, True),
    State.REJECTED: ("REJECTED_NETWORK", Blame.OPERATOR_ERRORS, True),
    State.EXPIRED: ("EXPIRED_EXPIRED", Blame.OPERATOR_ERRORS, False),
    SENT_AND_SILENT: ("EXPIRED_DLR_UNKNOWN", Blame.OPERATOR_ERRORS, False),
    State.CANCELLED: ("UNDELIVERABLE_NOT_SENT", Blame.USER_ERRORS, False),
}


_Key = tuple[Cause, str | int]


def _rows() -> Iterator[tuple[_Key, Verdict]]:
    for name, (blame, permanent) in _OURS.items():
        yield (Cause.ACCEPTANCE, name), Verdict(VOCABULARY[name], blame, permanent)
    for name, words in _WORDS.items():
        verdict = Verdict(VOCABULARY[name], *_BLAME_OF_GROUP[VOCABULARY[name].group])
        for word in words:
            yield (Cause.REPORT, word), verdict
    for code, meaning in STATUSES.items():
        name, blame, permanent = _OF_CLASS[meaning.status_class]
        yield (Cause.REFUSAL, code), Verdict(VOCABULARY[f"REJECTED_{name}"], blame, permanent)
    for (name, blame), codes in _OF_CODES.items():
        verdict = Verdict(VOCABULARY[f"REJECTED_{name}"], blame, permanent=True)
        for code in codes:
            yield (Cause.REFUSAL, code), verdict
    for key, (name, blame, permanent) in _STATE_ROWS.items():
        yield (Cause.STATE, str(key)), Verdict(VOCABULARY[name], blame, permanent)


TABLE: Final[Mapping[_Key, Verdict]] = MappingProxyType(dict(_rows()))


def verdict_of(happened: Happened) -> Verdict:
    """The row for what happened: the most telling that agrees with the recipient's state."""
    group = GROUP_OF_STATE[happened.state]
    found = (TABLE.get(key) for key in _keys(happened))
    return next(row for row in found if row is not None and row.status.group is group)


def _keys(happened: Happened) -> Iterator[_Key]:
    """Where to look, in this order; the last is a row of the state itself."""
    state = happened.state
    if happened.refused_as is not None:
        yield Cause.ACCEPTANCE, happened.refused_as
    # What was reported of one try says nothing of a recipient that was cancelled or timed out.
    if state is not State.CANCELLED and happened.report_word is not None:
        yield Cause.REPORT, happened.report_word.upper()
        if happened.report_word.upper() in _WORDS["PENDING_ACCEPTED"]:
            yield Cause.STATE, TAKEN  # of a carrier whose last word it is
        yield Cause.STATE, REPORTED
    if happened.command_status is not None:
        yield Cause.REFUSAL, happened.command_status
        if state is State.UNDELIVERABLE:
            yield Cause.STATE, REFUSED_PARTLY
    if state is State.EXPIRED and happened.was_sent:
        yield Cause.STATE, SENT_AND_SILENT
    yield Cause.STATE, str(state)
