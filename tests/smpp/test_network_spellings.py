"""The simulated network spells ids and writes reports in many ways; a gateway reads each."""

import pytest
from running_network import message, running_network
from scripted_esme import ScriptedEsme, until

from staffetta.connectors.simulated.spellings import IdSpelling, ReportForm
from staffetta.smpp.message_ids import candidate_keys, message_id_key
from staffetta.smpp.reports import Meaning, read_report


async def exchanged(**settings):
    """A message's id as it was answered, and its report."""
    async with running_network(**settings) as network:
        esme = await ScriptedEsme.bound(network.port)
        response = await esme.exchange(message())
        await until(lambda: len(esme.reports) == 1)
        return response.message_id.decode(), esme.reports[0]


@pytest.mark.parametrize("spelling", IdSpelling)
async def test_an_id_of_each_spelling_is_known_again(spelling):
    answered, pdu = await exchanged(ids=spelling, first_id=0xABC123)
    report = read_report(pdu)
    assert report.tlv_id == report.text_id
    assert message_id_key(answered) in candidate_keys(report.tlv_id).values()
    differs = spelling not in {IdSpelling.HEXADECIMAL, IdSpelling.DECIMAL}
    assert (answered != report.tlv_id) is differs


async def test_the_first_id_may_be_as_short_as_small_carriers_have_them():
    answered, _ = await exchanged(ids=IdSpelling.DECIMAL, first_id=16)
    assert answered == "16"


@pytest.mark.parametrize("form", ReportForm)
async def test_a_report_of_each_form_is_read(form):
    answered, pdu = await exchanged(report_form=form)
    report = read_report(pdu, sniff=True)
    assert report.message_ids == (answered,)
    assert report.meaning is Meaning.DELIVERED
    assert bool(pdu.tlvs) is (form in {ReportForm.BOTH, ReportForm.TLVS, ReportForm.PAYLOAD})
