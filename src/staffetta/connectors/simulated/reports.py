"""The delivery report as this network writes it: text of appendix B, and the two TLVs.

Pure. What is the same in every report is laid out once, because thousands are made each second.
"""

import re
from functools import lru_cache
from time import gmtime, strftime
from types import MappingProxyType
from typing import Final

from staffetta.connectors.simulated.behaviours import DELIVERED, EXPIRED, UNDELIVERABLE, Ending
from staffetta.connectors.simulated.decoding import user_data_of
from staffetta.smpp.constants import DataCoding, EsmClass, RegisteredDelivery
from staffetta.smpp.pdus import DeliverSm, SubmitSm
from staffetta.smpp.tlvs import Tag

_ASKED: Final = 0x03  # the bits of registered_delivery that ask for the final report
_SUCCESS_ALONE: Final = 0x03  # SMPP 5.0
_TEXT_OCTETS: Final = 20
_RECEIPTED_MESSAGE_ID: Final = int(Tag.RECEIPTED_MESSAGE_ID)
_DELIVERY_REPORT: Final = int(EsmClass.DELIVERY_REPORT)
_MINUTE: Final = 60
_no_split_escape: Final = re.compile(rb"\x1b\Z")


def _layout(ending: Ending) -> bytes:
    count = b"001" if ending.delivered else b"000"
    head = b"id:%%b sub:001 dlvrd:%b submit date:%%b done date:%%b" % count
    return head + b" stat:%b err:%b text:%%b" % (ending.word, ending.error)


_LAYOUTS: Final = MappingProxyType(
    {
        ending.word: (_layout(ending), ending.state_tlv)
        for ending in (DELIVERED, UNDELIVERABLE, EXPIRED)
    }
)


def wants_report(registered_delivery: int, ending: Ending) -> bool:
    """Whether the sender asked for the report of this ending (3.4 section 5.2.17)."""
    asked = registered_delivery & _ASKED
    if asked == RegisteredDelivery.FAILURE:
        return not ending.delivered
    return asked == RegisteredDelivery.SUCCESS_AND_FAILURE or (
        asked == _SUCCESS_ALONE and ending.delivered
    )


def make_report(
    pdu: SubmitSm, message_id: bytes, ending: Ending, submitted_at: float, done_at: float
) -> DeliverSm:
    """The report of a message, from its recipient to its sender. Times are Unix seconds."""
    layout, state_tlv = _LAYOUTS[ending.word]
    text = layout % (message_id, _date(submitted_at), _date(done_at), _first_octets(pdu))
    return DeliverSm(
        0,
        b"",
        pdu.dest_addr_ton,
        pdu.dest_addr_npi,
        pdu.destination_addr,
        pdu.source_addr_ton,
        pdu.source_addr_npi,
        pdu.source_addr,
        _DELIVERY_REPORT,
        short_message=text,
        tlvs=((_RECEIPTED_MESSAGE_ID, message_id + b"\0"), state_tlv),
    )


def _first_octets(pdu: SubmitSm) -> bytes:
    """The beginning of the text, when its alphabet is the report's own."""
    if pdu.data_coding != DataCoding.SMSC_DEFAULT:
        return b""
    text = user_data_of(pdu).body if pdu.esm_class or not pdu.short_message else pdu.short_message
    return _no_split_escape.sub(b"", text[:_TEXT_OCTETS])


def _date(at: float) -> bytes:
    return _date_of_minute(int(at) // _MINUTE)


@lru_cache(maxsize=256)
def _date_of_minute(minute: int) -> bytes:
    return strftime("%y%m%d%H%M", gmtime(minute * _MINUTE)).encode("ascii")
