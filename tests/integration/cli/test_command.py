"""The command as a whole: help everywhere, wrong settings, the embedded server."""

import asyncio
import tempfile
from importlib.metadata import version
from pathlib import Path

import pytest

COMMANDS = [
    ("account", "create"),
    ("token", "create"),
    ("topup",),
    ("connector", "add"),
    ("connector", "list"),
    ("send",),
    ("messages",),
    ("ledger", "verify"),
    ("smsc",),
]
WITHOUT_RESULT = [("smsc",)]
ACCOUNT = ("account", "create", "--email", "anna@example.com", "--json")


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
async def test_every_command_explains_itself_with_an_example(
    bare, command: tuple[str, ...]
) -> None:
    ended = await bare(*command, "--help")
    assert ended.code == 0
    assert "Example: " in ended.out
    assert " ".join(("staffetta", *command)) in ended.out
    assert ("--json" in ended.out) is (command not in WITHOUT_RESULT)


async def test_without_arguments_the_commands_are_listed(bare) -> None:
    ended = await bare()
    for command in COMMANDS:
        assert command[0] in ended.out + ended.err


async def test_the_version_is_the_packages(bare) -> None:
    ended = await bare("--version")
    assert (ended.code, ended.out, ended.err) == (0, f"staffetta {version('staffetta')}\n", "")


async def test_an_unknown_command_is_wrong_usage(bare) -> None:
    assert (await bare("acount", "create")).code == 2


async def test_a_wrong_setting_is_named_before_anything_is_opened(bare) -> None:
    ended = await bare("connector", "list", STAFFETTA_DATABASE_URL="mysql://x")
    assert ended.code == 1
    assert "STAFFETTA_DATABASE_URL" in ended.err
    assert ended.err.count("\n") == 1


async def test_a_database_that_does_not_answer_is_told_in_one_sentence(
    bare, tmp_path: Path
) -> None:
    ended = await bare(
        *("connector", "list"),
        STAFFETTA_DATABASE_URL=f"postgresql://nobody@/nothing?host={tmp_path}",
        STAFFETTA_DATA_DIR=str(tmp_path),
    )
    assert ended.code == 1
    assert "no connection to the database" in ended.err
    assert "Traceback" not in ended.err


async def test_without_a_database_the_embedded_one_is_started_and_keeps_what_was_made(
    bare,
) -> None:
    with tempfile.TemporaryDirectory(prefix="staffetta-cli-") as data_dir:
        settings = {"STAFFETTA_DATA_DIR": f"{data_dir}/data"}
        assert set((await bare(*ACCOUNT, **settings)).json) == {"account", "api_keys"}
        again = await bare(*ACCOUNT, **settings)
        assert again.code == 1
        assert again.err == (
            "staffetta: an account with the address anna@example.com exists already\n"
        )
        assert mode_of(Path(data_dir, "data", "server.key")) == 0o600


async def test_commands_at_the_same_moment_share_the_embedded_server(bare) -> None:
    with tempfile.TemporaryDirectory(prefix="staffetta-cli-") as data_dir:
        ended = await asyncio.gather(
            *(
                bare(
                    *("account", "create", "--email", f"anna{number}@example.com", "--json"),
                    STAFFETTA_DATA_DIR=f"{data_dir}/data",
                )
                for number in range(3)
            )
        )
        assert [each.json["account"] for each in ended] == [
            f"anna{number}@example.com" for number in range(3)
        ]
