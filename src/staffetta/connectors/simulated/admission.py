"""Who may bind, and which submits are taken: answers as values of command_status.

Owns the two memories that magic numbers need. It reads no clock and sends nothing.
"""

import hashlib
import re
from typing import Final

from staffetta.connectors.simulated.behaviours import Admission, Behaviour
from staffetta.connectors.simulated.first_seen import FirstSeen
from staffetta.connectors.simulated.handset import concatenation_of
from staffetta.connectors.simulated.settings import NetworkSettings
from staffetta.domain.secrets import same_secret
from staffetta.smpp.pdus import Bind, SubmitSm
from staffetta.smpp.statuses import Status
from staffetta.smpp.tlvs import Tag, find

INVALID_SOURCE: Final = 0x0A  # ESME_RINVSRCADR
INVALID_DESTINATION: Final = 0x0B  # ESME_RINVDSTADR
_OK: Final = int(Status.OK)
_THROTTLED: Final = int(Status.THROTTLED)
_SOURCE_OCTETS_MAX: Final = 20
_is_number: Final = re.compile(rb"\+?[0-9]{3,19}").fullmatch

_REMEMBERED_MAX: Final = 10_000
# After this long a throttled number begins anew, and a swallowed submit is a first one again.
_REMEMBERED_SECONDS: Final = 900.0
_DIGEST_OCTETS: Final = 16


def bind_status(settings: NetworkSettings, bind: Bind) -> int:
    """0 when the ESME may bind. Both are compared in constant time, whatever the first says."""
    known = _matches(settings.system_id, bind.system_id)
    proven = _matches(settings.password, bind.password)
    if not known:
        return Status.INVALID_SYSTEM_ID
    return Status.OK if proven else Status.INVALID_PASSWORD


def address_status(pdu: SubmitSm) -> int:
    """0 when both addresses are such that a report about them can be written."""
    if _is_number(pdu.destination_addr) is None:
        return INVALID_DESTINATION
    source = pdu.source_addr
    return _OK if len(source) <= _SOURCE_OCTETS_MAX and source.isascii() else INVALID_SOURCE


class Gate:
    """Decides about submits to numbers whose first submit is not simply accepted."""

    def __init__(self, throttle_seconds: float) -> None:
        self._throttle_seconds = throttle_seconds
        keep_seconds = throttle_seconds + _REMEMBERED_SECONDS
        self._throttled = FirstSeen(keep_seconds=keep_seconds, count_max=_REMEMBERED_MAX)
        self._swallowed = FirstSeen(keep_seconds=keep_seconds, count_max=_REMEMBERED_MAX)

    def status(
        self, behaviour: Behaviour, pdu: SubmitSm, system_id: bytes, now: float
    ) -> int | None:
        """The command_status of the answer; None for no answer at all."""
        match behaviour.admission:
            case Admission.ACCEPT:
                return _OK
            case Admission.REFUSE:
                return INVALID_DESTINATION
            case Admission.THROTTLE_FIRST:
                age = self._throttled.age(system_id + b"\0" + pdu.destination_addr, now) or 0.0
                return _THROTTLED if age < self._throttle_seconds else _OK
            case Admission.SWALLOW_FIRST:
                key = _content_key(system_id, pdu)
                if self._swallowed.age(key, now) is None:
                    return None
                self._swallowed.forget(key)
                return _OK


def _matches(wanted: str | None, given: bytes) -> bool:
    return wanted is None or same_secret(wanted.encode("utf-8"), given)


def _content_key(system_id: bytes, pdu: SubmitSm) -> bytes:
    """What makes a submit the same one again: whom, from whom, and what it says."""
    part = concatenation_of(pdu)
    payload = find(pdu.tlvs, Tag.MESSAGE_PAYLOAD) or b""
    # The addresses hold no NUL, so no two different submits are joined to the same octets.
    head = (system_id, pdu.source_addr, pdu.destination_addr, repr(part).encode("ascii"))
    text = bytes((pdu.data_coding, pdu.esm_class)) + pdu.short_message
    joined = b"\0".join((*head, len(text).to_bytes(4, "big") + text + payload))
    return hashlib.blake2b(joined, digest_size=_DIGEST_OCTETS).digest()
