"""Settings are read once, and a wrong one says what would be right."""

import stat
from pathlib import Path

import pytest

from staffetta.config import (
    SETTINGS,
    HostName,
    Settings,
    SettingsError,
    ensure_server_key,
    read_settings,
    unknown_settings,
)
from staffetta.domain.environments import Environment
from staffetta.domain.secrets import make_server_key_text

_REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"


def _read(**environment: str) -> Settings:
    prefixed = {f"STAFFETTA_{name}": value for name, value in environment.items()}
    return read_settings(prefixed, is_root=False, home=Path("/home/ada"), core_count=8)


def _problems(**environment: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        _read(**environment)
    return caught.value.problems


def test_without_any_setting_everything_has_its_default() -> None:
    settings = _read()
    assert settings.data_dir == Path("/home/ada/.local/share/staffetta")
    assert (settings.host, settings.port, settings.tls_port) == ("127.0.0.1", 8080, 8443)
    assert settings.api_processes == 4
    assert settings.body_bytes_max == 32 * 1024 * 1024
    assert settings.database_url is None
    assert settings.hosts == ()
    assert settings.on_uncertain == "resend"
    assert settings.message_ttl_hours == 48


def test_root_keeps_its_data_with_the_system() -> None:
    assert read_settings({}, is_root=True).data_dir == Path("/var/lib/staffetta")


def test_one_core_still_gets_an_api_process() -> None:
    assert read_settings({}, core_count=1).api_processes == 1


def test_an_empty_variable_is_an_absent_one() -> None:
    assert _read(PORT="", DATABASE_URL="").port == 8080


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_default_passes_its_own_check(setting) -> None:
    if setting.default is not None:
        setting.parse(setting.default)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_example_is_right(setting) -> None:
    if setting.name not in ("SERVER_KEY", "TLS_CERT", "TLS_KEY"):
        setting.parse(setting.example)


def test_hosts_name_a_service_and_an_environment() -> None:
    assert _read(HOSTS="SMS.example.org=v2, o.example.org=oauth/v2:sandbox").hosts == (
        HostName("sms.example.org", "v2", Environment.PRODUCTION),
        HostName("o.example.org", "oauth/v2", Environment.SANDBOX),
    )


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("PORT", "http", "a whole number from 0 to 65535"),
        ("PORT", "65536", "a whole number from 0 to 65535"),
        ("PORT", "-1", "a whole number from 0 to 65535"),
        ("PORT", "٨٠", "a whole number from 0 to 65535"),
        ("HOST", "http://localhost", "an address or host name"),
        ("API_PROCESSES", "0", "from 1 to 64"),
        ("BODY_BYTES_MAX", "32 megabytes", "a size from 1024 bytes"),
        ("DATA_DIR", "relative/path", "an absolute path"),
        ("DATABASE_URL", "mysql://host/db", "a PostgreSQL address"),
        ("HOSTS", "sms.example.org", "host=service"),
        ("HOSTS", "sms.example.org=v3", "host=service"),
        ("LOG_LEVEL", "loud", "one of debug, info, warning, error"),
        ("ON_UNCERTAIN", "maybe", "one of resend, hold"),
        ("TOKENS_LISTABLE", "sometimes", "true or false"),
        ("DEFAULT_SENDER", "12345", "3 to 11 letters"),
        ("RESPONSE_SECONDS", "nan", "a number of seconds"),
        ("NETWORK_ADDRESS", "localhost", "a host and a port"),
        ("TLS_CERT", "/nowhere/cert.pem", "the path of a readable file"),
        ("SERVER_KEY", "0123", "64 hexadecimal digits"),
    ],
)
def test_a_wrong_setting_names_itself_and_an_example(name: str, value: str, expected: str) -> None:
    (problem,) = _problems(**{name: value})
    assert problem.startswith(f"STAFFETTA_{name} is ")
    assert expected in problem
    assert f"STAFFETTA_{name}=" in problem


def test_all_wrong_settings_are_named_at_once() -> None:
    problems = _problems(PORT="x", LOG_LEVEL="y", SEGMENTS_MAX="0")
    assert len(problems) == 3


def test_a_wrong_secret_is_never_repeated() -> None:
    (problem,) = _problems(DATABASE_URL="mysql://root:hunter2@db/x")
    assert "hunter2" not in problem
    assert "hunter2" not in repr(_read(DATABASE_URL="postgresql://root:hunter2@db/x"))


@pytest.mark.parametrize(
    "url",
    [
        *("postgresql://u:hun/ter2@db/x", "postgresql://u:hun?ter2@db/x"),
        *("postgresql://u:hun#ter2@db/x", "postgresql://u:ter2@db:port/x"),
        *("postgresql://u:ter2@db:1,/x", "postgresql://u:ter2@[::1/x", "postgresql://u:ter2@:5/x"),
    ],
)
def test_an_address_that_the_driver_would_misread_is_refused_without_a_piece_of_it(
    url: str,
) -> None:
    (problem,) = _problems(DATABASE_URL=url)
    assert problem.startswith("STAFFETTA_DATABASE_URL is not usable")
    assert "hun" not in problem
    assert "ter2" not in problem


@pytest.mark.parametrize(
    "url",
    [
        *("postgresql:///staffetta?host=/run/postgresql", "postgres://u@/x?host=%2Frun"),
        *("postgresql://db", "postgresql://u:a%2Fb@[::1]:5432,db2/x"),
        "postgresql://u:p@ss@%2Frun%2Fpostgresql/x",
    ],
)
def test_every_form_of_address_that_libpq_knows_is_passed_through(url: str) -> None:
    assert _read(DATABASE_URL=url).database_url == url


def test_several_hosts_of_a_database_are_passed_through() -> None:
    url = "postgresql://u:p@db1:5432,db2:5433/staffetta?target_session_attrs=primary"
    assert _read(DATABASE_URL=url).database_url == url


def test_a_certificate_without_its_key_is_refused(tmp_path: Path) -> None:
    certificate = tmp_path / "cert.pem"
    certificate.write_text("x")
    (problem,) = _problems(TLS_CERT=str(certificate))
    assert problem.startswith("STAFFETTA_TLS_KEY is missing")


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("postgresql://u:p@db/staffetta\n")
    settings = _read(DATABASE_URL_FILE=str(secret))
    assert settings.database_url == "postgresql://u:p@db/staffetta"


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("postgresql://u:p@db/staffetta\n")
    (problem,) = _problems(DATABASE_URL_FILE=str(secret), DATABASE_URL="postgresql://other/x")
    assert "both set" in problem


def test_a_secret_file_that_cannot_be_read_is_named() -> None:
    (problem,) = _problems(SERVER_KEY_FILE="/nowhere/key")
    assert "STAFFETTA_SERVER_KEY_FILE" in problem
    assert "/nowhere/key" in problem


def test_an_unknown_setting_is_a_warning_with_the_nearest_name() -> None:
    warnings = unknown_settings(
        {
            "STAFFETTA_PROT": "1",
            "STAFFETTA_PORT": "1",
            "STAFFETTA_DATABASE_URL_FILE": "/x",
            "STAFFETTA_TEST_DATABASE_URL": "x",
            "PATH": "/bin",
        }
    )
    assert warnings == [
        "STAFFETTA_PROT is no setting and changes nothing: did you mean STAFFETTA_PORT?"
    ]


def test_the_reference_page_documents_every_setting() -> None:
    text = _REFERENCE.read_text(encoding="utf-8")
    for setting in SETTINGS:
        (row,) = [line for line in text.splitlines() if line.startswith(f"| `{setting.variable}`")]
        assert setting.default_words in row
        assert setting.explanation in row
        assert ("🔒" in row) == setting.secret


def test_a_first_start_makes_a_key_that_only_its_owner_reads(tmp_path: Path) -> None:
    settings = _read(DATA_DIR=str(tmp_path / "new"))
    keyring = ensure_server_key(settings)

    path = tmp_path / "new" / "server.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
    sealed = keyring.seal(b"secret", b"purpose")
    assert ensure_server_key(settings).unseal(sealed, b"purpose") == b"secret"


def test_a_key_in_the_settings_is_used_and_nothing_is_written(tmp_path: Path) -> None:
    text = make_server_key_text()
    ensure_server_key(_read(DATA_DIR=str(tmp_path), SERVER_KEY=text))
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_key_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "server.key"
    path.touch(0o600)
    path.write_text("no key at all")
    with pytest.raises(SettingsError, match="restore it from a backup"):
        ensure_server_key(_read(DATA_DIR=str(tmp_path)))
