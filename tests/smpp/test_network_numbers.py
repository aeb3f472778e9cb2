"""Each magic number of the simulated network, PDU by PDU, over a real socket."""

import re

import pytest
from running_network import message, running_network
from scripted_esme import ScriptedEsme, until

from staffetta.smpp.constants import MessageState
from staffetta.smpp.framing import FrameReader
from staffetta.smpp.tlvs import Tag, find_integer, find_text

REPORT_TEXT = re.compile(
    rb"id:([0-9a-f]{16}) sub:001 dlvrd:(\d{3}) submit date:(\d{10}) done date:(\d{10})"
    rb" stat:([A-Z]{7}) err:(\d{3}) text:(.*)",
    re.DOTALL,
)
RESPONSE, REPORT = "SubmitSmResp", "DeliverSm"


def said(report) -> tuple[bytes, ...]:
    """What the text of a report says: id, dlvrd, stat, err, text."""
    groups = REPORT_TEXT.fullmatch(report.short_message).groups()
    return groups[0], groups[1], *groups[4:]


async def test_every_other_number_is_delivered():
    async with running_network() as network:
        esme = await ScriptedEsme.bound(network.port)
        response = await esme.exchange(message())
        await until(lambda: len(esme.reports) == 1)
        (report,) = esme.reports
        assert esme.sequence == [RESPONSE, REPORT]
        assert response.command_status == 0
        assert said(report) == (response.message_id, b"001", b"DELIVRD", b"000", b"hello")
        assert report.esm_class == 0x04
        assert (report.source_addr_ton, report.source_addr) == (1, b"393331230000")
        assert (report.dest_addr_ton, report.destination_addr) == (5, b"ACME")
        assert find_text(report.tlvs, Tag.RECEIPTED_MESSAGE_ID) == response.message_id
        assert find_integer(report.tlvs, Tag.MESSAGE_STATE) == MessageState.DELIVERED
        assert [shown.text for shown in network.messages()] == ["hello"]


@pytest.mark.parametrize(
    ("ending", "word", "error", "state"),
    [
        ("9901", b"UNDELIV", b"001", MessageState.UNDELIVERABLE),
        ("9903", b"EXPIRED", b"003", MessageState.EXPIRED),
    ],
)
async def test_a_failure_is_reported_and_not_shown(ending, word, error, state):
    async with running_network() as network:
        esme = await ScriptedEsme.bound(network.port)
        response = await esme.exchange(message(ending))
        await until(lambda: len(esme.reports) == 1)
        (report,) = esme.reports
        assert esme.sequence == [RESPONSE, REPORT]
        assert said(report) == (response.message_id, b"000", word, error, b"hello")
        assert find_integer(report.tlvs, Tag.MESSAGE_STATE) == state
        assert network.messages() == []


async def test_9902_is_refused_at_submit():
    async with running_network() as network:
        esme = await ScriptedEsme.bound(network.port)
        response = await esme.exchange(message("9902"))
        assert (response.command_status, response.message_id) == (0x0B, b"")
        assert network.pending_count == network.accepted_count == 0


async def test_9904_is_delivered_without_a_report():
    async with running_network() as network:
        esme = await ScriptedEsme.bound(network.port)
        assert (await esme.exchange(message("9904"))).command_status == 0
        other = await esme.exchange(message())
        await until(lambda: network.pending_count == 0)
        assert [said(report)[0] for report in esme.reports] == [other.message_id]
        assert len(network.messages()) == 2


async def test_9905_is_throttled_and_then_delivered():
    async with running_network(throttle_seconds=0.1) as network:
        esme = await ScriptedEsme.bound(network.port)
        statuses = [(await esme.exchange(message("9905"))).command_status]
        while statuses[-1] != 0:
            statuses.append((await esme.exchange(message("9905"))).command_status)
        assert set(statuses[:-1]) == {0x58}
        assert (await esme.exchange(message("9905"))).command_status == 0
        await until(lambda: len(esme.reports) == 2)
        assert network.accepted_count == 2


async def test_9905_throttles_each_number_for_itself():
    async with running_network(throttle_seconds=0.0) as network:
        esme = await ScriptedEsme.bound(network.port)
        assert (await esme.exchange(message("9905"))).command_status == 0
    async with running_network(throttle_seconds=3600) as network:
        esme = await ScriptedEsme.bound(network.port)
        for number in (b"393331239905", b"34612349905"):
            response = await esme.exchange(message(destination_addr=number))
            assert response.command_status == 0x58


async def test_9906_is_delivered_soon_and_not_yet_reported():
    async with running_network(late_report_seconds=3600.0) as network:
        esme = await ScriptedEsme.bound(network.port)
        await esme.exchange(message("9906", b"late"))
        other = await esme.exchange(message(text=b"other"))
        await until(lambda: len(network.messages()) == 2)
        await until(lambda: network.pending_count == 1)
        assert [said(report)[0] for report in esme.reports] == [other.message_id]
        assert esme.sequence == [RESPONSE, RESPONSE, REPORT]


async def test_9906_is_reported_late():
    async with running_network(delivery_seconds=3600.0, late_report_seconds=0.05) as network:
        esme = await ScriptedEsme.bound(network.port)
        response = await esme.exchange(message("9906"))
        await until(lambda: len(esme.reports) == 1)
        assert said(esme.reports[0])[0] == response.message_id
        assert esme.sequence == [RESPONSE, REPORT]


async def test_9907_is_reported_before_the_answer_in_the_same_write():
    async with running_network(delivery_seconds=3600.0) as network:
        esme = await ScriptedEsme.bound(network.port)
        response = await esme.exchange(message("9907"))
        assert esme.sequence == [REPORT, RESPONSE]
        assert said(esme.reports[0])[0] == response.message_id
        assert len(list(FrameReader().frames(esme.chunks[-1]))) == 2


async def test_9908_is_reported_twice():
    async with running_network() as network:
        esme = await ScriptedEsme.bound(network.port)
        await esme.exchange(message("9908"))
        await until(lambda: network.pending_count == 0)
        assert esme.sequence == [RESPONSE, REPORT, REPORT]
        one, other = esme.reports
        assert one.short_message == other.short_message
        assert one.sequence_number != other.sequence_number
        assert len(network.messages()) == 1


async def test_9909_answers_only_when_the_same_comes_again():
    async with running_network() as network:
        esme = await ScriptedEsme.bound(network.port)
        first = esme.submit(message("9909"))
        other_text = esme.submit(message("9909", b"something else"))
        again = await esme.exchange(message("9909"))
        await until(lambda: network.pending_count == 0)
        assert [response.sequence_number for response in esme.responses] == [again.sequence_number]
        assert again.sequence_number not in {first, other_text}
        assert esme.sequence == [RESPONSE, REPORT]
        assert [shown.text for shown in network.messages()] == ["hello"]


async def test_9909_sent_a_third_time_is_a_first_one_again():
    async with running_network() as network:
        esme = await ScriptedEsme.bound(network.port)
        esme.submit(message("9909"))
        await esme.exchange(message("9909"))
        third = esme.submit(message("9909"))
        await esme.exchange(message())
        assert third not in {response.sequence_number for response in esme.responses}


@pytest.mark.parametrize(
    ("ending", "asked", "report_count"),
    [
        ("0000", 0x00, 0),
        ("0000", 0x01, 1),
        ("0000", 0x02, 0),
        ("0000", 0x03, 1),
        ("0000", 0x11, 1),
        ("0000", 0x10, 0),
        ("9901", 0x00, 0),
        ("9901", 0x02, 1),
        ("9901", 0x03, 0),
        ("9906", 0x00, 0),
        ("9907", 0x00, 0),
        ("9908", 0x00, 0),
    ],
)
async def test_reports_come_as_asked_for(ending, asked, report_count):
    async with running_network(late_report_seconds=0.0) as network:
        esme = await ScriptedEsme.bound(network.port)
        await esme.exchange(message(ending, registered_delivery=asked))
        await until(lambda: network.pending_count == 0)
        assert len(esme.reports) == report_count
