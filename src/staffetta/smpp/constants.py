"""The numbers of SMPP 3.4 that are not command_status or TLV tags (those have their own modules).

Owns names for numbers alone; what follows from them is decided elsewhere.
"""

from enum import IntEnum
from typing import Final

INTERFACE_VERSION: Final = 0x34
HEADER_OCTETS: Final = 16
RESPONSE_BIT: Final = 0x8000_0000
SEQUENCE_NUMBER_MAX: Final = 0x7FFF_FFFF

# A message_payload of 65,535 octets and everything around it fits; nothing legal is longer.
FRAME_OCTETS_MAX: Final = (64 + 4) * 1024
# Before a bind nobody has a reason to send more than a bind request.
UNBOUND_FRAME_OCTETS_MAX: Final = 1024

SHORT_MESSAGE_OCTETS_MAX: Final = 254


class CommandId(IntEnum):
    """command_id of the PDUs this package knows (3.4 section 5.1.2.1)."""

    BIND_RECEIVER = 0x01
    BIND_TRANSMITTER = 0x02
    QUERY_SM = 0x03
    SUBMIT_SM = 0x04
    DELIVER_SM = 0x05
    UNBIND = 0x06
    REPLACE_SM = 0x07
    CANCEL_SM = 0x08
    BIND_TRANSCEIVER = 0x09
    OUTBIND = 0x0B
    ENQUIRE_LINK = 0x15
    ALERT_NOTIFICATION = 0x0102
    DATA_SM = 0x0103
    GENERIC_NACK = 0x8000_0000
    BIND_RECEIVER_RESP = 0x8000_0001
    BIND_TRANSMITTER_RESP = 0x8000_0002
    QUERY_SM_RESP = 0x8000_0003
    SUBMIT_SM_RESP = 0x8000_0004
    DELIVER_SM_RESP = 0x8000_0005
    UNBIND_RESP = 0x8000_0006
    REPLACE_SM_RESP = 0x8000_0007
    CANCEL_SM_RESP = 0x8000_0008
    BIND_TRANSCEIVER_RESP = 0x8000_0009
    ENQUIRE_LINK_RESP = 0x8000_0015
    DATA_SM_RESP = 0x8000_0103


class EsmClass(IntEnum):
    """Parts of esm_class (3.4 section 5.2.12): modes, types under TYPE_MASK, features."""

    DEFAULT = 0x00
    DATAGRAM = 0x01
    FORWARD = 0x02
    STORE_AND_FORWARD = 0x03
    TYPE_MASK = 0x3C
    DELIVERY_REPORT = 0x04
    SME_DELIVERY_ACKNOWLEDGEMENT = 0x08
    SME_USER_ACKNOWLEDGEMENT = 0x10
    CONVERSATION_ABORT = 0x18
    INTERMEDIATE_REPORT = 0x20
    UDH_INDICATOR = 0x40
    REPLY_PATH = 0x80


class RegisteredDelivery(IntEnum):
    """Which delivery reports are asked for (3.4 section 5.2.17); INTERMEDIATE may be added."""

    NONE = 0x00
    SUCCESS_AND_FAILURE = 0x01
    FAILURE = 0x02
    INTERMEDIATE = 0x10


class DataCoding(IntEnum):
    """data_coding (3.4 section 5.2.19). 0 is whatever the SMSC is set to, GSM-7 as a rule."""

    SMSC_DEFAULT = 0x00
    IA5 = 0x01
    OCTETS_IA5 = 0x02
    LATIN_1 = 0x03
    OCTETS = 0x04
    JIS = 0x05
    CYRILLIC = 0x06
    HEBREW = 0x07
    UCS2 = 0x08
    PICTOGRAM = 0x09
    ISO_2022_JP = 0x0A
    EXTENDED_KANJI = 0x0D
    KOREAN = 0x0E
    FLASH_UCS2 = 0x18
    FLASH_DEFAULT = 0xF0


class TypeOfNumber(IntEnum):
    """TON of an address (3.4 section 5.2.5)."""

    UNKNOWN = 0
    INTERNATIONAL = 1
    NATIONAL = 2
    NETWORK_SPECIFIC = 3
    SUBSCRIBER = 4
    ALPHANUMERIC = 5
    ABBREVIATED = 6


class NumberingPlan(IntEnum):
    """NPI of an address (3.4 section 5.2.6), as far as carriers use it."""

    UNKNOWN = 0
    ISDN = 1
    DATA = 3
    TELEX = 4
    LAND_MOBILE = 6
    NATIONAL = 8
    PRIVATE = 9


class MessageState(IntEnum):
    """message_state (3.4 section 5.2.28); 0 and 9 came with 5.0."""

    SCHEDULED = 0
    ENROUTE = 1
    DELIVERED = 2
    EXPIRED = 3
    DELETED = 4
    UNDELIVERABLE = 5
    ACCEPTED = 6
    UNKNOWN = 7
    REJECTED = 8
    SKIPPED = 9
