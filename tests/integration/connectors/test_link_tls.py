"""Links over TLS: who is trusted, who is not, and what is said of it."""

import asyncio
import socket
import ssl
import threading
from contextlib import suppress

import pytest
from authority import Authority, Issued
from scripted_esme import until
from scripted_smsc import ScriptedSmsc
from tcp_proxy import Way, running_proxy

from staffetta.connectors.smpp.link_states import LinkState
from staffetta.messaging.connector import Accepted
from staffetta.routing.alarms import AlarmKind
from staffetta.smpp.timings import Timings

HOST = "127.0.0.1"


@pytest.fixture(scope="module")
def authority():
    return Authority()


@pytest.fixture(scope="module")
def issued(authority):
    return authority.issue("smsc.example.com", address=HOST)


@pytest.fixture
async def carrier(tmp_path):
    """Start an SMSC that shows a certificate."""
    running = []

    async def start(shown: Issued, *, asks: str = "") -> ScriptedSmsc:
        smsc = ScriptedSmsc(tls=shown.server_context(tmp_path, asks=asks))
        await smsc.start()
        running.append(smsc)
        return smsc

    yield start
    for smsc in running:
        await smsc.stop()


@pytest.fixture
def stubborn(tmp_path):
    """Start a server that shakes hands and says why it does not like them.

    asyncio's end of a handshake hangs up without a word; OpenSSL's own sends the alert.
    """
    stopped = []

    def start(shown: Issued, *, asks: str = "", only: ssl.TLSVersion | None = None) -> int:
        context = shown.server_context(tmp_path, asks=asks)
        if only is not None:
            context.minimum_version = context.maximum_version = only
        listener = socket.create_server((HOST, 0))
        thread = threading.Thread(target=shake_hands, args=(listener, context))
        thread.start()
        stopped.append((listener, thread))
        return listener.getsockname()[1]

    yield start
    for listener, thread in stopped:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def shake_hands(listener, context):
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with suppress(OSError), connection:
                context.wrap_socket(connection, server_side=True).recv(1)


async def refused(rig):
    """What is said of a link that is refused."""
    await until(lambda: LinkState.REFUSED in rig.states)
    detail = next(one.detail for one in rig.changes if one.state is LinkState.REFUSED)
    said = detail.partition("; trying again")[0]
    assert rig.open_alarms() == {AlarmKind.BIND_REFUSED: said}
    return said


async def test_a_carrier_of_a_known_authority_is_trusted(
    make_rig, carrier, authority, issued, make_claim
):
    smsc = await carrier(issued)
    rig = make_rig(port=smsc.port, tls=True, tls_ca=authority.certificate)
    await rig.bound()
    rig.submit(make_claim())
    (settlement,) = await rig.settled(1)
    assert isinstance(settlement.outcomes[0], Accepted)
    transport = (await smsc.bound()).transport
    assert transport.get_extra_info("ssl_object").version() == "TLSv1.3"


@pytest.mark.parametrize(
    ("name", "asked"), [("smsc.example.com", ["smsc.example.com"]), ("", [None])]
)
async def test_a_name_can_be_asked_for_or_left_out(make_rig, carrier, authority, name, asked):
    shown = authority.issue("smsc.example.com")
    smsc = await carrier(shown)
    names = []
    smsc.tls.sni_callback = lambda _connection, name, _context: names.append(name)
    rig = make_rig(port=smsc.port, tls=True, tls_ca=authority.certificate, tls_server_name=name)
    await rig.bound()
    assert names == asked


async def test_a_certificate_for_another_name_is_refused(make_rig, carrier, authority):
    smsc = await carrier(authority.issue("smsc.example.com"))
    rig = make_rig(port=smsc.port, tls=True, tls_ca=authority.certificate)
    assert "for another address" in await refused(rig)
    assert not smsc.connections


async def test_an_expired_certificate_is_refused(make_rig, carrier, authority):
    smsc = await carrier(authority.issue("x", address=HOST, ends_in_days=-1))
    rig = make_rig(port=smsc.port, tls=True, tls_ca=authority.certificate)
    assert await refused(rig) == "the carrier's certificate has expired"


async def test_an_unknown_authority_is_refused(make_rig, carrier, issued):
    smsc = await carrier(issued)
    rig = make_rig(port=smsc.port, tls=True, tls_ca=Authority("another one").certificate)
    assert "unknown authority" in await refused(rig)


async def test_without_a_bundle_what_the_system_trusts_holds(make_rig, carrier, issued):
    smsc = await carrier(issued)
    rig = make_rig(port=smsc.port, tls=True)
    assert "unknown authority" in await refused(rig)


async def test_a_pinned_certificate_needs_no_authority_and_no_name(make_rig, carrier, authority):
    shown = authority.issue("whatever", ends_in_days=-1)
    smsc = await carrier(shown)
    rig = make_rig(port=smsc.port, tls=True, tls_pin=shown.sha_256.upper())
    await rig.bound()


async def test_nothing_is_said_to_a_carrier_with_another_certificate(
    make_rig, carrier, authority, issued
):
    smsc = await carrier(authority.issue("impostor", address=HOST))
    rig = make_rig(port=smsc.port, tls=True, tls_pin=issued.sha_256)
    assert "not the pinned one: its SHA-256 is " in await refused(rig)
    assert all(not connection.told for connection in smsc.connections)


async def test_a_client_certificate_is_shown(make_rig, carrier, authority, issued):
    smsc = await carrier(issued, asks=authority.certificate)
    own = authority.issue("gateway")
    rig = make_rig(
        port=smsc.port,
        tls=True,
        tls_ca=authority.certificate,
        tls_certificate=own.certificate,
        tls_key=own.key,
    )
    await rig.bound()
    shown = (await smsc.bound()).transport.get_extra_info("ssl_object").getpeercert()
    assert shown["subject"] == ((("commonName", "gateway"),),)


@pytest.mark.parametrize(
    "version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"]
)
async def test_a_client_certificate_that_is_missing_is_told_of(
    make_rig, stubborn, authority, issued, version
):
    port = stubborn(issued, asks=authority.certificate, only=version)
    rig = make_rig(port=port, tls=True, tls_ca=authority.certificate)
    assert "tls_certificate" in await refused(rig)


async def test_a_client_certificate_of_another_authority_is_told_of(
    make_rig, stubborn, authority, issued
):
    own = Authority("another one").issue("gateway")
    rig = make_rig(
        port=stubborn(issued, asks=authority.certificate),
        tls=True,
        tls_ca=authority.certificate,
        tls_certificate=own.certificate,
        tls_key=own.key,
    )
    assert "refused our certificate" in await refused(rig)


async def test_a_certificate_without_its_key_is_told_of(make_rig, carrier, issued):
    smsc = await carrier(issued)
    rig = make_rig(port=smsc.port, tls=True, tls_certificate=issued.certificate)
    assert await refused(rig) == (
        "tls_certificate has no key: set it together with the certificate"
    )


async def test_a_bundle_that_is_none_is_told_of(make_rig, carrier, issued):
    smsc = await carrier(issued)
    broken = "-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n"
    rig = make_rig(port=smsc.port, tls=True, tls_ca=broken)
    assert (await refused(rig)).startswith("tls_ca holds no certificates in PEM")


async def test_a_carrier_with_an_older_tls_than_is_allowed_is_refused(
    make_rig, stubborn, authority, issued
):
    port = stubborn(issued, only=ssl.TLSVersion.TLSv1_2)
    rig = make_rig(port=port, tls=True, tls_ca=authority.certificate, tls_minimum="1.3")
    assert "no TLS as new as tls_minimum" in await refused(rig)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1 is deprecated")
async def test_an_old_carrier_can_be_allowed(make_rig, carrier, authority, issued):
    smsc = await carrier(issued)
    smsc.tls.minimum_version = ssl.TLSVersion.TLSv1
    smsc.tls.maximum_version = ssl.TLSVersion.TLSv1
    smsc.tls.set_ciphers("ALL:@SECLEVEL=0")
    rig = make_rig(port=smsc.port, tls=True, tls_ca=authority.certificate, tls_minimum="1.0")
    await rig.bound()
    transport = (await smsc.bound()).transport
    assert transport.get_extra_info("ssl_object").version() == "TLSv1"


async def test_a_carrier_without_tls_is_told_of(make_rig, smsc):
    """A plain SMSC reads the hello as a PDU of an impossible length, and hangs up."""
    rig = make_rig(tls=True)
    assert "speaks no TLS" in await refused(rig)


@pytest.mark.parametrize("stops", ["stop", "cancel"])
async def test_a_handshake_that_hangs_does_not_hold_up_the_end(make_rig, stops):
    accepted = []
    server = await asyncio.start_server(lambda _reader, writer: accepted.append(writer), HOST, 0)
    rig = make_rig(port=server.sockets[0].getsockname()[1], tls=True, connect_seconds=600)
    await until(lambda: bool(accepted))
    if stops == "stop":
        rig.stop.set()
    else:
        rig.task.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.wait_for(rig.task, 5)
    assert rig.states[-1] is LinkState.DOWN
    for writer in accepted:
        writer.close()
    server.close()
    await server.wait_closed()


async def test_a_connection_waits_for_the_other_of_its_pair_as_long_as_that_takes(
    make_rig, carrier, authority, issued
):
    smsc, goes_on = await carrier(issued), threading.Event()
    with running_proxy(smsc.port) as proxy:

        def hold_the_second(way, octets):
            if proxy.connection_count == 2 and way is Way.TO_SERVER:
                goes_on.wait(5)
            return len(octets)

        proxy.guard = hold_the_second
        rig = make_rig(
            port=proxy.port,
            bind="pair",
            tls=True,
            tls_ca=authority.certificate,
            timings=Timings(session_init_seconds=0.01),
        )
        await until(lambda: proxy.connection_count == 2)
        asyncio.get_running_loop().call_later(0.1, goes_on.set)
        await rig.bound()
    assert LinkState.WAITING not in rig.states
