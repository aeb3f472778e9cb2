"""What to do about a connection or a bind that did not come to be: one sentence each.

Pure. Owns the words for what an operator or the carrier can mend.
"""

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from staffetta.connectors.smpp.certification.observed import Obstacle, TlsSeen
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.connectors.smpp.tls import fault_in_words
from staffetta.smpp.statuses import STATUSES, Status, StatusClass, describe_status

_ALLOW_LIST: Final = "ask the carrier whether it allows the address that this machine connects from"
_OF_REFUSALS: Final[Mapping[int, str]] = MappingProxyType(
    {
        int(Status.ALREADY_BOUND): (
            "stop the connector while you check (`staffetta connector stop`), or ask the carrier"
            " for one more bind; after a lost connection it may hold the old one some minutes"
        ),
        int(Status.INVALID_PASSWORD): "set the password again, as the carrier wrote it",
        int(Status.INVALID_SYSTEM_ID): "set system_id as the carrier wrote it; case counts",
        int(Status.BIND_FAILED): (
            "compare system_id, password, system_type and address_range with the carrier's"
            f" letter, and {_ALLOW_LIST}"
        ),
        0x53: "ask the carrier for its system_type, and set it",
        int(Status.INVALID_BIND_STATUS): ("the carrier may take no transceiver: try bind=pair"),
        0x03: "the carrier may know no transceiver: try bind=pair",
    }
)


def refused_bind(command_status: int) -> Obstacle:
    """A bind that was refused."""
    meaning = describe_status(command_status)
    what = f"the carrier refused the bind: {meaning.sentence} ({meaning.name}, {meaning.code:#04x})"
    to_do = _OF_REFUSALS.get(command_status, "")
    is_named = command_status in STATUSES
    if is_named and meaning.status_class in {StatusClass.TEMPORARY, StatusClass.THROTTLE}:
        to_do = "try again in a few minutes"
    return Obstacle(what, to_do or "ask the carrier what it means by it", command_status)


def no_connection(settings: SmppSettings, error: BaseException) -> Obstacle:
    """A connection that was not made."""
    where = f"{settings.host}:{settings.port}"
    in_words = fault_in_words(error)
    if in_words is not None:
        return Obstacle(f"no TLS with {where}: {in_words}", "")
    if isinstance(error, TimeoutError):
        return Obstacle(
            f"{where} did not answer in time", f"check host and port, and {_ALLOW_LIST}"
        )
    if isinstance(error, UnicodeError):
        return Obstacle(f"{settings.host} is not a name that can exist", "set host")
    reason = str(error) or type(error).__name__
    number = getattr(error, "errno", None) or 0
    if number > 0:  # a host that is not found has a negative one, and words of its own
        reason = os.strerror(number)
    return Obstacle(
        f"no connection to {where}: {reason}", f"check host and port, and {_ALLOW_LIST}"
    )


def unknown_certificate(what: str, tls: TlsSeen | None) -> Obstacle:
    """A certificate that is not trusted, `tls` as far as it could be seen."""
    if tls is None:
        return Obstacle(what, "")
    return Obstacle(
        what,
        "ask the carrier for the SHA-256 of its certificate, by another way than this connection;"
        " if it is this one, set tls_pin",
        proposed=(("tls_pin", tls.sha256),),
    )


def no_bind(settings: SmppSettings, reason: str) -> Obstacle:
    """A connection that ended, or fell silent, before the bind was answered."""
    if settings.tls.is_on:
        return Obstacle(f"the bind was not answered: {reason}", f"{_ALLOW_LIST}")
    return Obstacle(
        f"the bind was not answered: {reason}",
        f"{_ALLOW_LIST}, and whether this port wants TLS (tls=true)",
    )
