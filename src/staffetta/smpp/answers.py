"""What a session answers by itself, and what it makes of a PDU that cannot be taken.

Pure functions from a PDU to the octets of the answer and, for a refusal, the event that tells of
it. Owns the choice of status; the session knows when to ask.
"""

from typing import NamedTuple

from staffetta.smpp import pdus
from staffetta.smpp.constants import INTERFACE_VERSION, RESPONSE_BIT, CommandId
from staffetta.smpp.decode import command_id_of, sequence_number_of
from staffetta.smpp.encode import encode
from staffetta.smpp.errors import MalformedPdu
from staffetta.smpp.events import Event, Quarantined, RequestRejected, Undecodable, UnexpectedPdu
from staffetta.smpp.statuses import Status
from staffetta.smpp.tlvs import Tag, octet_tlv


class Refusal(NamedTuple):
    """An answer to be written, empty for none, and the event that tells of it."""

    answer: bytes
    event: Event


def status_answer(request: pdus.Request, command_status: int) -> bytes:
    """The answer to `request` that holds a status and nothing else."""
    response_type = pdus.RESPONSE_TYPES[type(request)]
    return encode(response_type(request.sequence_number, command_status))


def bind_accepted(bind: pdus.Bind, system_id: bytes) -> bytes:
    """The answer that takes a bind. An ESME of 3.3 or older knows no TLVs."""
    response_type = pdus.RESPONSE_TYPES[type(bind)]
    assert issubclass(response_type, pdus.BindResp)
    knows_tlvs = bind.interface_version >= INTERFACE_VERSION
    tlvs = (octet_tlv(Tag.SC_INTERFACE_VERSION, INTERFACE_VERSION),) if knows_tlvs else ()
    return encode(response_type(bind.sequence_number, Status.OK, system_id, tlvs))


def nack(command_status: int, sequence_number: int) -> bytes:
    """A generic_nack."""
    return encode(pdus.GenericNack(sequence_number, command_status))


def refuse_request(request: pdus.Request, status: Status) -> Refusal:
    """A request that the session's state does not allow."""
    return Refusal(status_answer(request, status), RequestRejected(request, status))


def refuse_unknown(pdu: pdus.UnknownPdu) -> Refusal:
    """A PDU with an unknown command_id. Answers are never answered."""
    if pdu.unknown_id & RESPONSE_BIT:
        return Refusal(b"", UnexpectedPdu(pdu))
    status = Status.INVALID_COMMAND_ID
    return Refusal(nack(status, pdu.sequence_number), RequestRejected(pdu, status))


def refuse_malformed(frame: bytes, error: MalformedPdu, *, takes_deliver_sm: bool) -> Refusal:
    """A PDU that cannot be read.

    A deliver_sm is answered as taken: the carrier would bring a refused one again and again, and
    hold back what is behind it.
    """
    command_id = command_id_of(frame)
    sequence_number = sequence_number_of(frame)
    if command_id == CommandId.DELIVER_SM and takes_deliver_sm:
        answer = encode(pdus.DeliverSmResp(sequence_number))
        return Refusal(answer, Quarantined(frame, str(error)))
    if command_id & RESPONSE_BIT:
        return Refusal(b"", Undecodable(frame, str(error)))
    answer = nack(error.command_status, sequence_number)
    return Refusal(answer, Undecodable(frame, str(error)))
