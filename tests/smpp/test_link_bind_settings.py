"""What a row says of the connection, the bind and TLS."""

import os
import ssl
import tempfile

import pytest
from authority import Authority

from staffetta.connectors.smpp.options import settings_of
from staffetta.connectors.smpp.settings import BindKind, InvalidSmppSettings, SmppSettings
from staffetta.connectors.smpp.tls import (
    CarrierTls,
    InvalidTls,
    TlsSettings,
    fault_in_words,
    make_context,
)
from staffetta.smpp import pdus
from staffetta.smpp.decode import decode
from staffetta.smpp.encode import encode_long_bind
from staffetta.smpp.errors import InvalidField

ROW = {
    "id": 3,
    "name": "carrier",
    "host": "smsc.example.com",
    "port": 2775,
    "system_id": "esme",
    "window_max": 10,
    "rate_per_second": 10,
    "link_count": 1,
}
CERTIFICATE = Authority().certificate
PIN = "ab" * 32


def read(*, tls_key: str = "", **settings: object) -> SmppSettings:
    return settings_of({**ROW, "settings": settings}, "secret", tls_key=tls_key)


def test_each_setting_reaches_its_place():
    settings = read(
        tls_key="the key",
        bind="pair",
        interface_version="0x50",
        long_password=True,
        tls=True,
        tls_ca=CERTIFICATE,
        tls_certificate=CERTIFICATE,
        tls_minimum="1.3",
        tls_server_name="",
        tls_pin=PIN,
        credit_probe_seconds_min=5,
        credit_probe_seconds_max=50,
    )
    assert settings.bind is BindKind.PAIR
    assert (settings.interface_version, settings.long_password) == (0x50, True)
    assert settings.tls == TlsSettings(
        is_on=True,
        ca=CERTIFICATE,
        certificate=CERTIFICATE,
        key="the key",
        minimum="1.3",
        server_name="",
        pin=PIN,
    )
    assert (settings.credit.seconds_min, settings.credit.seconds_max) == (5, 50)


def test_a_pin_is_read_as_openssl_writes_it():
    written = ":".join(["AB"] * 32)
    assert read(tls=True, tls_pin=written).tls.pin == PIN


def test_the_key_is_not_shown():
    assert "the key" not in repr(read(tls=True, tls_key="the key"))


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        ({"tls_pin": PIN}, "tls_pin"),
        ({"tls_ca": CERTIFICATE, "tls": False}, "tls_ca"),
        ({"tls_server_name": ""}, "tls_server_name"),
        ({"tls_key": "the key"}, "tls_key"),
    ],
    ids=["pin", "ca", "server_name", "key"],
)
def test_what_is_of_tls_is_refused_without_it(setting, name):
    with pytest.raises(InvalidSmppSettings, match="would go in clear") as refused:
        read(**setting)
    assert str(refused.value).endswith(f"Set tls=true, or unset {name}")
    assert "the key" not in str(refused.value)


def test_what_tls_has_by_default_needs_no_tls():
    assert not read(tls_ca="", tls_pin="", tls_minimum="1.2").tls.is_on


@pytest.mark.parametrize("name", ["tls_certificate", "tls_ca", "bind", "report_zone"])
def test_a_private_key_is_no_setting_and_is_not_quoted(name):
    issued = Authority().issue("us")
    with pytest.raises(InvalidSmppSettings, match=f"{name} holds a private key") as refused:
        read(tls=True, **{name: issued.certificate + issued.key})
    assert "--tls-key-file" in str(refused.value)
    assert not any(line in str(refused.value) for line in issued.key.splitlines()[1:])


def test_what_is_no_certificate_is_not_quoted():
    with pytest.raises(InvalidSmppSettings, match="tls_ca is one or more certificates") as refused:
        read(tls=True, tls_ca="gehéim")
    assert "geh" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bind", "transmitter"),
        ("interface_version", "0x35"),
        ("interface_version", True),
        ("interface_version", [52]),
        ("tls", "yes"),
        ("tls_ca", "/etc/ssl/ca.pem"),
        ("tls_certificate", 1),
        ("tls_minimum", "1.4"),
        ("tls_minimum", 1.2),
        ("tls_pin", "abc"),
        ("tls_pin", "zz" * 32),
        ("credit_probe_seconds_min", 0),
    ],
)
def test_a_wrong_value_is_refused_by_name(name, value):
    with pytest.raises(InvalidSmppSettings, match=f"carrier: {name} "):
        read(**{name: value})


def test_a_long_bind_has_room_for_64_octets_and_no_more():
    octets = encode_long_bind(pdus.BindTransceiver(system_id=b"esme", password=b"x" * 64), 7)
    assert decode(octets) == pdus.BindTransceiver(7, b"esme", b"x" * 64)
    with pytest.raises(InvalidField, match="password is longer than 64 octets"):
        encode_long_bind(pdus.BindTransceiver(password=b"x" * 65), 7)


@pytest.mark.parametrize(
    ("minimum", "version"),
    [("1.0", "TLSv1"), ("1.1", "TLSv1_1"), ("1.2", "TLSv1_2"), ("1.3", "TLSv1_3")],
)
def test_each_oldest_version_makes_a_context_without_a_warning(minimum, version):
    context = make_context(TlsSettings(is_on=True, minimum=minimum))
    assert context.minimum_version.name == version
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_a_key_with_a_password_is_refused_in_words():
    key = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n"
    with pytest.raises(InvalidTls, match="tls_certificate and its key cannot be used"):
        make_context(TlsSettings(is_on=True, certificate=CERTIFICATE, key=key))


async def test_a_context_is_made_once_and_only_with_tls():
    assert await CarrierTls(TlsSettings()).context() is None
    tls = CarrierTls(TlsSettings(is_on=True))
    assert await tls.context() is await tls.context()


def test_a_server_name_is_the_host_unless_it_is_set():
    assert CarrierTls(TlsSettings()).server_name("host") is None
    assert CarrierTls(TlsSettings(is_on=True)).server_name("host") == "host"
    assert CarrierTls(TlsSettings(is_on=True, server_name="other")).server_name("host") == "other"


def test_a_pin_is_compared_only_where_there_is_one():
    assert CarrierTls(TlsSettings(is_on=True)).fault_of_pin(b"anything") is None
    fault = CarrierTls(TlsSettings(is_on=True, pin=PIN)).fault_of_pin(None)
    assert fault is not None


def test_what_is_no_matter_of_tls_has_no_words():
    assert fault_in_words(None) is None
    assert fault_in_words(ConnectionResetError()) is None
    assert fault_in_words(ssl.SSLError(1, "something else")) is None


@pytest.fixture
def nowhere_to_write(monkeypatch, tmp_path):
    """A container whose files can only be read."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))


def test_a_certificate_of_ours_needs_no_directory_to_write_to(nowhere_to_write):
    issued = Authority().issue("staffetta")
    settings = TlsSettings(is_on=True, certificate=issued.certificate, key=issued.key)
    assert make_context(settings).verify_mode is ssl.CERT_REQUIRED


def test_where_one_is_needed_and_missing_that_is_said(nowhere_to_write, monkeypatch):
    monkeypatch.delattr(os, "memfd_create", raising=False)
    issued = Authority().issue("staffetta")
    settings = TlsSettings(is_on=True, certificate=issued.certificate, key=issued.key)
    with pytest.raises(InvalidTls, match="cannot be used"):
        make_context(settings)


def test_without_memory_files_a_certificate_is_written_for_a_moment(monkeypatch, tmp_path):
    monkeypatch.delattr(os, "memfd_create", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    issued = Authority().issue("staffetta")
    make_context(TlsSettings(is_on=True, certificate=issued.certificate, key=issued.key))
    assert list(tmp_path.iterdir()) == []
