"""Which deliveries are reports, and which of these anybody could have written."""

import pytest

from staffetta.connectors.smpp.incoming import Incoming
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.smpp import pdus
from staffetta.smpp.tlvs import Tag, text_tlv

SETTINGS = SmppSettings(connector_id=3, name="c", host="h", port=1, system_id="s", password="")
TEXT = b"id:12346 stat:DELIVRD err:000"
NAMED = (text_tlv(Tag.RECEIPTED_MESSAGE_ID, b"12346"),)


@pytest.mark.parametrize(
    ("esm_class", "tlvs", "is_sniffed"),
    [(0x04, (), False), (0x20, (), False), (0x00, NAMED, False), (0x00, (), True)],
    ids=["marked", "intermediate", "by its TLV", "by its text"],
)
def test_what_is_a_report_by_its_text_alone_says_so(esm_class, tlvs, is_sniffed):
    pdu = pdus.DeliverSm(
        source_addr=b"393331234567",
        destination_addr=b"ACME",
        esm_class=esm_class,
        short_message=TEXT,
        tlvs=tlvs,
    )
    report = Incoming(SETTINGS).report(pdu)
    assert report is not None
    assert (report.smsc_id, report.is_sniffed) == ("12346", is_sniffed)
