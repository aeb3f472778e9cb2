"""PDUs to octets, strictly: what does not fit its field raises InvalidField and names the field.

Lengths are those of the specification without the closing NUL (3.4 section 4). An error that a
peer finds costs a message; one found here costs nothing.
"""

import struct
from collections.abc import Callable
from typing import Any, Final

from staffetta.smpp import pdus
from staffetta.smpp.constants import (
    FRAME_OCTETS_MAX,
    HEADER_OCTETS,
    SHORT_MESSAGE_OCTETS_MAX,
    CommandId,
)
from staffetta.smpp.errors import InvalidField
from staffetta.smpp.fields import (
    LAYOUTS,
    LONG_BIND,
    check_octet,
    check_short_message,
    check_text,
    check_time,
    write_fields,
)
from staffetta.smpp.tlvs import write_tlvs

Encoder = Callable[[Any, int], bytes]

_pack_header = struct.Struct(">IIII").pack
_pack_bare_answer = struct.Struct(">IIIIx").pack  # an empty message_id behind the header
_DELIVER_SM_RESP: Final = int(CommandId.DELIVER_SM_RESP)
_SHORT_MESSAGE_OCTET_FIELDS: Final = (
    "source_addr_ton",
    "source_addr_npi",
    "dest_addr_ton",
    "dest_addr_npi",
    "esm_class",
    "protocol_id",
    "priority_flag",
    "registered_delivery",
    "replace_if_present_flag",
    "data_coding",
    "sm_default_msg_id",
)


def encode(pdu: pdus.Pdu) -> bytes:
    """The octets of `pdu` with its own sequence_number; raises InvalidField."""
    return ENCODERS[type(pdu)](pdu, pdu.sequence_number)


def encode_as(pdu: pdus.Pdu, sequence_number: int) -> bytes:
    """The octets of `pdu` under another sequence_number; raises InvalidField."""
    return ENCODERS[type(pdu)](pdu, sequence_number)


def deliver_sm_resp(command_status: int, sequence_number: int) -> bytes:
    """The octets of a deliver_sm_resp, whose message_id is empty (3.4 section 4.6.2)."""
    return _pack_bare_answer(HEADER_OCTETS + 1, _DELIVER_SM_RESP, command_status, sequence_number)


def encode_long_bind(pdu: pdus.Bind, sequence_number: int) -> bytes:
    """The octets of a bind whose password may be longer than 8 octets; raises InvalidField.

    Some carriers hand such passwords out, and compare what is behind the eighth octet too.
    """
    body = write_fields(pdu, LONG_BIND)
    return _with_header(pdu.command_id, 0, sequence_number, body)


def _with_header(command_id: int, command_status: int, sequence_number: int, body: bytes) -> bytes:
    length = HEADER_OCTETS + len(body)
    if length > FRAME_OCTETS_MAX:
        raise InvalidField("command_length", f"is over {FRAME_OCTETS_MAX} octets: {length}")
    try:
        return _pack_header(length, command_id, command_status, sequence_number) + body
    except struct.error:
        name = "command_status" if not 0 <= command_status < 1 << 32 else "sequence_number"
        raise InvalidField(name, "is outside 0 to 4294967295") from None


def _short_message_encoder(command_id: int) -> Encoder:
    def encode_short_message(pdu: pdus.ShortMessage, sequence_number: int) -> bytes:
        body = _short_message_body(pdu)
        if pdu.tlvs:
            body += write_tlvs(pdu.tlvs)
        return _with_header(command_id, 0, sequence_number, body)

    return encode_short_message


def _short_message_body(pdu: pdus.ShortMessage) -> bytes:
    # Twenty thousand a second pass here. Formatting bytes is the fastest way to lay them out that
    # needs no cache of layouts; texts that are nearly always empty are checked only when not.
    service_type = pdu.service_type
    source = pdu.source_addr
    destination = pdu.destination_addr
    schedule = pdu.schedule_delivery_time
    validity = pdu.validity_period
    text = pdu.short_message
    if service_type:
        check_text(service_type, 5, "service_type")
    check_text(source, 20, "source_addr")
    check_text(destination, 20, "destination_addr")
    if schedule:
        check_time(schedule, "schedule_delivery_time")
    if validity:
        check_time(validity, "validity_period")
    size = len(text)
    if size > SHORT_MESSAGE_OCTETS_MAX:
        check_short_message(text)
    try:
        return b"%b\0%c%c%b\0%c%c%b\0%c%c%c%b\0%b\0%c%c%c%c%c%b" % (
            service_type,
            pdu.source_addr_ton,
            pdu.source_addr_npi,
            source,
            pdu.dest_addr_ton,
            pdu.dest_addr_npi,
            destination,
            pdu.esm_class,
            pdu.protocol_id,
            pdu.priority_flag,
            schedule,
            validity,
            pdu.registered_delivery,
            pdu.replace_if_present_flag,
            pdu.data_coding,
            pdu.sm_default_msg_id,
            size,
            text,
        )
    except OverflowError:
        for name in _SHORT_MESSAGE_OCTET_FIELDS:
            check_octet(getattr(pdu, name), name)
        raise


def _message_id_encoder(command_id: int) -> Encoder:
    def encode_message_id(pdu: pdus.MessageIdResp, sequence_number: int) -> bytes:
        message_id = pdu.message_id
        if message_id:
            check_text(message_id, 64, "message_id")
        elif pdu.command_status and not pdu.tlvs and command_id != CommandId.DELIVER_SM_RESP:
            # 3.4 section 4.4.2: a refusal has no body. deliver_sm_resp has no such sentence.
            return _with_header(command_id, pdu.command_status, sequence_number, b"")
        body = message_id + b"\0"
        if pdu.tlvs:
            body += write_tlvs(pdu.tlvs)
        return _with_header(command_id, pdu.command_status, sequence_number, body)

    return encode_message_id


def _bodiless_encoder(command_id: int) -> Encoder:
    def encode_bodiless(pdu: pdus.Request | pdus.Response, sequence_number: int) -> bytes:
        return _with_header(command_id, getattr(pdu, "command_status", 0), sequence_number, b"")

    return encode_bodiless


def _fields_encoder(kind: type[pdus.Pdu]) -> Encoder:
    layout = LAYOUTS[kind]

    def encode_fields(pdu: pdus.Pdu, sequence_number: int) -> bytes:
        status = getattr(pdu, "command_status", 0)
        if status and isinstance(pdu, pdus.BindResp) and not pdu.system_id and not pdu.tlvs:
            return _with_header(kind.command_id, status, sequence_number, b"")
        return _with_header(kind.command_id, status, sequence_number, write_fields(pdu, layout))

    return encode_fields


def _encode_unknown(pdu: pdus.UnknownPdu, sequence_number: int) -> bytes:
    return _with_header(pdu.unknown_id, pdu.command_status, sequence_number, pdu.body)


_BODILESS: Final[tuple[type[pdus.Pdu], ...]] = (
    pdus.Unbind,
    pdus.UnbindResp,
    pdus.EnquireLink,
    pdus.EnquireLinkResp,
    pdus.GenericNack,
    pdus.CancelSmResp,
    pdus.ReplaceSmResp,
)
_MESSAGE_IDS: Final = (pdus.SubmitSmResp, pdus.DeliverSmResp, pdus.DataSmResp)

# The plain int of a command_id packs faster than the member of the enumeration.
ENCODERS: Final[dict[type[pdus.Pdu], Encoder]] = {
    pdus.SubmitSm: _short_message_encoder(int(CommandId.SUBMIT_SM)),
    pdus.DeliverSm: _short_message_encoder(int(CommandId.DELIVER_SM)),
    **{kind: _message_id_encoder(int(kind.command_id)) for kind in _MESSAGE_IDS},
    **{kind: _bodiless_encoder(int(kind.command_id)) for kind in _BODILESS},
    **{kind: _fields_encoder(kind) for kind in LAYOUTS},
    pdus.UnknownPdu: _encode_unknown,
}
