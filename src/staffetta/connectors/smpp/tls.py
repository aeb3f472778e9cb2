"""TLS to one carrier: its context, made once and off the loop, and what went wrong in words.

Owns how a carrier proves who it is: by a chain and a name, or by one certificate that was pinned.
A certificate cannot mend itself, so whatever is wrong with one waits for a person.
"""

import asyncio
import hashlib
import hmac
import os
import ssl
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from staffetta.domain.errors import StaffettaError

_VERSIONS: Final = MappingProxyType(
    {
        "1.0": ssl.TLSVersion.TLSv1,
        "1.1": ssl.TLSVersion.TLSv1_1,
        "1.2": ssl.TLSVersion.TLSv1_2,
        "1.3": ssl.TLSVersion.TLSv1_3,
    }
)
TLS_VERSIONS: Final = tuple(_VERSIONS)
_OLD: Final = frozenset({"1.0", "1.1"})
# What SHA-1 signatures and the short keys of their time need.
_OLD_CIPHERS: Final = "DEFAULT:@SECLEVEL=0"

# X509_V_ERR_* of OpenSSL, as far as they mean something to an operator.
_CHAIN_FAULTS: Final = MappingProxyType(
    {
        9: "the carrier's certificate is not valid yet",
        10: "the carrier's certificate has expired",
        18: "the carrier's certificate is signed by itself: set tls_pin or tls_ca",
        19: "the carrier's certificate is signed by an unknown authority: set tls_ca",
        20: "the carrier's certificate is signed by an unknown authority: set tls_ca",
        21: "the carrier's certificate is signed by an unknown authority: set tls_ca",
        62: "the carrier's certificate is for another name: set tls_server_name",
        63: "the carrier's certificate is for another name: set tls_server_name",
        64: "the carrier's certificate is for another address: set tls_server_name",
    }
)
# What the carrier says of our own certificate, or of its absence.
_OUR_CERTIFICATE: Final = (
    "CERTIFICATE_REQUIRED",
    "ALERT_BAD_CERTIFICATE",
    "ALERT_UNSUPPORTED_CERTIFICATE",
    "ALERT_CERTIFICATE_REVOKED",
    "ALERT_CERTIFICATE_EXPIRED",
    "ALERT_CERTIFICATE_UNKNOWN",
    "ALERT_UNKNOWN_CA",
    "ALERT_ACCESS_DENIED",
)
_NO_COMMON_VERSION: Final = (
    "UNSUPPORTED_PROTOCOL",
    "ALERT_PROTOCOL_VERSION",
    "NO_PROTOCOLS_AVAILABLE",
)
_NO_TLS: Final = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG")


class InvalidTls(StaffettaError):
    """What is set for TLS cannot be used; the text says what and why."""


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """What one connector is set to. Certificates and keys are PEM text, "" for none."""

    is_on: bool = False
    ca: str = ""  # "": what the system trusts
    certificate: str = ""  # ours, with its chain
    key: str = field(default="", repr=False)
    minimum: str = "1.2"
    server_name: str | None = None  # asked for and checked; None: the host, "": none
    pin: str = ""  # SHA-256 of the carrier's certificate: it alone is checked then


class CarrierTls:
    """The context of one connector's links."""

    def __init__(self, settings: TlsSettings) -> None:
        self.settings = settings
        self._context: ssl.SSLContext | None = None

    async def context(self) -> ssl.SSLContext | None:
        """The context, None where TLS is off; raises InvalidTls.

        Reading what the system trusts takes tens of milliseconds: not on the loop.
        """
        if self.settings.is_on and self._context is None:
            self._context = await asyncio.to_thread(make_context, self.settings)
        return self._context

    def server_name(self, host: str) -> str | None:
        """What create_connection takes as server_hostname; None where TLS is off."""
        if not self.settings.is_on:
            return None
        name = self.settings.server_name
        return host if name is None else name

    def fault_of_pin(self, certificate: bytes | None) -> str | None:
        """Why the carrier's certificate, in DER, is not the pinned one; None when it is."""
        pin = self.settings.pin
        if not self.settings.is_on or not pin:
            return None
        found = hashlib.sha256(certificate or b"").hexdigest()
        if hmac.compare_digest(found, pin):
            return None
        return f"the carrier's certificate is not the pinned one: its SHA-256 is {found}"


def make_context(settings: TlsSettings) -> ssl.SSLContext:
    """The context for these settings; reads the system's files, and raises InvalidTls."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _allow_versions(context, settings.minimum)
    if settings.pin:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context.check_hostname = settings.server_name != ""
        _trust(context, settings.ca)
    if settings.certificate:
        _show_certificate(context, settings)
    return context


def _allow_versions(context: ssl.SSLContext, minimum: str) -> None:
    with warnings.catch_warnings():
        # That versions below 1.2 are weak is known to whoever sets them, for a carrier without 1.2.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = _VERSIONS[minimum]
    if minimum in _OLD:
        context.set_ciphers(_OLD_CIPHERS)


def _trust(context: ssl.SSLContext, authorities: str) -> None:
    if not authorities:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        return
    try:
        context.load_verify_locations(cadata=authorities)
    except (ssl.SSLError, ValueError) as error:
        raise InvalidTls(f"tls_ca holds no certificates in PEM: {error}") from None


def _show_certificate(context: ssl.SSLContext, settings: TlsSettings) -> None:
    if not settings.key:
        raise InvalidTls("tls_certificate has no key: set it together with the certificate")
    pem = f"{settings.certificate.strip()}\n{settings.key.strip()}\n"
    try:
        with _readable(pem.encode()) as path:
            context.load_cert_chain(path, password=_refuse_password)
    except (OSError, ValueError) as error:  # also where nothing can be written for OpenSSL to read
        raise InvalidTls(f"tls_certificate and its key cannot be used: {error}") from None


def _refuse_password() -> str:
    raise ValueError("the key has a password: decrypt it first, it is kept sealed")


@contextmanager
def _readable(octets: bytes) -> Iterator[str]:
    """A path to read the octets from, because OpenSSL wants one; on Linux they reach no disk."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("certificate")
        with os.fdopen(descriptor, "wb") as file:
            file.write(octets)
            file.flush()
            yield f"/proc/self/fd/{descriptor}"
        return
    with tempfile.NamedTemporaryFile() as file:  # readable for nobody else
        file.write(octets)
        file.flush()
        yield file.name


def fault_in_words(error: BaseException | None) -> str | None:
    """What is wrong between the carrier's TLS and ours, for a person to mend; None for all else."""
    if isinstance(error, ssl.SSLCertVerificationError):
        known = _CHAIN_FAULTS.get(getattr(error, "verify_code", 0))
        return known or f"the carrier's certificate cannot be trusted: {error}"
    if not isinstance(error, ssl.SSLError):
        return None
    reason: str = getattr(error, "reason", None) or ""  # errors that OpenSSL did not make have none
    if any(word in reason for word in _OUR_CERTIFICATE):
        return f"the carrier refused our certificate, or wants one: set tls_certificate ({reason})"
    if any(word in reason for word in _NO_COMMON_VERSION):
        return f"the carrier has no TLS as new as tls_minimum ({reason})"
    if any(word in reason for word in _NO_TLS):
        return f"the carrier speaks no TLS on this port ({reason})"
    if "HANDSHAKE_FAILURE" in reason:
        return (
            "the carrier broke the handshake off: it wants tls_certificate, or has no cipher that"
            f" tls_minimum allows ({reason})"
        )
    return None
