"""What a connection's beginning shows: the certificate, the bind's answer, how long each took."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import msgspec
from cryptography import x509

from staffetta.connectors.smpp.certification.observed import BindSeen, TlsSeen
from staffetta.connectors.smpp.frame_ring import FrameRing, KeptFrame
from staffetta.connectors.smpp.printable import printable, printable_text
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.connectors.smpp.tls import CarrierTls, InvalidTls
from staffetta.connectors.smpp.traffic import BINDS, bind_pdu
from staffetta.smpp import events, pdus
from staffetta.smpp.constants import CommandId
from staffetta.smpp.decode import command_id_of, decode
from staffetta.smpp.errors import MalformedPdu
from staffetta.smpp.framing import whole_frames

_BINDS: Final = frozenset(
    {
        int(CommandId.BIND_TRANSCEIVER_RESP),
        int(CommandId.BIND_TRANSMITTER_RESP),
        int(CommandId.BIND_RECEIVER_RESP),
    }
)
_ANY_PIN: Final = "0" * 64
_NAMES: Final = {
    pdus.BindTransceiver: "transceiver",
    pdus.BindTransmitter: "transmitter",
    pdus.BindReceiver: "receiver",
}


class Ear(FrameRing):
    """Hears what goes over a connection: the answer to the bind, the first enquiry and its answer.

    It keeps nothing else.
    """

    __slots__ = ("_asked_at", "bind_answer", "enquire_seconds")

    def __init__(self) -> None:
        super().__init__(0)
        self.bind_answer: KeptFrame | None = None
        self._asked_at: float | None = None
        self.enquire_seconds: float | None = None

    def keep(self, at: float, is_written: bool, octets: bytes) -> None:
        """Note what matters of a piece."""
        if self.enquire_seconds is not None:
            return
        for frame in whole_frames(octets):
            command_id = command_id_of(frame)
            if command_id in _BINDS:
                self.bind_answer = KeptFrame(at, is_written, frame)
            elif command_id == CommandId.ENQUIRE_LINK and is_written:
                self._asked_at = at
            elif command_id == CommandId.ENQUIRE_LINK_RESP and self._asked_at is not None:
                self.enquire_seconds = at - self._asked_at


def bind_pdus(settings: SmppSettings) -> Sequence[pdus.Bind]:
    """The binds of one link: what is sent goes over the first."""
    return [bind_pdu(kind, settings) for kind in BINDS[settings.bind]]


def bind_seen(bind: pdus.Bind, bound: events.Bound, ear: Ear, seconds: float) -> BindSeen:
    """A bind that was taken, with everything its answer held."""
    return BindSeen(
        _NAMES[type(bind)],
        printable(bound.smsc_system_id),
        bound.smsc_version,
        _tlvs(ear),
        seconds,
    )


def _tlvs(ear: Ear) -> tuple[tuple[int, bytes], ...]:
    if ear.bind_answer is None:
        return ()
    try:
        answer = decode(ear.bind_answer.octets)
    except MalformedPdu:
        return ()
    return tuple(answer.tlvs) if isinstance(answer, pdus.BindResp) else ()


def tls_seen(transport: asyncio.BaseTransport) -> TlsSeen | None:
    """The TLS of a connection; None where it has none."""
    tls = transport.get_extra_info("ssl_object")
    if tls is None:
        return None
    octets = tls.getpeercert(binary_form=True) or b""
    cipher = tls.cipher()
    seen = TlsSeen(
        version=tls.version() or "?",
        cipher=cipher[0] if cipher else "?",
        subject="",
        valid_until=None,
        sha256=hashlib.sha256(octets).hexdigest(),
    )
    try:
        certificate = x509.load_der_x509_certificate(octets)
        return msgspec.structs.replace(
            seen,
            subject=printable_text(certificate.subject.rfc4514_string()),
            valid_from=certificate.not_valid_before_utc,
            valid_until=certificate.not_valid_after_utc,
        )
    except ValueError:
        return seen


async def untrusted_certificate(settings: SmppSettings) -> TlsSeen | None:
    """What a carrier shows that could not be verified: whoever is to pin it must see it first.

    Nothing is sent over the connection but TLS itself. None when it cannot be had.
    """
    # With a pin, which is looked at afterwards, nothing else is verified.
    tls = CarrierTls(replace(settings.tls, pin=_ANY_PIN))
    try:
        context = await tls.context()
        async with asyncio.timeout(settings.timings.connect_seconds):
            transport, _protocol = await asyncio.get_running_loop().create_connection(
                asyncio.Protocol,
                settings.host,
                settings.port,
                ssl=context,
                server_hostname=tls.server_name(settings.host),
            )
    except (OSError, TimeoutError, InvalidTls):
        return None
    try:
        return tls_seen(transport)
    finally:
        transport.abort()
