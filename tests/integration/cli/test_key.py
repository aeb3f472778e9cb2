"""The server's keys from the command line."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from staffetta.app.processes import machine, read_machines_elsewhere
from staffetta.db.pool import Database

KEY, NEW = "ab" * 32, "cd" * 32
KEY_ID = "e0ba1ef8"


@pytest.fixture
def filed(staffetta, tmp_path: Path):
    """Runs commands whose keys stand in a file."""

    async def run(*arguments: str, **environment: str):
        base = {"STAFFETTA_SERVER_KEY": "", "STAFFETTA_DATA_DIR": str(tmp_path / "data")}
        return await staffetta(*arguments, **{**base, **environment})

    return run


def _age(tmp_path: Path) -> None:
    """As if the file had changed an hour ago."""
    path = tmp_path / "data" / "server.key"
    at = path.stat().st_mtime - 3600
    os.utime(path, (at, at))


async def _token(run) -> None:
    await run("account", "create", "--email", "anna@example.com")
    made = await run("token", "create", "--email", "anna@example.com", "--environment", "sandbox")
    assert made.code == 0, made.err


async def test_a_key_is_rotated_and_the_one_before_dropped(filed, tmp_path: Path) -> None:
    await _token(filed)
    before = (await filed("key", "list", "--json")).json
    (old,) = before["keys"]
    assert old["seals"] is True
    assert old["values"] >= 2  # the check and the token

    rotated = (await filed("key", "rotate", "--json")).json
    by_column = {one["column"]: one["resealed"] for one in rotated}
    assert by_column["token.sealed"] == 1
    assert sum(by_column.values()) == old["values"]

    newest, older = (await filed("key", "list", "--json")).json["keys"]
    assert (newest["seals"], newest["values"]) == (True, old["values"])
    assert (older["key"], older["seals"], older["values"]) == (old["key"], False, 0)

    _age(tmp_path)
    pruned = (await filed("key", "prune", "--json")).json
    assert pruned == {"dropped": [old["key"]], "kept": []}
    again = await filed("key", "prune")
    assert again.code == 0
    assert "nothing to drop" in again.out
    text = (tmp_path / "data" / "server.key").read_text()
    assert old["key"] not in text
    assert newest["key"] in text


async def test_a_key_that_is_used_is_not_dropped(filed, tmp_path: Path) -> None:
    await _token(filed)
    path = tmp_path / "data" / "server.key"
    path.write_text(f"{NEW}\n{path.read_text()}")  # as rotate leaves it when it is killed at once
    early = await filed("key", "prune")
    assert (early.code, early.out) == (1, "")
    assert "changed a moment ago" in early.err
    _age(tmp_path)
    used = await filed("key", "prune")
    assert used.code == 1
    assert "still use every old key" in used.err
    assert "staffetta key reseal" in (await filed("key", "list")).out

    assert (await filed("key", "reseal")).code == 0
    assert len((await filed("key", "prune", "--json")).json["dropped"]) == 1
    assert (await filed("key", "list", "--json")).json["unreadable"] == 0


_PROCESS = """
INSERT INTO process (role, host, pid, started_at, heartbeat_at, ended_at)
VALUES ('http', $1, 7, now(), clock_timestamp() - $2::interval, $3)
"""
# For longer than commands may take to start.
_BEATS_ON = (
    "UPDATE process SET heartbeat_at = clock_timestamp() + interval '1 hour' WHERE host = $1"
)


async def _runs(
    database: Database, host: str, ago: timedelta = timedelta(0), ended_at: datetime | None = None
) -> None:
    async with database.acquire() as connection:
        await connection.execute(_PROCESS, host, ago, ended_at)


async def test_keys_of_a_file_that_other_machines_do_not_see_stay_as_they_are(
    filed, tmp_path: Path, database: Database
) -> None:
    await _token(filed)
    before = (tmp_path / "data" / "server.key").read_text()
    await _runs(database, "b.example 1f 2", ago=timedelta(seconds=3))
    await _runs(database, "dead.example 1f 2", ago=timedelta(minutes=1))
    await _runs(database, "gone.example 1f 2", ended_at=datetime.now(UTC))
    await _runs(database, machine())
    async with database.acquire() as connection:
        assert await read_machines_elsewhere(connection) == ["b.example"]
        await connection.execute(_BEATS_ON, "b.example 1f 2")
    for command in ("rotate", "prune"):
        refused = await filed("key", command)
        assert (refused.code, refused.out) == (1, "")
        assert "processes run on other machines (b.example)" in refused.err
        assert "set STAFFETTA_SERVER_KEY on all machines, this one too" in refused.err
    assert (tmp_path / "data" / "server.key").read_text() == before
    assert (await filed("key", "rotate", "--force")).code == 0
    _age(tmp_path)
    assert len((await filed("key", "prune", "--force", "--json")).json["dropped"]) == 1


async def test_keys_of_the_settings_are_changed_there(staffetta) -> None:
    await _token(staffetta)
    for command in ("rotate", "prune"):
        refused = await staffetta("key", command)
        assert refused.code == 1
        assert "put a new one in front" in refused.err
    both = {"STAFFETTA_SERVER_KEY": f"{NEW}\n{KEY}"}
    resealed = (await staffetta("key", "reseal", "--json", **both)).json
    assert sum(one["resealed"] for one in resealed) >= 2
    assert (await staffetta("key", "list", STAFFETTA_SERVER_KEY=NEW)).code == 0
    gone = await staffetta("key", "list")
    assert gone.code == 1
    assert "must be the same on all machines" in gone.err
    assert "set it on all of them, the first one too" in gone.err


@pytest.mark.parametrize("command", [("connector", "list"), ("migrate",), ("key", "reseal")])
async def test_no_command_works_with_another_key(staffetta, command: tuple[str, ...]) -> None:
    await _token(staffetta)
    refused = await staffetta(*command, STAFFETTA_SERVER_KEY=NEW)
    assert (refused.code, refused.out) == (1, "")
    assert "STAFFETTA_SERVER_KEY must be the same on all machines" in refused.err
    assert NEW not in refused.err


async def test_a_key_file_that_others_may_read_is_refused(filed, tmp_path: Path) -> None:
    assert (await filed("key", "list")).code == 0
    (tmp_path / "data" / "server.key").chmod(0o644)
    refused = await filed("key", "list")
    assert refused.code == 1
    assert f"chmod 600 {tmp_path}/data/server.key" in refused.err


async def test_no_key_is_ever_shown(filed, tmp_path: Path) -> None:
    await _token(filed)
    path = tmp_path / "data" / "server.key"
    ended = [await filed("key", "list"), await filed("key", "rotate"), await filed("key", "list")]
    keys = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    assert len(keys) == 2
    assert not any(key in one.out + one.err for key in keys for one in ended)
