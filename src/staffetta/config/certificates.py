"""Certificates: a local authority and a server's certificate from it; and what one in a file says.

Owns their shapes (RFC 5280) and files. It trusts nothing on anybody's behalf, and never gives a key
away: keys are readable by their owner alone. The authority is bound to names: whoever steals its
key can imitate the hosts that it was made for, and no other.
"""

import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_LIFETIME: Final = timedelta(days=3652)
LIFETIME: Final = timedelta(days=397)  # what clients accept at most
RENEWED_BEFORE: Final = timedelta(days=30)
_CLOCKS_DIFFER: Final = timedelta(hours=1)
_HOST_CHARACTERS_MAX: Final = 253

Host = str | IPv4Address | IPv6Address
Key = ec.EllipticCurvePrivateKey


class CannotCertify(Exception):
    """A certificate that cannot be made, or a file of one that cannot be used; says what helps."""


@dataclass(frozen=True, slots=True)
class Made:
    """The files, and whether each was made now."""

    authority: Path
    certificate: Path
    key: Path
    hosts: tuple[str, ...]
    ends_at: datetime
    made_authority: bool
    made_certificate: bool


def parse_host(text: str) -> Host:
    """A host name in lower case, or an address. Raises CannotCertify."""
    with suppress(ValueError):
        return ip_address(text.strip("[]"))
    name = text.lower().rstrip(".")
    labels = name.split(".")
    is_name = len(name) <= _HOST_CHARACTERS_MAX and all(
        0 < len(label) < 64
        and label.isascii()
        and label.replace("-", "").isalnum()
        and "-" not in (label[0], label[-1])
        for label in labels
    )
    if not is_name:
        raise CannotCertify(f"{text[:80]!r} is neither a host name nor an address")
    return name


def make_development_certificate(
    directory: Path, hosts: Sequence[Host], now: datetime, *, renew: bool, new_authority: bool
) -> Made:
    """A certificate for `hosts` in `directory`, from the authority there; both made when missing.

    A certificate that is for these hosts and lasts is kept, unless `renew` says otherwise. Raises
    CannotCertify.
    """
    authority_file, authority_key_file = directory / "authority.pem", directory / "authority.key"
    certificate_file, key_file = directory / "server.pem", directory / "server.key"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        makes_authority = new_authority or not authority_file.exists()
        if makes_authority:
            authority, authority_key = _make_authority(hosts, now)
            _write(authority_key_file, _pem_of_key(authority_key), 0o600)
            _write(authority_file, _pem(authority), 0o644)
        else:
            authority, authority_key = _read_pair(authority_file, authority_key_file)
            _check_authority(authority, hosts, authority_file, now)
        kept = None if renew or makes_authority else _kept(certificate_file, key_file)
        makes_certificate = kept is None or not _lasts(kept, authority, hosts, now)
        if makes_certificate:
            certificate, key = _make_certificate(authority, authority_key, hosts, now)
            _write(key_file, _pem_of_key(key), 0o600)
            _write(certificate_file, _pem(certificate) + _pem(authority), 0o644)
        else:
            assert kept is not None
            certificate = kept
    except OSError as error:
        raise CannotCertify(f"{error.filename or directory}: {error.strerror}") from None
    return Made(
        authority_file,
        certificate_file,
        key_file,
        tuple(str(host) for host in hosts),
        certificate.not_valid_after_utc,
        makes_authority,
        makes_certificate,
    )


def certificate_ends_at(path: Path) -> datetime | None:
    """When the first certificate in a PEM file ends; None when it cannot be told."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return None


# Making -----------------------------------------------------------------------------------------


def _make_authority(hosts: Sequence[Host], now: datetime) -> tuple[x509.Certificate, Key]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"Staffetta development authority, {now:%Y-%m-%d}")
    permitted = x509.NameConstraints([_constraint(host) for host in hosts], None)
    builder = (
        _begin(name, name, key, now, AUTHORITY_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(permitted, critical=True)
    )
    return builder.sign(key, hashes.SHA256()), key


def _make_certificate(
    authority: x509.Certificate, authority_key: Key, hosts: Sequence[Host], now: datetime
) -> tuple[x509.Certificate, Key]:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer_key = authority_key.public_key()
    lifetime = min(LIFETIME, authority.not_valid_after_utc - now)
    builder = (
        _begin(_name("Staffetta development"), authority.subject, key, now, lifetime)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False
        )
        .add_extension(
            x509.SubjectAlternativeName([_alternative(host) for host in hosts]), critical=False
        )
    )
    return builder.sign(authority_key, hashes.SHA256()), key


def _begin(
    subject: x509.Name, issuer: x509.Name, key: Key, now: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now - _CLOCKS_DIFFER + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative(host: Host) -> x509.GeneralName:
    return x509.DNSName(host) if isinstance(host, str) else x509.IPAddress(host)


def _constraint(host: Host) -> x509.GeneralName:
    """What permits a host: a name permits those below it, too (RFC 5280, section 4.2.1.10)."""
    return x509.DNSName(host) if isinstance(host, str) else x509.IPAddress(ip_network(host))


# What is there ----------------------------------------------------------------------------------


def _check_authority(
    authority: x509.Certificate, hosts: Sequence[Host], file: Path, now: datetime
) -> None:
    """Refuse an authority that has ended, or may not sign for these hosts."""
    again = "make another with --new-authority, and let clients trust that one"
    if authority.not_valid_after_utc <= now + RENEWED_BEFORE:
        ends_at = authority.not_valid_after_utc
        raise CannotCertify(f"the authority in {file} ends on {ends_at:%Y-%m-%d}: {again}")
    try:
        found = authority.extensions.get_extension_for_class(x509.NameConstraints)
    except x509.ExtensionNotFound:
        return
    permitted = found.value.permitted_subtrees or []
    strange = [str(host) for host in hosts if _constraint(host) not in permitted]
    if strange:
        raise CannotCertify(
            f"the authority in {file} may not sign for {', '.join(strange)}: {again}"
        )


def _read_pair(certificate_file: Path, key_file: Path) -> tuple[x509.Certificate, Key]:
    """A certificate and its key. Raises OSError, CannotCertify."""
    try:
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        key = serialization.load_pem_private_key(key_file.read_bytes(), None)
    except (ValueError, TypeError):
        raise CannotCertify(
            f"{certificate_file} and {key_file} are no certificate and its key in PEM: remove them,"
            " or name another --directory"
        ) from None
    if not isinstance(key, Key) or certificate.public_key() != key.public_key():
        raise CannotCertify(f"{key_file} is not the key of the certificate in {certificate_file}")
    return certificate, key


def _kept(certificate_file: Path, key_file: Path) -> x509.Certificate | None:
    try:
        return _read_pair(certificate_file, key_file)[0]
    except (OSError, CannotCertify):
        return None  # made anew


def _lasts(
    certificate: x509.Certificate,
    authority: x509.Certificate,
    hosts: Sequence[Host],
    now: datetime,
) -> bool:
    """Whether a certificate is for these hosts, from this authority, and far from its end."""
    try:
        certificate.verify_directly_issued_by(authority)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    wanted = {_alternative(host) for host in hosts}
    return set(names) == wanted and certificate.not_valid_after_utc > now + RENEWED_BEFORE


# Files ------------------------------------------------------------------------------------------


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _pem_of_key(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write(path: Path, content: bytes, mode: int) -> None:
    """Put a file in its place whole."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
    Path(name).replace(path)
