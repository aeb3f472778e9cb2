"""Who may speak to the simulated network, and what hostile peers can do to it: nothing."""

import asyncio
import socket

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from running_network import message, running_network
from scripted_esme import ScriptedEsme, until

from staffetta.connectors.simulated import NetworkSettings, SimulatedNetwork, run_network
from staffetta.smpp import events, pdus
from staffetta.smpp.decode import decode
from staffetta.smpp.encode import encode
from staffetta.smpp.timings import Timings

BINDS = [pdus.BindTransmitter, pdus.BindReceiver, pdus.BindTransceiver]


@pytest.mark.parametrize("kind", BINDS)
async def test_anybody_may_bind_when_nobody_is_named(kind):
    async with running_network() as network:
        esme = await ScriptedEsme.bound(network.port, kind, system_id=b"who", password=b"ever")
        assert esme.of(events.Bound)[0].smsc_system_id == b"STAFFETTA"


@pytest.mark.parametrize("kind", BINDS)
@pytest.mark.parametrize(
    ("system_id", "password", "status"),
    [
        (b"acme", b"secret", 0),
        (b"acme", b"wrong", 0x0E),
        (b"acme", b"", 0x0E),
        (b"other", b"secret", 0x0F),
        (b"", b"", 0x0F),
        (b"\xff\xff", b"\xff", 0x0F),
    ],
)
async def test_only_who_is_named_may_bind(kind, system_id, password, status):
    async with running_network(system_id="acme", password="secret") as network:
        esme = await ScriptedEsme.connect(network.port)
        bind = encode(kind(sequence_number=7)).replace(b"\0\0\0\x34", b"%b\0%b\0\0\x34")
        body = bind[16:] % (system_id, password)
        esme.write((16 + len(body)).to_bytes(4, "big") + bind[4:16] + body)
        await until(lambda: bool(esme.chunks))
        response = decode(b"".join(esme.chunks))
        assert (response.command_status, response.sequence_number) == (status, 7)
        if status:
            await until(lambda: esme.is_lost)
            assert network.link_count == 0


async def test_nothing_is_submitted_without_a_bind():
    async with running_network() as network:
        esme = await ScriptedEsme.connect(network.port)
        esme.write(encode(message()))
        await until(lambda: bool(esme.chunks))
        assert decode(esme.chunks[0]).command_status == 0x04
        assert network.accepted_count == 0


async def test_a_peer_that_does_not_bind_is_closed():
    async with running_network(timings=Timings(session_init_seconds=0.05)) as network:
        esme = await ScriptedEsme.connect(network.port)
        await until(lambda: esme.is_lost)


async def test_a_silent_peer_is_asked_and_then_closed():
    timings = Timings(enquire_idle_seconds=0.05, enquire_answer_seconds=0.05)
    async with running_network(timings=timings) as network:
        esme = await ScriptedEsme.bound(network.port)
        esme.flush = lambda: None
        await until(lambda: esme.is_lost)
        assert any(decode(chunk) == pdus.EnquireLink(1) for chunk in esme.chunks)


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"destination_addr": b""}, 0x0B),
        ({"destination_addr": b"ACME"}, 0x0B),
        ({"destination_addr": b"1" * 20}, 0x0B),
        ({"destination_addr": b"+393331230000"}, 0),
        ({"source_addr": b""}, 0),
    ],
)
async def test_addresses_are_checked(changed, status):
    async with running_network() as network:
        esme = await ScriptedEsme.bound(network.port)
        assert (await esme.exchange(message(**changed))).command_status == status


async def test_a_sender_that_no_report_could_name_is_refused():
    async with running_network() as network:
        esme = await ScriptedEsme.bound(network.port)
        for sender in (b"ACM\xc9", b"A" * 21):
            body = encode(message())[16:].replace(b"ACME", sender)
            header = (16 + len(body)).to_bytes(4, "big") + encode(message())[4:12]
            esme.write(header + (99).to_bytes(4, "big") + body)
        await until(lambda: len(esme.of(events.UnexpectedPdu)) == 2)
        assert {event.pdu.command_status for event in esme.of(events.UnexpectedPdu)} == {0x0A}


@pytest.mark.parametrize(
    ("request_type", "status"),
    [
        (pdus.DataSm, 0x03),
        (pdus.QuerySm, 0x67),
        (pdus.CancelSm, 0x11),
        (pdus.ReplaceSm, 0x13),
    ],
)
async def test_what_it_does_not_do_it_refuses(request_type, status):
    async with running_network() as network:
        esme = await ScriptedEsme.bound(network.port)
        assert (await esme.exchange(request_type())).command_status == status


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\xff" * 64,
        b"\0" * 64,
        (1 << 20).to_bytes(4, "big"),
    ],
)
@pytest.mark.parametrize("binds", [True, False])
async def test_a_broken_stream_ends_its_own_link_alone(garbage, binds):
    async with running_network() as network:
        neighbour = await ScriptedEsme.bound(network.port)
        broken = await ScriptedEsme.connect(network.port)
        if binds:
            await broken.bind(system_id=b"broken")
        broken.write(garbage)
        await until(lambda: broken.is_lost)
        assert (await neighbour.exchange(message())).command_status == 0
        assert network.link_count == 1


async def test_a_peer_that_goes_amid_a_pdu_leaves_nothing_behind():
    async with running_network() as network:
        neighbour = await ScriptedEsme.bound(network.port)
        leaving = await ScriptedEsme.bound(network.port, system_id=b"leaving")
        leaving.write(encode(message())[:30])
        await leaving.close()
        await until(lambda: network.link_count == 1)
        assert (await neighbour.exchange(message())).command_status == 0
        assert network.accepted_count == 1


async def test_an_undecodable_submit_is_nacked_and_the_next_one_taken():
    async with running_network() as network:
        esme = await ScriptedEsme.bound(network.port)
        esme.write(bytes.fromhex("00000012 00000004 00000000 00000063 4142"))
        assert (await esme.exchange(message())).command_status == 0
        assert len(esme.of(events.UnexpectedPdu)) == 1


async def test_submits_that_cannot_be_answered_any_more_are_not_taken():
    async with running_network() as network:
        esme = await ScriptedEsme.bound(network.port)
        esme.write(encode(message()) + encode(pdus.Unbind(9)))
        await until(lambda: esme.is_lost)
        assert network.accepted_count == 0


def send_some(peer: socket.socket, data: bytes) -> int:
    """How many octets the connection took; 0 when it takes none."""
    try:
        return peer.send(data)
    except BlockingIOError:
        return 0


async def test_a_peer_that_does_not_read_is_not_read_either():
    async with running_network() as network:
        with socket.create_connection(("127.0.0.1", network.port)) as peer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            peer.sendall(encode(pdus.BindTransceiver(1, b"deaf")))
            peer.setblocking(False)
            flood = encode(message()) * 500
            sent = 0
            while (count := send_some(peer, flood)) and sent < 64 << 20:
                sent += count
                await asyncio.sleep(0.01)
            assert sent < 64 << 20
            neighbour = await ScriptedEsme.bound(network.port)
            assert (await neighbour.exchange(message())).command_status == 0


async def test_connections_over_the_limit_are_closed():
    async with running_network(links_max=2) as network:
        kept = [await ScriptedEsme.bound(network.port) for _ in range(2)]
        extra = await ScriptedEsme.connect(network.port)
        await until(lambda: extra.is_lost)
        await kept.pop().unbind()
        await until(lambda: network.link_count == 1)
        await ScriptedEsme.bound(network.port)


async def test_stopping_unbinds_everybody():
    async with running_network() as network:
        bound = [await ScriptedEsme.bound(network.port, kind) for kind in BINDS]
        unbound = await ScriptedEsme.connect(network.port)
        await until(lambda: network.link_count == 4)
    await until(lambda: all(esme.is_lost for esme in [*bound, unbound]))
    assert all(esme.of(events.Unbound) == [events.Unbound(by_peer=True)] for esme in bound)


async def test_stopping_does_not_wait_for_a_peer_that_does_not_answer():
    async with running_network() as network:
        esme = await ScriptedEsme.bound(network.port)
        esme.flush = lambda: None
        esme.data_received = lambda _data: None
    await until(lambda: esme.is_lost)


async def test_it_runs_on_an_inherited_socket_until_told_to_stop():
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    stop = asyncio.Event()
    running = asyncio.create_task(
        run_network(listener, NetworkSettings(delivery_seconds=0.0), stop)
    )
    esme = await ScriptedEsme.bound(port)
    assert (await esme.exchange(message())).command_status == 0
    stop.set()
    await running
    await until(lambda: esme.is_lost)


HEADERS = st.builds(
    lambda length, command, sequence, body: (
        (16 + len(body) if length is None else length).to_bytes(4, "big")
        + command.to_bytes(4, "big")
        + bytes(4)
        + sequence.to_bytes(4, "big")
        + body
    ),
    st.one_of(st.none(), st.integers(0, 100)),
    st.sampled_from(
        [0x1, 0x2, 0x4, 0x5, 0x6, 0x9, 0x15, 0x103, 0x80000004, 0x80000005, 0x80000000]
    ),
    st.integers(0, 3),
    st.binary(max_size=60),
)


def test_random_octets_leave_it_alive():
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        failures = []
        loop.set_exception_handler(lambda _loop, context: failures.append(context))
        network = SimulatedNetwork(NetworkSettings(delivery_seconds=0.0))
        runner.run(network.start())

        async def attack(chunks: list[bytes], binds: bool) -> None:
            esme = await ScriptedEsme.connect(network.port)
            if binds:
                await esme.bind(system_id=b"attacker")
            for chunk in chunks:
                esme.write(chunk)
                await asyncio.sleep(0)
            await esme.close()

        @settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(st.lists(st.one_of(st.binary(max_size=80), HEADERS), max_size=6), st.booleans())
        @example([encode(message())[:50] + b"\xff" * 50], True)
        def run_attack(chunks: list[bytes], binds: bool) -> None:
            runner.run(attack(chunks, binds))

        async def still_works() -> None:
            esme = await ScriptedEsme.bound(network.port)
            assert (await esme.exchange(message())).command_status == 0
            await until(lambda: len(esme.reports) == 1)

        run_attack()
        runner.run(still_works())
        runner.run(network.stop())
        assert failures == []
