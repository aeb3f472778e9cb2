"""Making one submit_sm from what a sender means by it.

Owns the fields that follow from others: esm_class from the user data header, the address fields
from addresses.
"""

from staffetta.smpp import pdus
from staffetta.smpp.addresses import Address
from staffetta.smpp.constants import DataCoding, EsmClass, RegisteredDelivery


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
        validity_period=validity_period,
        registered_delivery=registered_delivery,
        data_coding=data_coding,
        short_message=user_data_header + payload,
        tlvs=tlvs,
    )
