"""The errors of delivery reports: what the numbers of mobile networks mean, and a carrier's own.

One table of the numbers that most carriers pass on (3GPP TS 29.002 section 17.6, TS 24.011 section
8.2.5.4, TS 23.040 section 9.2.3.22), each with one of a few reasons. What a carrier means by
numbers of its own is an operator's to say: a reason for each.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from msgspec import Struct


class Fault(StrEnum):
    """Where it went wrong."""

    PHONE = "phone"  # the recipient's number, SIM or handset
    NETWORK = "network"
    SENDER = "sender"  # what was sent, or by whom


class ErrorReason(StrEnum):
    """Why a message was not delivered, as coarse as anybody acts on it."""

    UNKNOWN_NUMBER = "unknown_number"
    OUT_OF_REACH = "out_of_reach"
    BARRED = "barred"
    NO_SERVICE = "no_service"
    MEMORY_FULL = "memory_full"
    PHONE_BUSY = "phone_busy"
    PHONE_FAILED = "phone_failed"
    NETWORK_FAILED = "network_failed"
    NETWORK_REFUSED = "network_refused"
    EXPIRED = "expired"
    BLOCKLISTED = "blocklisted"
    SENDER_REFUSED = "sender_refused"
    CONTENT_REFUSED = "content_refused"
    NO_ROUTE = "no_route"
    NO_CREDIT = "no_credit"


class ReasonMeaning(Struct, frozen=True):
    """One row of the table of reasons."""

    words: str
    fault: Fault
    is_permanent: bool  # the same message would fail again


class NetworkError(Struct, frozen=True):
    """One row of the table of numbers."""

    code: int
    name: str  # as the specification has it
    words: str
    reason: ErrorReason
    is_permanent: bool


class ErrorMeaning(Struct, frozen=True):
    """What the error of one report means."""

    words: str
    reason: ErrorReason
    is_own: bool  # an operator said so for this carrier


REASONS: Final[Mapping[ErrorReason, ReasonMeaning]] = MappingProxyType(
    {
        reason: ReasonMeaning(words, fault, is_permanent)
        for reason, words, fault, is_permanent in (
            (
                ErrorReason.UNKNOWN_NUMBER,
                "The network knows no such number.",
                Fault.PHONE,
                True,
            ),
            (ErrorReason.OUT_OF_REACH, "The phone is off or out of reach.", Fault.PHONE, False),
            (ErrorReason.BARRED, "The recipient is barred from messages.", Fault.PHONE, True),
            (ErrorReason.NO_SERVICE, "The SIM has no SMS.", Fault.PHONE, True),
            (ErrorReason.MEMORY_FULL, "The phone has no room for messages.", Fault.PHONE, False),
            (ErrorReason.PHONE_BUSY, "The phone was busy.", Fault.PHONE, False),
            (ErrorReason.PHONE_FAILED, "The phone could not take it.", Fault.PHONE, False),
            (ErrorReason.NETWORK_FAILED, "A failure in the network.", Fault.NETWORK, False),
            (ErrorReason.NETWORK_REFUSED, "The network refused it.", Fault.NETWORK, True),
            (ErrorReason.EXPIRED, "The carrier gave up in time.", Fault.PHONE, False),
            (
                ErrorReason.BLOCKLISTED,
                "The recipient is on a list of numbers that take no messages.",
                Fault.SENDER,
                True,
            ),
            (ErrorReason.SENDER_REFUSED, "The sender is not allowed.", Fault.SENDER, True),
            (ErrorReason.CONTENT_REFUSED, "The text is not allowed.", Fault.SENDER, True),
            (ErrorReason.NO_ROUTE, "The carrier does not serve the number.", Fault.NETWORK, True),
            (
                ErrorReason.NO_CREDIT,
                "The account at the carrier is used up.",
                Fault.NETWORK,
                False,
            ),
        )
    }
)

_R: Final = ErrorReason
# Of numbers that mean one thing in TS 29.002 and another in TS 24.011, the first is what carriers
# report: they speak of the network's answer, not of the phone's.
_ROWS: Final = (
    (1, "UNKNOWN_SUBSCRIBER", "The network knows no such number.", _R.UNKNOWN_NUMBER, True),
    (5, "UNIDENTIFIED_SUBSCRIBER", "The network cannot find the phone.", _R.OUT_OF_REACH, False),
    (6, "ABSENT_SUBSCRIBER_SM", "The phone is off or out of reach.", _R.OUT_OF_REACH, False),
    (8, "ROAMING_NOT_ALLOWED", "The phone may not roam where it is.", _R.BARRED, False),
    (9, "ILLEGAL_SUBSCRIBER", "The network does not admit the SIM.", _R.BARRED, True),
    (10, "BEARER_SERVICE_NOT_PROVISIONED", "The SIM lacks a service.", _R.NO_SERVICE, True),
    (11, "TELESERVICE_NOT_PROVISIONED", "The SIM has no SMS.", _R.NO_SERVICE, True),
    (12, "ILLEGAL_EQUIPMENT", "The network does not admit the phone.", _R.BARRED, True),
    (13, "CALL_BARRED", "The recipient is barred from messages.", _R.BARRED, True),
    (21, "FACILITY_NOT_SUPPORTED", "The network cannot do this.", _R.NETWORK_REFUSED, True),
    (22, "MEMORY_CAPACITY_EXCEEDED", "The phone has no room left.", _R.MEMORY_FULL, False),
    (27, "ABSENT_SUBSCRIBER", "The phone is off or out of reach.", _R.OUT_OF_REACH, False),
    (28, "UNIDENTIFIED_NUMBER", "The network cannot tell whose number it is.", _R.NO_SERVICE, True),
    (29, "FACILITY_REJECTED", "The network does not grant this service.", _R.NETWORK_REFUSED, True),
    (30, "UNKNOWN_NUMBER", "The number is not in the network's register.", _R.UNKNOWN_NUMBER, True),
    (31, "SUBSCRIBER_BUSY_FOR_MT_SMS", "The phone was busy.", _R.PHONE_BUSY, False),
    (32, "SM_DELIVERY_FAILURE", "The phone took no message: full, or old.", _R.PHONE_FAILED, False),
    (33, "MESSAGE_WAITING_LIST_FULL", "Too much waits for the phone.", _R.NETWORK_FAILED, False),
    (34, "SYSTEM_FAILURE", "A failure in the network.", _R.NETWORK_FAILED, False),
    (35, "DATA_MISSING", "The network lacked a part of the request.", _R.NETWORK_REFUSED, True),
    (36, "UNEXPECTED_DATA_VALUE", "The network refused a value.", _R.NETWORK_REFUSED, True),
    (38, "NETWORK_OUT_OF_ORDER", "The network is down for long.", _R.NETWORK_FAILED, False),
    (41, "TEMPORARY_FAILURE", "The network failed for a moment.", _R.NETWORK_FAILED, False),
    (42, "CONGESTION", "The network has too much to do.", _R.NETWORK_FAILED, False),
    (47, "RESOURCES_UNAVAILABLE", "The network lacks what it takes.", _R.NETWORK_FAILED, False),
    (50, "FACILITY_NOT_SUBSCRIBED", "The SIM does not include SMS.", _R.NO_SERVICE, True),
    (69, "FACILITY_NOT_IMPLEMENTED", "The network has no such service.", _R.NETWORK_REFUSED, True),
    (81, "INVALID_TRANSFER_REFERENCE", "Network and phone lost step.", _R.NETWORK_FAILED, False),
    (95, "INVALID_MESSAGE", "The network could not read it.", _R.NETWORK_REFUSED, True),
    (96, "INVALID_MANDATORY_INFORMATION", "A part of it was wrong.", _R.NETWORK_REFUSED, True),
    (97, "MESSAGE_TYPE_NON_EXISTENT", "A type nobody knows.", _R.NETWORK_REFUSED, True),
    (98, "MESSAGE_NOT_COMPATIBLE", "It came at the wrong moment.", _R.NETWORK_FAILED, False),
    (99, "INFORMATION_ELEMENT_NON_EXISTENT", "A part nobody knows.", _R.NETWORK_REFUSED, True),
    (111, "PROTOCOL_ERROR", "The network broke its protocol.", _R.NETWORK_FAILED, False),
    (127, "INTERWORKING", "Another network failed, and said no more.", _R.NETWORK_FAILED, False),
    (144, "DATA_CODING_SCHEME_NOT_SUPPORTED", "No such alphabet.", _R.PHONE_FAILED, True),
    (145, "MESSAGE_CLASS_NOT_SUPPORTED", "The phone knows no such class.", _R.PHONE_FAILED, True),
    (192, "SC_BUSY", "The carrier has too much to do.", _R.NETWORK_FAILED, False),
    (193, "NO_SC_SUBSCRIPTION", "The sender is not known to the carrier.", _R.SENDER_REFUSED, True),
    (194, "SC_SYSTEM_FAILURE", "The carrier failed.", _R.NETWORK_FAILED, False),
    (195, "INVALID_SME_ADDRESS", "The address means nothing.", _R.UNKNOWN_NUMBER, True),
    (196, "DESTINATION_SME_BARRED", "The recipient is barred.", _R.BARRED, True),
    (197, "DUPLICATE_REJECTED", "The carrier had the same before.", _R.CONTENT_REFUSED, True),
    (208, "SIM_STORAGE_FULL", "The SIM has no room left.", _R.MEMORY_FULL, False),
    (209, "NO_SIM_STORAGE", "The SIM cannot keep messages.", _R.PHONE_FAILED, True),
    (210, "ERROR_IN_MS", "The phone failed.", _R.PHONE_FAILED, False),
    (211, "PHONE_MEMORY_EXCEEDED", "The phone has no room left.", _R.MEMORY_FULL, False),
    (212, "SIM_APPLICATION_BUSY", "The SIM was busy.", _R.PHONE_BUSY, False),
    (213, "SIM_DATA_DOWNLOAD_ERROR", "The SIM could not take it.", _R.PHONE_FAILED, False),
)

NETWORK_ERRORS: Final[Mapping[int, NetworkError]] = MappingProxyType(
    {row[0]: NetworkError(*row) for row in _ROWS}
)
_DIGITS_MAX: Final = 9


def error_code(error: str) -> str:
    """An error as it is looked up: without zeros in front, letters small.

    "006", "6" and "0006" are one error, and so are "0x1F" and "0X1f".
    """
    text = error.lower()
    return text.lstrip("0") or "0" if text.isdigit() else text


def error_meaning(error: str, own: Mapping[str, ErrorReason]) -> ErrorMeaning | None:
    """What a report's error means, by the carrier's own table first; None for what is in neither.

    The keys of `own` are as `error_code` has them.
    """
    code = error_code(error)
    reason = own.get(code)
    if reason is not None:
        return ErrorMeaning(REASONS[reason].words, reason, is_own=True)
    known = _numbered(code)
    return None if known is None else ErrorMeaning(known.words, known.reason, is_own=False)


def _numbered(code: str) -> NetworkError | None:
    if not (code.isascii() and code.isdigit()) or len(code) > _DIGITS_MAX:
        return None
    return NETWORK_ERRORS.get(int(code))
