"""The submit_sm of a step, made by the very code that live traffic goes through.

Pure but for the claim's random-looking id, which is the caller's.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from staffetta.connectors.smpp.certification.script import RECIPIENT, Step
from staffetta.connectors.smpp.options import OPTIONS
from staffetta.connectors.smpp.outgoing import Outgoing
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.domain.encodings import Encoding
from staffetta.domain.text_rules import cut_by
from staffetta.messaging.connector import Claim, Segment
from staffetta.smpp import pdus
from staffetta.smpp.constants import EsmClass
from staffetta.smpp.tlvs import Tag, find

_LIVES: Final = timedelta(hours=1)  # a test that comes tomorrow teaches nothing
_ID_OCTETS: Final = 12


class Composed(Struct, frozen=True):
    """One segment, ready to be sent."""

    part: int
    part_total: int
    text: str
    octets: bytes
    is_ucs2: bool
    asks_report: bool
    pdu: pdus.SubmitSm


def with_changes(settings: SmppSettings, changes: Mapping[str, object]) -> SmppSettings:
    """Settings with some changed, under operators' names; raises TypeError or ValueError."""
    for key, value in changes.items():
        settings = OPTIONS[key](settings, value)
    return settings


def compose(
    step: Step, settings: SmppSettings, number: str, sender: str, reference: int, now: datetime
) -> list[Composed]:
    """The segments of a step for one number; raises InvalidField, InvalidText.

    `sender` is the run's; a step may have its own. `reference` is of the concatenation.
    """
    settings = with_changes(settings, step.changes)
    found = cut_by(settings.texts)(step.text)
    segments = tuple(Segment(part, text) for part, text in enumerate(found.parts, 1))
    own = sender if step.sender is None else step.sender
    claim = Claim(
        space_id=0,
        recipient_id=reference.to_bytes(_ID_OCTETS, "big"),
        attempt=1,
        sender=number.removeprefix("+") if own == RECIPIENT else own,
        number=number,
        encoding=found.encoding,
        segments=segments,
        segment_total=len(segments),
        reference=reference & 0xFF,
        flash=step.flash,
        expires_at=now + _LIVES,
        accepted_before=False,
        failure_count=0,
        resend_count=0,
        capture_micro=None,
        writing=found.writing,
    )
    outgoing = Outgoing(settings)
    return [_composed(claim, one, outgoing.submit_sm(claim, one, now)) for one in segments]


def _composed(claim: Claim, segment: Segment, pdu: pdus.SubmitSm) -> Composed:
    return Composed(
        segment.number,
        claim.segment_total,
        segment.text,
        _text_octets(pdu),
        claim.encoding is Encoding.UCS_2,
        bool(pdu.registered_delivery),
        pdu,
    )


def _text_octets(pdu: pdus.SubmitSm) -> bytes:
    payload = find(pdu.tlvs, Tag.MESSAGE_PAYLOAD)
    if payload is not None:
        return payload
    octets = pdu.short_message
    if pdu.esm_class & EsmClass.UDH_INDICATOR and octets:
        return octets[1 + octets[0] :]
    return octets
