"""Why messages did not arrive, in as few words as anybody acts on.

Pure. From what is kept of a recipient to one of a few causes; the sentences belong to whoever shows
them.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from staffetta.domain.states import State
from staffetta.messaging.bulk import rows as bulk
from staffetta.smpp.network_errors import ErrorReason, error_meaning
from staffetta.smpp.statuses import StatusClass, describe_status


class Cause(StrEnum):
    """Why a message did not arrive."""

    # What a carrier's report says.
    UNKNOWN_NUMBER = ErrorReason.UNKNOWN_NUMBER
    OUT_OF_REACH = ErrorReason.OUT_OF_REACH
    BARRED = ErrorReason.BARRED
    NO_SERVICE = ErrorReason.NO_SERVICE
    MEMORY_FULL = ErrorReason.MEMORY_FULL
    PHONE_BUSY = ErrorReason.PHONE_BUSY
    PHONE_FAILED = ErrorReason.PHONE_FAILED
    NETWORK_FAILED = ErrorReason.NETWORK_FAILED
    NETWORK_REFUSED = ErrorReason.NETWORK_REFUSED
    CARRIER_GAVE_UP = ErrorReason.EXPIRED
    BLOCKLISTED = ErrorReason.BLOCKLISTED
    SENDER_REFUSED = ErrorReason.SENDER_REFUSED
    CONTENT_REFUSED = ErrorReason.CONTENT_REFUSED
    NO_ROUTE = ErrorReason.NO_ROUTE
    NO_CREDIT = ErrorReason.NO_CREDIT
    REPORTED = "reported"  # failed, and the report says no more
    # What a carrier answered, or did not.
    REFUSED = "refused"
    TRIED_TOO_OFTEN = "tried_too_often"
    NOT_TAKEN = "not_taken"  # no carrier took it in time
    NOT_REPORTED = "not_reported"  # a carrier had it and never told its end
    # What acceptance found.
    FORBIDDEN_WORDS = "forbidden_words"
    NOT_ALLOWED = "not_allowed"  # a country that a guard of the account leaves out
    SENDER_NOT_APPROVED = "sender_not_approved"
    TOO_LONG = "too_long"
    EMPTY = "empty"


class Fate(msgspec.Struct, frozen=True):
    """What is kept of a recipient that was not reached."""

    state: State
    refused_as: str | None = None  # by acceptance
    command_status: int | None = None  # of a carrier's last refusal
    was_tried: bool = True  # some process claimed it
    was_sent: bool = True  # a carrier took a part of it
    was_reported: bool = False
    report_error: str | None = None
    report_reason: str | None = None  # what an operator says that the carrier's error means


_BY_ACCEPTANCE: Final[Mapping[str, Cause]] = MappingProxyType(
    {
        bulk.NO_ROUTE: Cause.NO_ROUTE,
        bulk.NOT_ALLOWED: Cause.NOT_ALLOWED,
        bulk.SENDER_NOT_APPROVED: Cause.SENDER_NOT_APPROVED,
        bulk.TOO_LONG: Cause.TOO_LONG,
        bulk.EMPTY: Cause.EMPTY,
    }
)
# Refusals of an SMSC that say what was wrong (3.4 section 5.1.3).
_BY_STATUS: Final[Mapping[int, Cause]] = MappingProxyType(
    {
        0x0A: Cause.SENDER_REFUSED,
        0x48: Cause.SENDER_REFUSED,
        0x49: Cause.SENDER_REFUSED,
        0x0B: Cause.NO_ROUTE,
    }
)


def cause_of(fate: Fate) -> Cause:
    """The cause that says most: acceptance's, then the report's, then the refusal's."""
    if fate.refused_as is not None:
        return _BY_ACCEPTANCE.get(fate.refused_as, Cause.NOT_ALLOWED)
    if fate.was_reported:
        return _of_report(fate)
    if fate.state is State.EXPIRED:
        return Cause.NOT_REPORTED if fate.was_sent else Cause.NOT_TAKEN
    if not fate.was_tried:
        return Cause.FORBIDDEN_WORDS  # alone of what v2 stores, such a message goes nowhere
    if fate.command_status is None:
        return Cause.REFUSED
    cause = _BY_STATUS.get(fate.command_status)
    if cause is not None:
        return cause
    is_temporary = describe_status(fate.command_status).status_class is StatusClass.TEMPORARY
    return Cause.TRIED_TOO_OFTEN if is_temporary else Cause.REFUSED


def _of_report(fate: Fate) -> Cause:
    if fate.report_reason in set(ErrorReason):
        return Cause(fate.report_reason)
    meaning = error_meaning(fate.report_error or "", {})
    if meaning is not None:
        return Cause(meaning.reason)
    return Cause.CARRIER_GAVE_UP if fate.state is State.EXPIRED else Cause.REPORTED
