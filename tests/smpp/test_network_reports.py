"""How the simulated network brings its reports: to whom, how many at once, and again."""

import pytest
from running_network import message, running_network
from scripted_esme import ScriptedEsme, until

from staffetta.smpp import pdus
from staffetta.smpp.timings import Timings
from staffetta.smpp.tlvs import Tag


def bodies(esme) -> list[bytes]:
    return [report.short_message for report in esme.reports]


def take_reports(esme) -> None:
    """Answer every report that came, at last."""
    for report in esme.reports:
        esme.session.refuse(report, 0)
    esme.flush()


async def test_a_transmitter_is_reported_to_on_a_receiver_of_the_same_system_id():
    async with running_network() as network:
        sender = await ScriptedEsme.bound(network.port, pdus.BindTransmitter)
        receiver = await ScriptedEsme.bound(network.port, pdus.BindReceiver)
        stranger = await ScriptedEsme.bound(network.port, system_id=b"stranger")
        await sender.exchange(message())
        await sender.exchange(message("9907"))
        await until(lambda: network.pending_count == 0)
        assert len(receiver.reports) == 2
        assert sender.reports == stranger.reports == []


async def test_reports_wait_for_a_bind_that_may_receive():
    async with running_network() as network:
        sender = await ScriptedEsme.bound(network.port, pdus.BindTransmitter)
        response = await sender.exchange(message())
        await sender.unbind()
        await until(lambda: len(network.messages()) == 1)
        assert network.pending_count == 1
        receiver = await ScriptedEsme.bound(network.port, pdus.BindReceiver)
        await until(lambda: len(receiver.reports) == 1)
        assert response.message_id in receiver.reports[0].short_message


async def test_reports_spread_over_the_binds_of_a_system_id():
    async with running_network(window_size=1) as network:
        esmes = [
            await ScriptedEsme.bound(network.port, answering=lambda _pdu: None) for _ in range(3)
        ]
        for _ in range(4):
            await esmes[0].exchange(message())
        await until(lambda: all(len(esme.reports) == 1 for esme in esmes))
        assert network.pending_count == 4


async def test_no_more_reports_are_unanswered_than_the_window_holds():
    async with running_network(window_size=2) as network:
        esme = await ScriptedEsme.bound(network.port, answering=lambda _pdu: None)
        for _ in range(5):
            await esme.exchange(message())
        await until(lambda: len(network.messages()) == 5)
        await esme.exchange(message("9904"))
        for answered in range(5):
            await until(lambda: len(esme.reports) >= min(5, answered + 2))  # noqa: B023 - awaited
            assert len(esme.reports) == min(5, answered + 2)
            esme.session.refuse(esme.reports[answered], 0)
            esme.flush()
        await until(lambda: network.pending_count == 0)
        assert len(set(bodies(esme))) == 5


@pytest.mark.parametrize("status", [0x14, 0x08, 0x58])
async def test_a_report_refused_for_now_comes_again(status):
    statuses = [status, status, 0]
    async with running_network() as network:
        esme = await ScriptedEsme.bound(network.port, answering=lambda _pdu: statuses.pop(0))
        await esme.exchange(message())
        await until(lambda: network.pending_count == 0)
        assert len(esme.reports) == 3
        assert len(set(bodies(esme))) == 1


async def test_a_report_refused_for_good_does_not_come_again():
    async with running_network(redelivery_seconds=0.0) as network:
        esme = await ScriptedEsme.bound(network.port, answering=lambda _pdu: 0x66)
        await esme.exchange(message())
        await until(lambda: network.pending_count == 0)
        assert len(esme.reports) == 1


async def test_an_unanswered_report_comes_again():
    answers = iter([None])
    async with running_network(timings=Timings(response_seconds=0.1)) as network:
        esme = await ScriptedEsme.bound(network.port, answering=lambda _pdu: next(answers, 0))
        await esme.exchange(message())
        await until(lambda: network.pending_count == 0)
        assert len(esme.reports) == 2
        assert len(set(bodies(esme))) == 1


async def test_a_report_unanswered_when_its_link_ended_comes_first_on_the_next():
    async with running_network(window_size=1) as network:
        esme = await ScriptedEsme.bound(network.port, answering=lambda _pdu: None)
        ids = [(await esme.exchange(message())).message_id for _ in range(3)]
        await until(lambda: len(network.messages()) == 3)
        await esme.close()
        following = await ScriptedEsme.bound(network.port)
        await until(lambda: network.pending_count == 0)
        assert [body[3:19] for body in bodies(following)] == ids


async def test_a_report_that_nobody_takes_is_dropped_in_the_end():
    async with running_network(report_keep_seconds=0.2) as network:
        refusing = await ScriptedEsme.bound(network.port, answering=lambda _pdu: 0x14)
        absent = await ScriptedEsme.bound(network.port, pdus.BindTransmitter, system_id=b"absent")
        await refusing.exchange(message())
        await absent.exchange(message())
        await until(lambda: network.pending_count == 0)
        assert len(refusing.reports) > 1
        assert absent.reports == []


async def test_at_the_limit_submits_are_throttled_until_there_is_room():
    async with running_network(pending_max=2) as network:
        esme = await ScriptedEsme.bound(network.port, answering=lambda _pdu: None)
        statuses = [(await esme.exchange(message())).command_status for _ in range(3)]
        assert statuses == [0, 0, 0x14]
        await until(lambda: len(esme.reports) == 2)
        take_reports(esme)
        await until(lambda: network.pending_count == 0)
        assert (await esme.exchange(message())).command_status == 0
        assert network.accepted_count == 3


async def test_one_system_id_cannot_fill_the_network_for_others():
    async with running_network(delivery_seconds=3600.0, pending_of_system_id_max=1) as network:
        esme = await ScriptedEsme.bound(network.port)
        other = await ScriptedEsme.bound(network.port, system_id=b"other")
        await esme.exchange(message())
        assert (await esme.exchange(message())).command_status == 0x14
        assert (await other.exchange(message())).command_status == 0


async def test_a_long_payload_counts_as_many_messages():
    async with running_network(pending_max=100) as network:
        esme = await ScriptedEsme.bound(network.port, answering=lambda _pdu: None)
        tlvs = ((int(Tag.MESSAGE_PAYLOAD), b"x" * 32_000),)
        assert (await esme.exchange(message("9908", b"", tlvs=tlvs))).command_status == 0
        assert (await esme.exchange(message())).command_status == 0x14
        await until(lambda: len(esme.reports) == 2)
        take_reports(esme)
        await until(lambda: network.pending_count == 0)
        assert len(esme.reports) == 2


async def test_each_segment_has_its_own_id_and_report_and_the_phone_joins_them():
    async with running_network() as network:
        esme = await ScriptedEsme.bound(network.port)
        segments = [
            message(text=b"\x05\x00\x03\x2a\x02" + bytes((number,)) + text, esm_class=0x40)
            for number, text in ((2, b"world"), (1, b"hello "))
        ]
        ids = {(await esme.exchange(segment)).message_id for segment in segments}
        await until(lambda: network.pending_count == 0)
        assert len(ids) == 2
        assert {body[3:19] for body in bodies(esme)} == ids
        assert {body.partition(b" text:")[2] for body in bodies(esme)} == {b"world", b"hello "}
        (shown,) = network.messages()
        assert (shown.text, shown.segment_count) == ("hello world", 2)
        assert (shown.sender, shown.recipient) == ("ACME", "+393331230000")


async def test_ids_do_not_come_again_after_a_restart():
    ids = set()
    for _ in range(3):
        async with running_network() as network:
            esme = await ScriptedEsme.bound(network.port)
            ids |= {(await esme.exchange(message())).message_id for _ in range(5)}
    assert len(ids) == 15
