"""`staffetta serve` keeps an installation up, whoever is killed, and ends it in order."""

import http.client
import os
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import asyncpg
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from installation import COMMAND, Installation, free_port, running, wait_for


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with running(tmp_path / "data", STAFFETTA_API_PROCESSES="1") as installation:
        yield installation


@pytest.fixture
def first_installation(tmp_path: Path) -> Iterator[Installation]:
    """One that nothing was prepared for."""
    data_dir = tmp_path / "data"
    with running(data_dir, is_first=True, STAFFETTA_API_PROCESSES="1") as installation:
        yield installation


def _postmaster(installation: Installation) -> int:
    return int((installation.data_dir / "postgresql" / "postmaster.pid").read_text().split()[0])


def _children(installation: Installation) -> list[int]:
    assert installation.process is not None
    pid = installation.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_killed_api_process_refuses_nobody_and_is_replaced(installation: Installation) -> None:
    api = installation.pid_of("api")
    os.kill(api, signal.SIGKILL)

    # Its successor needs a second to start; the connection waits for it.
    answer = httpx.get(f"{installation.url}/healthz", timeout=30)

    assert answer.status_code in (200, 503)  # 503 until it has read the routes
    assert api not in _players(installation, "api")
    wait_for(installation.is_healthy)
    log = installation.log_path.read_text()
    assert '"event": "child_died", "child": "api 1"' in log
    assert "killed by SIGKILL" in log


@pytest.mark.parametrize("role", ["dispatch", "network"])
def test_other_killed_processes_are_replaced_too(installation: Installation, role: str) -> None:
    killed = installation.pid_of(role)
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: set(_players(installation, role)) - {killed})


def _players(installation: Installation, role: str) -> list[int]:
    return [child for child in _children(installation) if _plays(child, role)]


def _plays(pid: int, role: str) -> bool:
    try:
        return role.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def test_sigterm_ends_everything_and_leaves_nothing(installation: Installation) -> None:
    children, postmaster = _children(installation), _postmaster(installation)
    assert len(children) == 4

    assert installation.stop() == 0

    assert not any(_lives(pid) for pid in (*children, postmaster))
    assert not (installation.data_dir / "postgresql" / "postmaster.pid").exists()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{installation.url}/healthz")
    assert '"level": "error"' not in installation.log_path.read_text()


def test_children_of_a_killed_supervisor_end_and_the_next_one_adopts_the_database(
    installation: Installation,
) -> None:
    children, postmaster = _children(installation), _postmaster(installation)
    assert installation.process is not None
    installation.process.kill()
    installation.process.wait()

    installation.start()

    wait_for(lambda: not any(_lives(child) for child in children))
    assert _postmaster(installation) == postmaster
    assert '"event": "postgresql_ready", "adopted": true' in installation.log_path.read_text()


def test_a_killed_database_is_started_again(installation: Installation) -> None:
    postmaster = _postmaster(installation)
    os.kill(postmaster, signal.SIGKILL)
    ready = '"event": "postgresql_ready"'
    wait_for(lambda: installation.log_path.read_text().count(ready) == 2)
    assert _postmaster(installation) != postmaster
    wait_for(installation.is_healthy)


def test_everything_killed_at_once_starts_again_with_the_same_account(
    first_installation: Installation,
) -> None:
    installation = first_installation
    made = "A demo account was made"
    wait_for(lambda: made in installation.log_path.read_text())  # it is said once, at the end
    assert installation.process is not None
    victims = [installation.process.pid, *_children(installation), _postmaster(installation)]
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    installation.process.wait()

    installation.start()

    assert installation.log_path.read_text().count(made) == 1


def test_a_second_signal_does_not_wait_for_a_request_that_never_ends(
    installation: Installation,
) -> None:
    with socket.create_connection(("127.0.0.1", installation.port)) as client:
        client.sendall(
            b"POST /v2/IT-messages HTTP/1.1\r\nHost: localhost\r\n"
            b"Authorization: Bearer 000000000000000000000000\r\n"
            b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        )
        process = installation.process
        assert process is not None
        process.send_signal(signal.SIGTERM)
        wait_for(lambda: '"stopping"' in installation.log_path.read_text())
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0


def test_a_second_supervisor_on_the_same_data_is_refused(installation: Installation) -> None:
    done = installation.run("serve", "--port", "0", check=False)
    assert done.returncode == 1
    assert "another staffetta serves" in done.stderr
    assert installation.is_healthy()


def test_a_taken_port_is_refused_with_another_to_try(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        installation = Installation(tmp_path / "data", port=port)
        done = installation.run("serve", check=False)
    assert done.returncode == 1
    assert f"port {port}: another program listens there" in done.stderr
    assert "STAFFETTA_PORT=" in done.stderr


def test_wrong_settings_are_refused_all_at_once(tmp_path: Path) -> None:
    settings = {"STAFFETTA_LOG_LEVEL": "loud", "STAFFETTA_SEGMENTS_MAX": "0"}
    done = Installation(tmp_path / "data", settings=settings).run("serve", check=False)
    assert done.returncode == 1
    assert "STAFFETTA_LOG_LEVEL is 'loud'" in done.stderr
    assert "STAFFETTA_SEGMENTS_MAX is '0'" in done.stderr


def test_https_is_served_beside_http(tmp_path: Path) -> None:
    certificate, key = _make_certificate(tmp_path)
    port = free_port()
    with running(
        tmp_path / "data",
        STAFFETTA_API_PROCESSES="1",
        STAFFETTA_TLS_CERT=str(certificate),
        STAFFETTA_TLS_KEY=str(key),
        STAFFETTA_TLS_PORT=str(port),
    ):
        context = ssl.create_default_context(cafile=str(certificate))
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=30)
        with closing(connection):
            connection.request("GET", "/healthz")
            assert connection.getresponse().status == 200


def _make_certificate(directory: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    certificate_path, key_path = directory / "cert.pem", directory / "key.pem"
    certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_path, key_path


async def test_a_role_runs_alone_on_a_database_of_ones_own(
    tmp_path: Path, database_url: str
) -> None:
    installation = Installation(
        tmp_path / "data", settings={"STAFFETTA_DATABASE_URL": database_url}
    )
    environment = installation.environment
    role = subprocess.Popen(  # noqa: ASYNC220 - it runs beside the test
        [COMMAND, "serve", "--role", "api", "--role", "housekeeping"], env=environment
    )
    installation.process = role  # type: ignore[assignment]
    try:
        installation.wait_until_healthy()
        assert not (installation.data_dir / "postgresql").exists()
        assert await _living_roles(database_url) == ["api+housekeeping"]
    finally:
        role.send_signal(signal.SIGTERM)
        assert role.wait(30) == 0
    assert await _living_roles(database_url) == []


async def _living_roles(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("SELECT role FROM process WHERE ended_at IS NULL")
    await connection.close()
    return [row["role"] for row in rows]


def test_a_role_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path) -> None:
    done = Installation(tmp_path / "data").run("serve", "--role", "cook", check=False)
    assert done.returncode == 2
    assert "expected one of api, dispatch" in done.stderr
