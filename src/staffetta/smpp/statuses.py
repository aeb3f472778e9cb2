"""command_status: every code with its name, its meaning and what kind of refusal it is.

One table (3.4 section 5.1.3, 5.0 section 4.7.6). What a caller does about a class of refusal, and
what one carrier means by a code of its own, is decided elsewhere.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final


class StatusClass(StrEnum):
    """What a status asks of the side that receives it."""

    SUCCESS = "success"
    THROTTLE = "throttle"  # slow down and send the same again; nobody failed
    CREDIT = "credit"  # our account at the carrier is used up; no code of the standard means this
    TEMPORARY = "temporary"  # try the same again later
    PERMANENT = "permanent"  # this message will never be taken
    PROTOCOL = "protocol"  # the peer could not read us: a bug of ours
    SESSION = "session"  # the bind is not what we believe: bind again
    BIND = "bind"  # the credentials or rights are wrong: somebody must configure
    OPERATION = "operation"  # of query, cancel and replace
    BROADCAST = "broadcast"  # of 5.0's broadcasts


class Status(IntEnum):
    """The codes that this package itself sends."""

    OK = 0x00
    INVALID_MESSAGE_LENGTH = 0x01
    INVALID_COMMAND_LENGTH = 0x02
    INVALID_COMMAND_ID = 0x03
    INVALID_BIND_STATUS = 0x04
    ALREADY_BOUND = 0x05
    SYSTEM_ERROR = 0x08
    BIND_FAILED = 0x0D
    INVALID_PASSWORD = 0x0E
    INVALID_SYSTEM_ID = 0x0F
    MESSAGE_QUEUE_FULL = 0x14
    THROTTLED = 0x58
    INVALID_TLV_STREAM = 0xC0
    UNKNOWN_ERROR = 0xFF


@dataclass(frozen=True, slots=True)
class StatusMeaning:
    """One row of the table."""

    code: int
    name: str  # as the specification writes it
    sentence: str
    status_class: StatusClass


def describe_status(code: int) -> StatusMeaning:
    """What `code` means. Unknown and vendor codes are temporary until somebody knows better."""
    known = STATUSES.get(code)
    if known is not None:
        return known
    sentence = "A code of the carrier's own." if 0x400 <= code <= 0x4FF else "An unassigned code."
    return StatusMeaning(code, f"0x{code:08X}", sentence, StatusClass.TEMPORARY)


_ROWS: Final = {
    StatusClass.SUCCESS: [
        (0x00, "ESME_ROK", "No error."),
    ],
    StatusClass.THROTTLE: [
        (0x14, "ESME_RMSGQFUL", "The carrier's queue is full."),
        (0x58, "ESME_RTHROTTLED", "More messages a second than the carrier allows."),
    ],
    StatusClass.TEMPORARY: [
        (0x08, "ESME_RSYSERR", "The carrier has an internal error."),
        (0x45, "ESME_RSUBMITFAIL", "The submission failed."),
        (0x64, "ESME_RX_T_APPN", "The receiving application has a temporary error."),
        (0xFE, "ESME_RDELIVERYFAILURE", "The delivery failed."),
        (0xFF, "ESME_RUNKNOWNERR", "An error the carrier does not name."),
        (0x102, "ESME_RSERTYPUNAVAIL", "The service is not available now."),
    ],
    StatusClass.PERMANENT: [
        (0x01, "ESME_RINVMSGLEN", "The length of the message is not allowed."),
        (0x06, "ESME_RINVPRTFLG", "The priority is not allowed."),
        (0x07, "ESME_RINVREGDLVFLG", "The request for a delivery report is not allowed."),
        (0x0A, "ESME_RINVSRCADR", "The sender is not allowed."),
        (0x0B, "ESME_RINVDSTADR", "The destination is not a number the carrier serves."),
        (0x15, "ESME_RINVSERTYP", "The service type is not allowed."),
        (0x33, "ESME_RINVNUMDESTS", "The number of destinations is not allowed."),
        (0x34, "ESME_RINVDLNAME", "The distribution list does not exist."),
        (0x40, "ESME_RINVDESTFLAG", "The destination flag is not allowed."),
        (0x42, "ESME_RINVSUBREP", "Submitting with replacement is not allowed."),
        (0x43, "ESME_RINVESMCLASS", "The esm_class is not allowed."),
        (0x44, "ESME_RCNTSUBDL", "Submitting to a distribution list failed."),
        (0x48, "ESME_RINVSRCTON", "The sender's type of number is not allowed."),
        (0x49, "ESME_RINVSRCNPI", "The sender's numbering plan is not allowed."),
        (0x50, "ESME_RINVDSTTON", "The destination's type of number is not allowed."),
        (0x51, "ESME_RINVDSTNPI", "The destination's numbering plan is not allowed."),
        (0x54, "ESME_RINVREPFLAG", "The replacement flag is not allowed."),
        (0x55, "ESME_RINVNUMMSGS", "The number of messages is not allowed."),
        (0x61, "ESME_RINVSCHED", "The scheduled delivery time is not valid."),
        (0x62, "ESME_RINVEXPIRY", "The validity period is not valid."),
        (0x63, "ESME_RINVDFTMSGID", "The predefined message does not exist."),
        (0x65, "ESME_RX_P_APPN", "The receiving application refused for good."),
        (0x66, "ESME_RX_R_APPN", "The receiving application rejected the message."),
        (0xC0, "ESME_RINVOPTPARSTREAM", "The optional parameters cannot be read."),
        (0xC1, "ESME_ROPTPARNOTALLWD", "An optional parameter is not allowed."),
        (0xC2, "ESME_RINVPARLEN", "An optional parameter has a wrong length."),
        (0xC3, "ESME_RMISSINGOPTPARAM", "An optional parameter is missing."),
        (0xC4, "ESME_RINVOPTPARAMVAL", "An optional parameter has a wrong value."),
        (0x100, "ESME_RSERTYPUNAUTH", "The service is not open to this account."),
        (0x101, "ESME_RPROHIBITED", "The account may not do this."),
        (0x103, "ESME_RSERTYPDENIED", "The service is denied."),
        (0x104, "ESME_RINVDCS", "The data coding is not allowed."),
        (0x105, "ESME_RINVSRCADDRSUBUNIT", "The sender's subunit is not allowed."),
        (0x106, "ESME_RINVDSTADDRSUBUNIT", "The destination's subunit is not allowed."),
    ],
    StatusClass.PROTOCOL: [
        (0x02, "ESME_RINVCMDLEN", "The length of the PDU is not valid."),
        (0x03, "ESME_RINVCMDID", "The PDU is not known."),
    ],
    StatusClass.SESSION: [
        (0x04, "ESME_RINVBNDSTS", "The bind does not allow this PDU."),
        (0x05, "ESME_RALYBND", "Already bound, or bound too often."),
    ],
    StatusClass.BIND: [
        (0x0D, "ESME_RBINDFAIL", "The bind failed."),
        (0x0E, "ESME_RINVPASWD", "The password is wrong."),
        (0x0F, "ESME_RINVSYSID", "The system id is not known."),
        (0x53, "ESME_RINVSYSTYP", "The system type is not allowed."),
    ],
    StatusClass.OPERATION: [
        (0x0C, "ESME_RINVMSGID", "The message id is not known."),
        (0x11, "ESME_RCANCELFAIL", "The message cannot be cancelled."),
        (0x13, "ESME_RREPLACEFAIL", "The message cannot be replaced."),
        (0x67, "ESME_RQUERYFAIL", "The query failed."),
    ],
    StatusClass.BROADCAST: [
        (0x107, "ESME_RINVBCASTFREQINT", "The broadcast interval is not valid."),
        (0x108, "ESME_RINVBCASTALIAS_NAME", "The broadcast alias is not valid."),
        (0x109, "ESME_RINVBCASTAREAFMT", "The form of the broadcast area is not valid."),
        (0x10A, "ESME_RINVNUMBCAST_AREAS", "The number of broadcast areas is not valid."),
        (0x10B, "ESME_RINVBCASTCNTTYPE", "The broadcast content type is not valid."),
        (0x10C, "ESME_RINVBCASTMSGCLASS", "The broadcast message class is not valid."),
        (0x10D, "ESME_RBCASTFAIL", "The broadcast failed."),
        (0x10E, "ESME_RBCASTQUERYFAIL", "The broadcast query failed."),
        (0x10F, "ESME_RBCASTCANCELFAIL", "The broadcast cannot be cancelled."),
        (0x110, "ESME_RINVBCAST_REP", "The broadcast repetition is not valid."),
        (0x111, "ESME_RINVBCASTSRVGRP", "The broadcast service group is not valid."),
        (0x112, "ESME_RINVBCASTCHANIND", "The broadcast channel is not valid."),
    ],
}

STATUSES: Final = MappingProxyType(
    {
        code: StatusMeaning(code, name, sentence, status_class)
        for status_class, rows in _ROWS.items()
        for code, name, sentence in rows
    }
)
