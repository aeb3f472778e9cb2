"""Why a recipient was not reached, as v1's reports say it (contract section 4, "report").

Pure. Numbers below 1,000 are the carrier's own, from its report; those that mobile networks define
carry their names, for that is what most carriers pass on, unless an operator said what this carrier
means. Numbers from 1,000 are a status of the vocabulary, and from 10,000 the command_status of a
refusal.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from staffetta.api.v1.statuses import Blame, Happened, Verdict
from staffetta.smpp import network_errors
from staffetta.smpp.network_errors import REASONS, ErrorReason, Fault
from staffetta.smpp.statuses import describe_status

STATUS_BASE: Final = 1_000
REFUSAL_BASE: Final = 10_000
_DIGITS_MAX: Final = 9  # that are looked at


class DeliveryError(msgspec.Struct, frozen=True):
    """The error of a report."""

    id: int
    name: str
    description: str
    blame: Blame
    permanent: bool


NO_ERROR: Final = DeliveryError(0, "NO_ERROR", "No error.", Blame.OK, permanent=False)

_BLAME: Final = {
    Fault.PHONE: Blame.HANDSET_ERRORS,
    Fault.NETWORK: Blame.OPERATOR_ERRORS,
    Fault.SENDER: Blame.USER_ERRORS,
}
NETWORK_ERRORS: Final[Mapping[int, DeliveryError]] = MappingProxyType(
    {
        error.code: DeliveryError(
            error.code,
            f"EC_{error.name}",
            error.words,
            _BLAME[REASONS[error.reason].fault],
            error.is_permanent,
        )
        for error in network_errors.NETWORK_ERRORS.values()
    }
)


def error_of(happened: Happened, verdict: Verdict) -> DeliveryError:
    """The error that belongs to a verdict: the carrier's word for it where there is one."""
    if verdict.blame is Blame.OK:
        return NO_ERROR
    if happened.refused_as is None:
        code = _number_of(happened.report_error)
        reason = happened.report_reason
        if reason is not None and reason in REASONS:
            return _of_reason(code, ErrorReason(reason), verdict)
        if code is not None:
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


def _of_reason(code: int | None, reason: ErrorReason, verdict: Verdict) -> DeliveryError:
    """What an operator says that the carrier means; the number is the carrier's, if it has one."""
    meaning = REASONS[reason]
    return DeliveryError(
        code or STATUS_BASE + verdict.status.id,
        f"EC_{reason.name}",
        meaning.words,
        _BLAME[meaning.fault],
        meaning.is_permanent,
    )


def _number_of(report_error: str | None) -> int | None:
    """A carrier's error as a number; none where it is 0, or none below 1,000.

    Some fill theirs up with zeros, so what it means counts, and not how many digits it has.
    """
    if report_error is None or not (report_error.isascii() and report_error.isdigit()):
        return None
    code = int(report_error) if len(report_error) <= _DIGITS_MAX else 0
    return code if 0 < code < STATUS_BASE else None
