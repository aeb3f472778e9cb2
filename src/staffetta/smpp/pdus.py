"""The PDUs as values.

Owns their fields and defaults; `encode` and `decode` turn them into octets and back. Texts are
bytes, as they are on the wire: what alphabet they are in is not known here.

They are msgspec structs because thousands are made each second: a frozen struct is made in a tenth
of a microsecond, a frozen dataclass of this size takes twenty times as long. `gc=False` keeps them
out of the cycle collector, which is safe: they hold nothing but numbers, bytes and tuples of those.

`sequence_number` is the one that was read. In a request that is yet to be sent it means nothing:
the session numbers it.
"""

from typing import ClassVar, TypeAlias

from msgspec import Struct

from staffetta.smpp.constants import INTERFACE_VERSION, CommandId

# Tag and value of each TLV in the order of the wire; duplicates and unknown ones are kept.
Tlvs: TypeAlias = tuple[tuple[int, bytes], ...]


class Pdu(Struct, frozen=True, gc=False):
    """What all PDUs have."""

    command_id: ClassVar[int] = -1

    sequence_number: int = 0


class Request(Pdu, frozen=True, gc=False):
    """A PDU that its receiver answers."""


class Notice(Pdu, frozen=True, gc=False):
    """A PDU that has no answer."""


class Response(Pdu, frozen=True, gc=False):
    """An answer. command_status 0 is success."""

    command_status: int = 0


class UnknownPdu(Pdu, frozen=True, gc=False):
    """A PDU with a command_id this package does not know, kept raw."""

    command_status: int = 0
    unknown_id: int = 0
    body: bytes = b""


class Bind(Request, frozen=True, gc=False):
    """What the three binds have in common (3.4 section 4.1)."""

    system_id: bytes = b""
    password: bytes = b""
    system_type: bytes = b""
    interface_version: int = INTERFACE_VERSION
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: bytes = b""
    tlvs: Tlvs = ()


class BindReceiver(Bind, frozen=True, gc=False):
    """Bind to receive."""

    command_id: ClassVar[int] = CommandId.BIND_RECEIVER


class BindTransmitter(Bind, frozen=True, gc=False):
    """Bind to send."""

    command_id: ClassVar[int] = CommandId.BIND_TRANSMITTER


class BindTransceiver(Bind, frozen=True, gc=False):
    """Bind for both directions."""

    command_id: ClassVar[int] = CommandId.BIND_TRANSCEIVER


class BindResp(Response, frozen=True, gc=False):
    """What the answers to the three binds have in common; system_id is the SMSC's."""

    system_id: bytes = b""
    tlvs: Tlvs = ()


class BindReceiverResp(BindResp, frozen=True, gc=False):
    """Answer to bind_receiver."""

    command_id: ClassVar[int] = CommandId.BIND_RECEIVER_RESP


class BindTransmitterResp(BindResp, frozen=True, gc=False):
    """Answer to bind_transmitter."""

    command_id: ClassVar[int] = CommandId.BIND_TRANSMITTER_RESP


class BindTransceiverResp(BindResp, frozen=True, gc=False):
    """Answer to bind_transceiver."""

    command_id: ClassVar[int] = CommandId.BIND_TRANSCEIVER_RESP


class Outbind(Notice, frozen=True, gc=False):
    """The SMSC asks the ESME to bind (3.4 section 4.1.7)."""

    command_id: ClassVar[int] = CommandId.OUTBIND
    system_id: bytes = b""
    password: bytes = b""


class Unbind(Request, frozen=True, gc=False):
    """The sender wants to end the session."""

    command_id: ClassVar[int] = CommandId.UNBIND


class UnbindResp(Response, frozen=True, gc=False):
    """The session is over."""

    command_id: ClassVar[int] = CommandId.UNBIND_RESP


class EnquireLink(Request, frozen=True, gc=False):
    """Are you there?"""

    command_id: ClassVar[int] = CommandId.ENQUIRE_LINK


class EnquireLinkResp(Response, frozen=True, gc=False):
    """I am here."""

    command_id: ClassVar[int] = CommandId.ENQUIRE_LINK_RESP


class GenericNack(Response, frozen=True, gc=False):
    """The answer to what could not be understood; sequence_number 0 when not even that was."""

    command_id: ClassVar[int] = CommandId.GENERIC_NACK


class ShortMessage(Request, frozen=True, gc=False):
    """The body that submit_sm and deliver_sm share (3.4 sections 4.4.1 and 4.6.1)."""

    service_type: bytes = b""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: bytes = b""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: bytes = b""
    esm_class: int = 0
    protocol_id: int = 0
    priority_flag: int = 0
    schedule_delivery_time: bytes = b""
    validity_period: bytes = b""
    registered_delivery: int = 0
    replace_if_present_flag: int = 0
    data_coding: int = 0
    sm_default_msg_id: int = 0
    short_message: bytes = b""
    tlvs: Tlvs = ()


class SubmitSm(ShortMessage, frozen=True, gc=False):
    """A message from the ESME."""

    command_id: ClassVar[int] = CommandId.SUBMIT_SM


class DeliverSm(ShortMessage, frozen=True, gc=False):
    """A message or a delivery report from the SMSC."""

    command_id: ClassVar[int] = CommandId.DELIVER_SM


class MessageIdResp(Response, frozen=True, gc=False):
    """The answer body with a message_id alone; it is empty in deliver_sm_resp."""

    message_id: bytes = b""
    tlvs: Tlvs = ()


class SubmitSmResp(MessageIdResp, frozen=True, gc=False):
    """Answer to submit_sm, with the SMSC message id."""

    command_id: ClassVar[int] = CommandId.SUBMIT_SM_RESP


class DeliverSmResp(MessageIdResp, frozen=True, gc=False):
    """Answer to deliver_sm."""

    command_id: ClassVar[int] = CommandId.DELIVER_SM_RESP


class DataSm(Request, frozen=True, gc=False):
    """A message in either direction, its text in message_payload (3.4 section 4.7.1)."""

    command_id: ClassVar[int] = CommandId.DATA_SM
    service_type: bytes = b""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: bytes = b""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: bytes = b""
    esm_class: int = 0
    registered_delivery: int = 0
    data_coding: int = 0
    tlvs: Tlvs = ()


class DataSmResp(MessageIdResp, frozen=True, gc=False):
    """Answer to data_sm."""

    command_id: ClassVar[int] = CommandId.DATA_SM_RESP


class QuerySm(Request, frozen=True, gc=False):
    """What became of a message?"""

    command_id: ClassVar[int] = CommandId.QUERY_SM
    message_id: bytes = b""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: bytes = b""


class QuerySmResp(Response, frozen=True, gc=False):
    """Answer to query_sm."""

    command_id: ClassVar[int] = CommandId.QUERY_SM_RESP
    message_id: bytes = b""
    final_date: bytes = b""
    message_state: int = 0
    error_code: int = 0


class CancelSm(Request, frozen=True, gc=False):
    """Take back a message that is still waiting."""

    command_id: ClassVar[int] = CommandId.CANCEL_SM
    service_type: bytes = b""
    message_id: bytes = b""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: bytes = b""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: bytes = b""


class CancelSmResp(Response, frozen=True, gc=False):
    """Answer to cancel_sm."""

    command_id: ClassVar[int] = CommandId.CANCEL_SM_RESP


class ReplaceSm(Request, frozen=True, gc=False):
    """Change a message that is still waiting."""

    command_id: ClassVar[int] = CommandId.REPLACE_SM
    message_id: bytes = b""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: bytes = b""
    schedule_delivery_time: bytes = b""
    validity_period: bytes = b""
    registered_delivery: int = 0
    sm_default_msg_id: int = 0
    short_message: bytes = b""


class ReplaceSmResp(Response, frozen=True, gc=False):
    """Answer to replace_sm."""

    command_id: ClassVar[int] = CommandId.REPLACE_SM_RESP


class AlertNotification(Notice, frozen=True, gc=False):
    """A subscriber can be reached again (3.4 section 4.12.1)."""

    command_id: ClassVar[int] = CommandId.ALERT_NOTIFICATION
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: bytes = b""
    esme_addr_ton: int = 0
    esme_addr_npi: int = 0
    esme_addr: bytes = b""
    tlvs: Tlvs = ()


RESPONSE_TYPES: dict[type[Request], type[Response]] = {
    BindReceiver: BindReceiverResp,
    BindTransmitter: BindTransmitterResp,
    BindTransceiver: BindTransceiverResp,
    Unbind: UnbindResp,
    EnquireLink: EnquireLinkResp,
    SubmitSm: SubmitSmResp,
    DeliverSm: DeliverSmResp,
    DataSm: DataSmResp,
    QuerySm: QuerySmResp,
    CancelSm: CancelSmResp,
    ReplaceSm: ReplaceSmResp,
}
