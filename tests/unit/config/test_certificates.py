"""The certificates that are made: their shape, what is kept, what is refused."""

import stat
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network, ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from staffetta.config.certificates import (
    CannotCertify,
    Host,
    Made,
    certificate_ends_at,
    make_development_certificate,
    parse_host,
)

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
HOSTS: tuple[Host, ...] = ("sms.openapi.com", "localhost", ip_address("127.0.0.1"))


def _make(
    directory: Path,
    hosts: tuple[Host, ...] = HOSTS,
    now: datetime = NOW,
    *,
    renew: bool = False,
    new_authority: bool = False,
) -> Made:
    return make_development_certificate(
        directory, hosts, now, renew=renew, new_authority=new_authority
    )


def _read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_the_keys_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    made = _make(tmp_path / "new" / "tls")
    assert stat.S_IMODE(made.key.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.authority.with_suffix(".key").stat().st_mode) == 0o600
    assert stat.S_IMODE(made.key.parent.stat().st_mode) == 0o700
    assert {path.name for path in made.key.parent.iterdir()} == {
        *("authority.pem", "authority.key", "server.pem", "server.key")
    }


def test_the_authority_may_sign_for_these_hosts_and_for_nothing_else(tmp_path: Path) -> None:
    authority = _read(_make(tmp_path).authority)
    extensions = authority.extensions
    basic = extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.critical, basic.value.ca, basic.value.path_length) == (True, True, 0)
    names = extensions.get_extension_for_class(x509.NameConstraints)
    assert names.critical
    assert names.value.permitted_subtrees == [
        x509.DNSName("sms.openapi.com"),
        x509.DNSName("localhost"),
        x509.IPAddress(IPv4Network("127.0.0.1/32")),
    ]
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.value.key_cert_sign
    assert not usage.value.digital_signature
    assert authority.not_valid_after_utc - NOW > timedelta(days=3650)


def test_the_certificate_is_for_these_hosts_on_p_256_for_397_days(tmp_path: Path) -> None:
    made = _make(tmp_path)
    certificate, authority = _read(made.certificate), _read(made.authority)
    certificate.verify_directly_issued_by(authority)
    public_key = certificate.public_key()
    assert isinstance(public_key, ec.EllipticCurvePublicKey)
    assert public_key.curve.name == "secp256r1"
    lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert lifetime == timedelta(days=397)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["sms.openapi.com", "localhost"]
    assert names.get_values_for_type(x509.IPAddress) == [ip_address("127.0.0.1")]
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert not basic.ca
    assert certificate_ends_at(made.certificate) == made.ends_at


def test_a_good_certificate_is_kept(tmp_path: Path) -> None:
    first = _make(tmp_path)
    before = first.certificate.read_bytes()
    again = _make(tmp_path, now=NOW + timedelta(days=300))
    assert (again.made_authority, again.made_certificate) == (False, False)
    assert again.certificate.read_bytes() == before
    assert again.ends_at == first.ends_at


def test_the_certificate_is_renewed_when_asked_and_the_authority_stays(tmp_path: Path) -> None:
    first = _make(tmp_path)
    authority, certificate = first.authority.read_bytes(), first.certificate.read_bytes()
    again = _make(tmp_path, renew=True)
    assert (again.made_authority, again.made_certificate) == (False, True)
    assert again.authority.read_bytes() == authority
    assert again.certificate.read_bytes() != certificate


def test_a_certificate_near_its_end_is_made_anew(tmp_path: Path) -> None:
    _make(tmp_path)
    assert _make(tmp_path, now=NOW + timedelta(days=370)).made_certificate


def test_fewer_hosts_make_another_certificate(tmp_path: Path) -> None:
    _make(tmp_path)
    again = _make(tmp_path, HOSTS[:1])
    assert (again.made_authority, again.made_certificate) == (False, True)
    assert again.hosts == ("sms.openapi.com",)


def test_a_lost_key_makes_another_certificate(tmp_path: Path) -> None:
    _make(tmp_path).key.unlink()
    assert _make(tmp_path).made_certificate


def test_a_host_the_authority_may_not_sign_for_needs_a_new_one(tmp_path: Path) -> None:
    before = _make(tmp_path).authority.read_bytes()
    with pytest.raises(CannotCertify, match=r"may not sign for other\.example: .*--new-authority"):
        _make(tmp_path, (*HOSTS, "other.example"))
    again = _make(tmp_path, (*HOSTS, "other.example"), new_authority=True)
    assert (again.made_authority, again.made_certificate) == (True, True)
    assert again.authority.read_bytes() != before


def test_an_authority_that_ends_is_said(tmp_path: Path) -> None:
    _make(tmp_path)
    with pytest.raises(CannotCertify, match="ends on 2036-"):
        _make(tmp_path, now=NOW + timedelta(days=3640))


def test_a_certificate_never_outlives_its_authority(tmp_path: Path) -> None:
    _make(tmp_path)
    late = _make(tmp_path, now=NOW + timedelta(days=3500))
    assert late.ends_at <= _read(late.authority).not_valid_after_utc


@pytest.mark.parametrize("content", ["", "nonsense"])
def test_a_damaged_authority_is_said_and_left_alone(tmp_path: Path, content: str) -> None:
    made = _make(tmp_path)
    made.authority.write_text(content)
    with pytest.raises(CannotCertify, match="remove them"):
        _make(tmp_path)
    assert made.authority.read_text() == content


def test_the_key_of_another_authority_is_refused(tmp_path: Path) -> None:
    one, other = _make(tmp_path / "one"), _make(tmp_path / "other")
    other.authority.with_suffix(".key").replace(one.authority.with_suffix(".key"))
    with pytest.raises(CannotCertify, match="is not the key of"):
        _make(tmp_path / "one")


def test_a_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotCertify, match="file"):
        _make(tmp_path / "file" / "tls")


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("SMS.Example.org", "sms.example.org"),
        ("a-b.test.", "a-b.test"),
        ("[::1]", ip_address("::1")),
        ("10.0.0.1", ip_address("10.0.0.1")),
    ],
)
def test_a_host_is_a_name_or_an_address(text: str, host: Host) -> None:
    assert parse_host(text) == host


@pytest.mark.parametrize(
    "text", ["", "a b", "-a.test", "a..b", "x" * 64, "a.test/", "*.a.test", "a_b", "münchen.de"]
)
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(CannotCertify, match="neither a host name nor an address"):
        parse_host(text)
