"""The simulated network in all its forms of reports and ids: the judges read each of them."""

from pathlib import Path

from judges import judged_proxy, pdus_of
from libsmpp34 import read_with_libsmpp34
from running_network import message, running_network
from scripted_esme import ScriptedEsme, until
from tcp_proxy import Way

from staffetta.connectors.simulated.spellings import IdSpelling, ReportForm

FORMS = [
    *((form, IdSpelling.HEXADECIMAL) for form in ReportForm),
    *((ReportForm.BOTH, ids) for ids in IdSpelling),
]
DELIVER_SM = "00000005"


async def take_a_report(port: int) -> None:
    esme = await ScriptedEsme.bound(port)
    await esme.exchange(message())
    await until(lambda: bool(esme.reports))
    await esme.unbind()


async def test_every_form_of_a_report_is_read(tmp_path: Path) -> None:
    with judged_proxy(0, Way.TO_CLIENT, tmp_path) as proxy:
        for form, ids in FORMS:
            async with running_network(report_form=form, ids=ids) as network:
                proxy.upstream = network.port
                await take_a_report(proxy.port)
    readings = [read_with_libsmpp34(pdu).fields for pdu in pdus_of(proxy.recording, Way.TO_CLIENT)]
    reports = [one for one in readings if one["command_id"] == DELIVER_SM]
    assert len(reports) == len(FORMS)
    assert {one["source_addr"] for one in reports} == {"393331230000"}
