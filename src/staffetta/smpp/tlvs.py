"""Optional parameters (TLVs): their tags, reading and writing the list of them, typed access.

Owns the octets of TLVs. The list stays as it was on the wire; nothing is dropped for being unknown
or coming twice.
"""

from enum import IntEnum
from struct import Struct

from staffetta.smpp.errors import InvalidField, MalformedPdu
from staffetta.smpp.pdus import Tlvs
from staffetta.smpp.statuses import Status

_header = Struct(">HH")
_HEADER_OCTETS = _header.size
_OCTETS_MAX = 0xFFFF


class Tag(IntEnum):
    """Tags of 3.4 section 5.3.2, and those of 5.0 that carriers use beside them."""

    DEST_ADDR_SUBUNIT = 0x0005
    DEST_NETWORK_TYPE = 0x0006
    DEST_BEARER_TYPE = 0x0007
    DEST_TELEMATICS_ID = 0x0008
    SOURCE_ADDR_SUBUNIT = 0x000D
    SOURCE_NETWORK_TYPE = 0x000E
    SOURCE_BEARER_TYPE = 0x000F
    SOURCE_TELEMATICS_ID = 0x0010
    QOS_TIME_TO_LIVE = 0x0017
    PAYLOAD_TYPE = 0x0019
    ADDITIONAL_STATUS_INFO_TEXT = 0x001D
    RECEIPTED_MESSAGE_ID = 0x001E
    MS_MSG_WAIT_FACILITIES = 0x0030
    PRIVACY_INDICATOR = 0x0201
    SOURCE_SUBADDRESS = 0x0202
    DEST_SUBADDRESS = 0x0203
    USER_MESSAGE_REFERENCE = 0x0204
    USER_RESPONSE_CODE = 0x0205
    SOURCE_PORT = 0x020A
    DESTINATION_PORT = 0x020B
    SAR_MSG_REF_NUM = 0x020C
    LANGUAGE_INDICATOR = 0x020D
    SAR_TOTAL_SEGMENTS = 0x020E
    SAR_SEGMENT_SEQNUM = 0x020F
    SC_INTERFACE_VERSION = 0x0210
    CALLBACK_NUM_PRES_IND = 0x0302
    CALLBACK_NUM_ATAG = 0x0303
    NUMBER_OF_MESSAGES = 0x0304
    CALLBACK_NUM = 0x0381
    DPF_RESULT = 0x0420
    SET_DPF = 0x0421
    MS_AVAILABILITY_STATUS = 0x0422
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    DELIVERY_FAILURE_REASON = 0x0425
    MORE_MESSAGES_TO_SEND = 0x0426
    MESSAGE_STATE = 0x0427
    CONGESTION_STATE = 0x0428
    USSD_SERVICE_OP = 0x0501
    DISPLAY_TIME = 0x1201
    SMS_SIGNAL = 0x1203
    MS_VALIDITY = 0x1204
    ALERT_ON_MESSAGE_DELIVERY = 0x130C
    ITS_REPLY_TYPE = 0x1380
    ITS_SESSION_INFO = 0x1383


def read_tlvs(frame: bytes, offset: int) -> Tlvs:
    """The TLVs from `offset` to the end; raises MalformedPdu.

    Zero octets behind the last one are padding that some peers add, and are dropped.
    """
    tlvs, end = _read_whole_tlvs(frame, offset)
    if end != len(frame) and frame.count(0, end) != len(frame) - end:
        raise MalformedPdu(Status.INVALID_TLV_STREAM, f"no whole TLV at octet {end}")
    return tlvs


def read_tlvs_leniently(frame: bytes, offset: int) -> Tlvs:
    """The TLVs from `offset` as far as they can be read.

    For responses: an acceptance must not be lost, and its message sent twice, for a broken extra.
    """
    return _read_whole_tlvs(frame, offset)[0]


def _read_whole_tlvs(frame: bytes, offset: int) -> tuple[Tlvs, int]:
    tlvs = []
    size = len(frame)
    unpack = _header.unpack_from
    while offset + _HEADER_OCTETS <= size:
        tag, length = unpack(frame, offset)
        value_at = offset + _HEADER_OCTETS
        end = value_at + length
        if end > size or tag == length == 0:
            break
        tlvs.append((tag, frame[value_at:end]))
        offset = end
    return tuple(tlvs), offset


def write_tlvs(tlvs: Tlvs) -> bytes:
    """The octets of `tlvs`, in their order; raises InvalidField."""
    parts = []
    for tag, value in tlvs:
        if not 0 < tag <= 0xFFFF:
            raise InvalidField("tlvs", f"have a tag outside 1 to 65535: {tag}")
        if len(value) > _OCTETS_MAX:
            raise InvalidField("tlvs", f"have a value over 65535 octets under 0x{tag:04X}")
        parts.append(_header.pack(tag, len(value)) + value)
    return b"".join(parts)


def find(tlvs: Tlvs, tag: int) -> bytes | None:
    """The value of the first TLV with `tag`, or None."""
    for each_tag, value in tlvs:
        if each_tag == tag:
            return value
    return None


def find_integer(tlvs: Tlvs, tag: int) -> int | None:
    """The first TLV with `tag` as a number; None when absent or without a value."""
    value = find(tlvs, tag)
    return int.from_bytes(value, "big") if value else None


def find_text(tlvs: Tlvs, tag: int) -> bytes | None:
    """The first TLV with `tag` as a C-octet string; its NUL may be missing."""
    value = find(tlvs, tag)
    return None if value is None else value.partition(b"\0")[0]


def octet_tlv(tag: int, value: int) -> tuple[int, bytes]:
    """A TLV of one octet."""
    return int(tag), bytes((value,))


def text_tlv(tag: int, value: bytes) -> tuple[int, bytes]:
    """A TLV that is a C-octet string."""
    return int(tag), value + b"\0"
