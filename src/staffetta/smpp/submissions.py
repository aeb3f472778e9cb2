"""Making one submit_sm from what a sender means by it.

Owns the fields that follow from others: esm_class from the user data header, the address fields
from addresses, the TLVs of long messages.
"""

from staffetta.smpp import pdus
from staffetta.smpp.addresses import Address
from staffetta.smpp.constants import DataCoding, EsmClass, RegisteredDelivery
from staffetta.smpp.errors import InvalidField
from staffetta.smpp.tlvs import Tag, octet_tlv
from staffetta.smpp.user_data import Concatenation


def make_submit_sm(
    source: Address,
    destination: Address,
    payload: bytes,
    *,
    user_data_header: bytes = b"",
    data_coding: int = DataCoding.SMSC_DEFAULT,
    registered_delivery: int = RegisteredDelivery.SUCCESS_AND_FAILURE,
    validity_period: bytes = b"",
    service_type: bytes = b"",
    protocol_id: int = 0,
    esm_class: int = EsmClass.DEFAULT,
    tlvs: pdus.Tlvs = (),
) -> pdus.SubmitSm:
    """One segment. `payload` is in the alphabet of `data_coding`, one septet an octet for GSM-7.

    Whether it all fits is checked when the session encodes it.
    """
    return pdus.SubmitSm(
        service_type=service_type,
        source_addr_ton=source.ton,
        source_addr_npi=source.npi,
        source_addr=source.value,
        dest_addr_ton=destination.ton,
        dest_addr_npi=destination.npi,
        destination_addr=destination.value,
        esm_class=esm_class | EsmClass.UDH_INDICATOR if user_data_header else esm_class,
        protocol_id=protocol_id,
        validity_period=validity_period,
        registered_delivery=registered_delivery,
        data_coding=data_coding,
        short_message=user_data_header + payload,
        tlvs=tlvs,
    )


def sar_tlvs(part: Concatenation) -> pdus.Tlvs:
    """The TLVs that say which part it is (3.4 sections 5.3.2.22 to 24); raises InvalidField."""
    if not 1 <= part.number <= part.total <= 0xFF:
        raise InvalidField("number", f"{part.number} of {part.total} is no part of a message")
    if not 0 <= part.reference <= 0xFFFF:
        raise InvalidField("reference", f"has too many bits: {part.reference}")
    return (
        (int(Tag.SAR_MSG_REF_NUM), part.reference.to_bytes(2, "big")),
        octet_tlv(Tag.SAR_TOTAL_SEGMENTS, part.total),
        octet_tlv(Tag.SAR_SEGMENT_SEQNUM, part.number),
    )


def payload_tlvs(user_data: bytes) -> pdus.Tlvs:
    """A text of any length for the SMSC to cut; short_message is empty then (5.3.2.32)."""
    return ((int(Tag.MESSAGE_PAYLOAD), user_data),)
