"""What carriers send that the protocol does not foresee: counted, and logged once in a second."""

from typing import Any, Final

from staffetta.connectors.smpp.link_parts import LinkMemory, LinkParts
from staffetta.connectors.smpp.printable import printable
from staffetta.smpp import events, pdus
from staffetta.smpp.blanking import without_text

_FRAME_OCTETS_LOGGED_MAX: Final = 512


class Oddities:
    """The odd things of one link."""

    def __init__(self, parts: LinkParts, memory: LinkMemory) -> None:
        self._counts = parts.counts
        self._memory = memory

    def count(self, kind: str, now: float, **fields: Any) -> None:
        """Something odd happened."""
        self._counts.odd(kind)
        self._memory.remarks.warn(kind, now, **fields)

    def unexpected(self, event: events.UnexpectedPdu, now: float) -> None:
        """An answer to nothing, or a notice out of place."""
        pdu = event.pdu
        kind = "unexpected_pdu"
        fields: dict[str, Any] = {"pdu": type(pdu).__name__}
        if isinstance(pdu, pdus.SubmitSmResp):
            # For the second time, or to a number we never used: it settles nothing.
            kind = "unexpected_answer"
            fields |= {
                "smsc_id": printable(pdu.message_id),
                "command_status": pdu.command_status,
            }
        self.count(kind, now, sequence_number=pdu.sequence_number, **fields)

    def unreadable(self, event: events.Quarantined | events.Undecodable, now: float) -> None:
        """A PDU that cannot be read."""
        self._memory.recorder.unreadable(event.frame)
        kind = "quarantined" if isinstance(event, events.Quarantined) else "undecodable"
        # A log is for many eyes: what may be kept of a text is the recorder's to decide.
        octets = without_text(event.frame)[:_FRAME_OCTETS_LOGGED_MAX].hex()
        self.count(f"{kind}_pdu", now, reason=event.reason, octets=octets)

    def rejected(self, event: events.RequestRejected, now: float) -> None:
        """A request that the carrier may not make."""
        name = type(event.pdu).__name__
        self.count("rejected_pdu", now, pdu=name, command_status=event.command_status)

    def noticed(self, event: events.NoticeReceived, now: float) -> None:
        """A notice, which has no answer: we bind when we like."""
        self.count("notice", now, pdu=type(event.pdu).__name__)

    def violated(self, event: events.ProtocolViolation) -> None:
        """What cannot be read any further."""
        self._counts.odd("protocol_violation")
        self._memory.log.warning("protocol_violation", reason=event.reason)
