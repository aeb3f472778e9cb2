"""Why a recipient was not reached, as v1's reports say it (contract section 4, "report").

Pure. Numbers below 1,000 are the carrier's own, from its report; those that 3GPP TS 29.002 defines
carry its names, for that is what most carriers pass on. Numbers from 1,000 are a status of the
vocabulary, and from 10,000 the command_status of a refusal.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from staffetta.api.v1.statuses import Blame, Happened, Verdict
from staffetta.smpp.statuses import describe_status

STATUS_BASE: Final = 1_000
REFUSAL_BASE: Final = 10_000


class DeliveryError(msgspec.Struct, frozen=True):
    """The error of a report."""

    id: int
    name: str
    description: str
    blame: Blame
    permanent: bool


NO_ERROR: Final = DeliveryError(0, "NO_ERROR", "No error.", Blame.OK, permanent=False)

_HANDSET, _OPERATOR = Blame.HANDSET_ERRORS, Blame.OPERATOR_ERRORS
# Errors of a short message's delivery (3GPP TS 29.002, section 17.6 and its list of codes).
NETWORK_ERRORS: Final[Mapping[int, DeliveryError]] = MappingProxyType(
    {
        code: DeliveryError(code, f"EC_{name}", description, blame, permanent)
        for code, name, description, blame, permanent in (
            (1, "UNKNOWN_SUBSCRIBER", "The network knows no such number.", _HANDSET, True),
            (5, "UNIDENTIFIED_SUBSCRIBER", "The network cannot find the phone.", _HANDSET, False),
            (6, "ABSENT_SUBSCRIBER_SM", "The phone is off or out of reach.", _HANDSET, False),
            (9, "ILLEGAL_SUBSCRIBER", "The network does not admit the SIM.", _HANDSET, True),
            (10, "BEARER_SERVICE_NOT_PROVISIONED", "The SIM lacks a service.", _HANDSET, True),
            (11, "TELESERVICE_NOT_PROVISIONED", "The SIM has no SMS.", _HANDSET, True),
            (12, "ILLEGAL_EQUIPMENT", "The network does not admit the phone.", _HANDSET, True),
            (13, "CALL_BARRED", "The recipient is barred from messages.", _HANDSET, True),
            (21, "FACILITY_NOT_SUPPORTED", "The network cannot do this.", _OPERATOR, True),
            (27, "ABSENT_SUBSCRIBER", "The phone is off or out of reach.", _HANDSET, False),
            (31, "SUBSCRIBER_BUSY_FOR_MT_SMS", "The phone was busy.", _HANDSET, False),
            (
                32,
                "SM_DELIVERY_FAILURE",
                "The phone took no message: full, or old.",
                _HANDSET,
                False,
            ),
            (33, "MESSAGE_WAITING_LIST_FULL", "Too much waits for the phone.", _OPERATOR, False),
            (34, "SYSTEM_FAILURE", "A failure in the network.", _OPERATOR, False),
            (35, "DATA_MISSING", "The network lacked a part of the request.", _OPERATOR, True),
            (36, "UNEXPECTED_DATA_VALUE", "The network refused a value.", _OPERATOR, True),
        )
    }
)


def error_of(happened: Happened, verdict: Verdict) -> DeliveryError:
    """The error that belongs to a verdict: the carrier's word for it where there is one."""
    if verdict.blame is Blame.OK:
        return NO_ERROR
    if happened.refused_as is None:
        if (code := _number_of(happened.report_error)) is not None:
            return NETWORK_ERRORS.get(code) or DeliveryError(
                code,
                "CARRIER_ERROR",
                f"The carrier reported its error {happened.report_error}.",
                verdict.blame,
                verdict.permanent,
            )
        if happened.report_word is None and happened.command_status is not None:
            meaning = describe_status(happened.command_status)
            return DeliveryError(
                REFUSAL_BASE + meaning.code,
                meaning.name,
                meaning.sentence,
                verdict.blame,
                verdict.permanent,
            )
    status = verdict.status
    return DeliveryError(
        STATUS_BASE + status.id,
        status.name,
        status.description,
        verdict.blame,
        verdict.permanent,
    )


def _number_of(report_error: str | None) -> int | None:
    """A carrier's error as a number; none where it is 0, or no number of at most three digits."""
    if report_error is None or not (report_error.isascii() and report_error.isdigit()):
        return None
    code = int(report_error) if len(report_error) <= _DIGITS_MAX else 0
    return code if 0 < code < STATUS_BASE else None


_DIGITS_MAX: Final = 9
