"""What carriers do that breaks naive links: each is told of, the link lives or is rebuilt."""

import asyncio

import pytest
from scripted_esme import until
from scripted_smsc import Say, ScriptedSmsc
from structlog.testing import capture_logs

from staffetta.connectors.smpp.link_states import LinkState
from staffetta.messaging.connector import Accepted, Busy, Refused, Uncertain
from staffetta.smpp import events, pdus
from staffetta.smpp.encode import encode

ODDITIES = "staffetta_connector_oddities_total"


def header(command_id, sequence_number, length=16, command_status=0):
    numbers = (length, command_id, command_status, sequence_number)
    return b"".join(number.to_bytes(4, "big") for number in numbers)


async def works(rig, make_claim, count):
    """Whether a claim still gets through, as the count-th of all."""
    claim = make_claim()
    rig.submit(claim)
    await rig.settled(count)
    assert isinstance(rig.inbox.outcomes_of(claim)[0], Accepted)


LIVES_ON = {
    "an answer to nothing": (encode(pdus.SubmitSmResp(9999, 0, b"x")), "unexpected_answer"),
    "an answer of another kind": (encode(pdus.DataSmResp(9999, 0, b"x")), "unexpected_pdu"),
    "a nack of nothing": (encode(pdus.GenericNack(9999, 3)), "unexpected_pdu"),
    "an unknown request": (header(0x111, 5), "rejected_pdu"),
    "a request of ours": (encode(pdus.SubmitSm(5)), "rejected_pdu"),
    "an unreadable deliver_sm": (header(0x05, 5, 20) + b"ABCD", "quarantined_pdu"),
    "an unreadable data_sm": (header(0x103, 5, 20) + b"ABCD", "undecodable_pdu"),
    "an outbind": (encode(pdus.Outbind(5, b"a", b"b")), "unexpected_pdu"),
    "an alert": (encode(pdus.AlertNotification(5)), "notice"),
}


@pytest.mark.parametrize("name", LIVES_ON)
async def test_the_link_lives_on_after(rig, smsc, make_claim, name):
    octets, kind = LIVES_ON[name]
    with capture_logs() as logs:
        (await smsc.bound()).send_raw(octets)
        await until(lambda: rig.counted(ODDITIES, kind=kind) == 1.0)
    assert [(one["event"], one["connector"], one["link"]) for one in logs] == [(kind, "carrier", 1)]
    await works(rig, make_claim, 1)
    assert LinkState.WAITING not in rig.states


@pytest.mark.parametrize("command_id", [0x05, 0x103], ids=["deliver_sm", "data_sm"])
async def test_what_cannot_be_read_is_logged_without_its_text(rig, smsc, command_id):
    body = b"\0your code is 123456"
    with capture_logs() as logs:
        (await smsc.bound()).send_raw(header(command_id, 5, 16 + len(body)) + body)
        await until(lambda: logs)
    (entry,) = logs
    octets = bytes.fromhex(entry["octets"])
    assert len(octets) == 16 + len(body)
    assert b"123456" not in octets
    assert octets[4:8] == command_id.to_bytes(4, "big")


async def test_a_second_answer_changes_nothing(rig, smsc, make_claim):
    connection = await smsc.bound()
    rig.submit(make_claim())
    await rig.settled(1)
    number = connection.submits[0].sequence_number
    connection.send_raw(encode(pdus.SubmitSmResp(number, 0x45)))
    await until(lambda: rig.counted(ODDITIES, kind="unexpected_answer") == 1.0)
    await works(rig, make_claim, 2)


@pytest.mark.parametrize("length", [0, 15, 70_000, 0xFFFFFFFF])
async def test_an_impossible_length_rebuilds_the_link(rig, smsc, make_claim, length):
    connection = await smsc.bound()
    smsc.answering = lambda _pdu: None
    rig.submit(make_claim())
    await connection.submitted(1)
    with capture_logs() as logs:
        connection.send_raw(header(0x05, 5, length))
        await rig.bound(2)
    assert any(one["event"] == "protocol_violation" for one in logs)
    assert all(one["connector"] == "carrier" for one in logs)
    assert isinstance(rig.inbox.settlements[0].outcomes[0], Uncertain)
    await until(lambda: bool(connection.of(events.UnexpectedPdu)))
    (nacked,) = connection.of(events.UnexpectedPdu)
    assert nacked.pdu == pdus.GenericNack(0, 0x02)
    smsc.answering = lambda _pdu: Say("x")
    await works(rig, make_claim, 2)


async def test_octets_that_are_no_smpp_rebuild_the_link(rig, smsc, make_claim):
    (await smsc.bound()).send_raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await rig.bound(2)
    await works(rig, make_claim, 1)


async def test_a_close_in_the_middle_of_a_pdu_rebuilds_the_link(rig, smsc, make_claim):
    connection = await smsc.bound()
    smsc.answering = lambda _pdu: None
    rig.submit(make_claim())
    (pdu,) = await connection.submitted(1)
    answer = encode(pdus.SubmitSmResp(pdu.sequence_number, 0, b"never-whole"))
    connection.send_raw(answer[:20])
    connection.transport.close()
    await rig.bound(2)
    (settlement,) = rig.inbox.settlements
    assert settlement.outcomes == (Uncertain("the carrier closed the connection"),)


async def test_answers_octet_by_octet_are_understood(rig, smsc, make_claim):
    connection = await smsc.bound()
    smsc.answering = lambda _pdu: None
    rig.submit(make_claim())
    (pdu,) = await connection.submitted(1)
    for octet in encode(pdus.SubmitSmResp(pdu.sequence_number, 0, b"slow")):
        connection.send_raw(bytes((octet,)))
    (settlement,) = await rig.settled(1)
    assert settlement.outcomes == (Accepted("slow", "slow"),)


@pytest.mark.parametrize(
    ("nack", "outcome"),
    [
        ((1, 0x58), Busy),
        ((1, 0x02), Refused),
        ((1, 0x00), Uncertain),
        ((0, 0x03), Uncertain),
    ],
    ids=["throttled", "unreadable", "without a status", "without a number"],
)
async def test_a_nack_settles_its_segment(rig, smsc, make_claim, nack, outcome):
    has_number, status = nack
    connection = await smsc.bound()
    smsc.answering = lambda _pdu: None
    rig.submit(make_claim())
    (pdu,) = await connection.submitted(1)
    number = pdu.sequence_number if has_number else 0
    connection.send_raw(encode(pdus.GenericNack(number, status)))
    (settlement,) = await rig.settled(1)
    assert isinstance(settlement.outcomes[0], outcome)


async def test_a_flood_of_nonsense_is_logged_once(rig, smsc, make_claim):
    connection = await smsc.bound()
    with capture_logs() as logs:
        connection.send_raw(encode(pdus.SubmitSmResp(9999, 0, b"x")) * 500)
        await until(lambda: rig.counted(ODDITIES, kind="unexpected_answer") == 500.0)
    assert len(logs) <= 2
    await works(rig, make_claim, 1)


async def test_a_carrier_that_reads_nothing_is_given_no_more(make_rig, make_claim):
    smsc = ScriptedSmsc(receive_buffer_octets=4096, answering=lambda _pdu: None)
    await smsc.start()
    rig = make_rig(port=smsc.port, window_max=100_000, response_seconds=600)
    await rig.bound()
    connection = await smsc.bound()
    connection.transport.pause_reading()
    handed_over = 0
    while rig.connector.room() > 0:
        rig.submit(*(make_claim("x" * 160) for _ in range(100)))
        handed_over += 100
        await asyncio.sleep(0)  # the turn in which they are written
    assert handed_over < 100_000, "the window filled before the buffers did"
    connection.transport.resume_reading()
    await connection.submitted(handed_over)
    assert rig.connector.room() == 100_000 - handed_over
    rig.task.cancel()
    await smsc.stop()
