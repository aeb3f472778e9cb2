"""Octets to PDUs, leniently: what carriers really send is read as long as it means one thing.

Read without complaint: answers that end after the header, a missing NUL at the very end, zero
octets behind the body, fields longer than the specification's, TLVs on any answer, any
command_status and any sequence_number. The one error is MalformedPdu, and concerns one PDU.
"""

import re
from collections.abc import Callable
from struct import Struct
from typing import Final

from staffetta.smpp import pdus
from staffetta.smpp.constants import HEADER_OCTETS
from staffetta.smpp.errors import MalformedPdu
from staffetta.smpp.fields import LAYOUTS, read_request_fields, read_response_fields
from staffetta.smpp.statuses import Status
from staffetta.smpp.tlvs import read_tlvs, read_tlvs_leniently

# frame, command_status, sequence_number
Decoder = Callable[[bytes, int, int], pdus.Pdu]

_unpack_header = Struct(">IIII").unpack_from

# Everything in submit_sm and deliver_sm up to short_message. One regular expression finds the five
# texts in half the time that five searches and slices take.
_match_short_message: Final = re.compile(
    rb"([^\0]*+)\0"  # service_type
    rb"..([^\0]*+)\0"  # source_addr with its TON and NPI
    rb"..([^\0]*+)\0"  # destination_addr with its TON and NPI
    rb"...([^\0]*+)\0"  # esm_class, protocol_id, priority_flag; schedule_delivery_time
    rb"([^\0]*+)\0"  # validity_period
    rb".....",  # registered_delivery and the four octets behind it, sm_length last
    re.DOTALL,
).match


def decode(frame: bytes) -> pdus.Pdu:
    """The PDU in `frame`, which holds one and nothing else; raises MalformedPdu.

    A command_id that is not known is no error: it gives an UnknownPdu.
    """
    if len(frame) < HEADER_OCTETS:
        raise MalformedPdu(Status.INVALID_COMMAND_LENGTH, "shorter than a header")
    length, command_id, command_status, sequence_number = _unpack_header(frame)
    if length != len(frame):
        raise MalformedPdu(Status.INVALID_COMMAND_LENGTH, "command_length is not the PDU's length")
    decoder = DECODERS.get(command_id)
    if decoder is None:
        body = frame[HEADER_OCTETS:]
        return pdus.UnknownPdu(sequence_number, command_status, command_id, body)
    return decoder(frame, command_status, sequence_number)


def command_id_of(frame: bytes) -> int:
    """The command_id of a frame that holds a header, for PDUs that cannot be decoded."""
    return int.from_bytes(frame[4:8], "big")


def sequence_number_of(frame: bytes) -> int:
    """The sequence_number of a frame that holds a header, for PDUs that cannot be decoded."""
    return int.from_bytes(frame[12:16], "big")


def _short_message_decoder(kind: type[pdus.SubmitSm] | type[pdus.DeliverSm]) -> Decoder:
    def decode_short_message(frame: bytes, _status: int, sequence_number: int) -> pdus.Pdu:
        match = _match_short_message(frame, HEADER_OCTETS)
        if match is None:
            raise MalformedPdu(Status.INVALID_COMMAND_LENGTH, "ends before short_message")
        service_type, source, destination, schedule, validity = match.groups()
        text_at = match.end()
        text_end = text_at + frame[text_at - 1]
        size = len(frame)
        if text_end > size:
            raise MalformedPdu(Status.INVALID_MESSAGE_LENGTH, "sm_length exceeds the PDU")
        source_at = HEADER_OCTETS + len(service_type) + 1
        destination_at = source_at + len(source) + 3
        esm_class_at = destination_at + len(destination) + 3
        return kind(
            sequence_number,
            service_type,
            frame[source_at],
            frame[source_at + 1],
            source,
            frame[destination_at],
            frame[destination_at + 1],
            destination,
            frame[esm_class_at],
            frame[esm_class_at + 1],
            frame[esm_class_at + 2],
            schedule,
            validity,
            frame[text_at - 5],
            frame[text_at - 4],
            frame[text_at - 3],
            frame[text_at - 2],
            frame[text_at:text_end],
            read_tlvs(frame, text_end) if text_end != size else (),
        )

    return decode_short_message


def _message_id_decoder(kind: type[pdus.MessageIdResp]) -> Decoder:
    def decode_message_id(frame: bytes, command_status: int, sequence_number: int) -> pdus.Pdu:
        end = frame.find(0, HEADER_OCTETS)
        if end < 0:
            return kind(sequence_number, command_status, frame[HEADER_OCTETS:])
        message_id = frame[HEADER_OCTETS:end]
        if end + 1 == len(frame):
            return kind(sequence_number, command_status, message_id)
        tlvs = read_tlvs_leniently(frame, end + 1)
        return kind(sequence_number, command_status, message_id, tlvs)

    return decode_message_id


def _bodiless_request_decoder(kind: type[pdus.Request]) -> Decoder:
    return lambda _frame, _status, sequence_number: kind(sequence_number)


def _bodiless_response_decoder(kind: type[pdus.Response]) -> Decoder:
    return lambda _frame, status, sequence_number: kind(sequence_number, status)


def _fields_request_decoder(kind: type[pdus.Pdu]) -> Decoder:
    layout = LAYOUTS[kind]
    has_tlvs = "tlvs" in kind.__struct_fields__

    def decode_fields(frame: bytes, _status: int, sequence_number: int) -> pdus.Pdu:
        values = read_request_fields(frame, HEADER_OCTETS, layout, has_tlvs=has_tlvs)
        return kind(sequence_number, **values)

    return decode_fields


def _fields_response_decoder(kind: type[pdus.Response]) -> Decoder:
    layout = LAYOUTS[kind]
    has_tlvs = "tlvs" in kind.__struct_fields__

    def decode_fields(frame: bytes, command_status: int, sequence_number: int) -> pdus.Pdu:
        values = read_response_fields(frame, HEADER_OCTETS, layout, has_tlvs=has_tlvs)
        return kind(sequence_number, command_status, **values)

    return decode_fields


_MESSAGE_IDS: Final = (pdus.SubmitSmResp, pdus.DeliverSmResp, pdus.DataSmResp)
_BODILESS_REQUESTS: Final = (pdus.Unbind, pdus.EnquireLink)
_BODILESS_RESPONSES: Final = (
    pdus.UnbindResp,
    pdus.EnquireLinkResp,
    pdus.GenericNack,
    pdus.CancelSmResp,
    pdus.ReplaceSmResp,
)


def _decoders() -> dict[int, Decoder]:
    decoders: dict[type[pdus.Pdu], Decoder] = {
        pdus.SubmitSm: _short_message_decoder(pdus.SubmitSm),
        pdus.DeliverSm: _short_message_decoder(pdus.DeliverSm),
    }
    decoders |= {kind: _message_id_decoder(kind) for kind in _MESSAGE_IDS}
    decoders |= {kind: _bodiless_request_decoder(kind) for kind in _BODILESS_REQUESTS}
    decoders |= {kind: _bodiless_response_decoder(kind) for kind in _BODILESS_RESPONSES}
    for kind in LAYOUTS:
        decoders[kind] = (
            _fields_response_decoder(kind)
            if issubclass(kind, pdus.Response)
            else _fields_request_decoder(kind)
        )
    return {int(kind.command_id): decoder for kind, decoder in decoders.items()}


DECODERS: Final = _decoders()
