"""People from the command line, and the passwords they are given."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from staffetta.accounts.passwords import Passwords
from staffetta.accounts.sign_in import check_password
from staffetta.db.pool import Database

ANNA = "anna@example.com"
OLGA = "olga@example.com"
OF_ANNA = ("--account", ANNA)
PASSWORD = "correct horse"
GIVEN = PASSWORD.encode() + b"\n"


@pytest.fixture
def staffetta(here):
    return here


@pytest.fixture
async def olga(staffetta, anna) -> dict[str, object]:
    return (
        await staffetta(
            *("person", "add", OLGA, "--role", "owner", *OF_ANNA, "--name", "Olga Ferri"),
            *("--password-stdin", "--json"),
            given=GIVEN,
        )
    ).json


@pytest.fixture
def lets_in(database: Database):
    async def ask(email: str, password: str) -> bool:
        passwords = Passwords()
        try:
            now = datetime.now(UTC)
            found = await check_password(database, passwords, email, password, "192.0.2.7", now)
        finally:
            passwords.close()
        return found is not None

    return ask


async def test_a_person_signs_in_with_the_password_from_standard_input(olga, lets_in) -> None:
    assert (olga["person"], olga["role"], olga["account"]) == (OLGA, "owner", ANNA)
    assert (olga["name"], olga["disabled_at"]) == ("Olga Ferri", None)
    assert "password" not in olga
    assert await lets_in(OLGA, PASSWORD)
    assert not await lets_in(OLGA, PASSWORD + "\n")


async def test_a_made_password_is_shown_once_and_works(staffetta, olga, lets_in) -> None:
    made = (
        await staffetta(
            "person", "add", "root@example.com", "--role", "operator", "--generate", "--json"
        )
    ).json
    assert re.fullmatch(r"(\w{5}-){4}\w{5}", made["password"])
    assert await lets_in("root@example.com", made["password"])
    for command in (("person", "list"), ("audit", "list")):
        for form in ((), ("--json",)):
            assert made["password"] not in (await staffetta(*command, *form)).out


async def test_another_password_takes_the_place_of_the_first(staffetta, olga, lets_in) -> None:
    ended = await staffetta("person", "password", OLGA, "--password-stdin", given=b"battery staple")
    assert ended.code == 0
    assert "battery" not in ended.out + ended.err
    assert await lets_in(OLGA, "battery staple")
    assert not await lets_in(OLGA, PASSWORD)


async def test_roles_and_disabling_follow_the_command(staffetta, olga, lets_in) -> None:
    mia = ("mia@example.com",)
    added = await staffetta(
        *("person", "add", *mia, "--role", "member", *OF_ANNA, "--password-stdin"), given=GIVEN
    )
    assert added.code == 0
    assert (await staffetta("person", "role", *mia, "owner", "--json")).json["role"] == "owner"
    disabled = (await staffetta("person", "disable", OLGA, "--json")).json
    assert disabled["disabled_at"] is not None
    assert not await lets_in(OLGA, PASSWORD)
    assert (await staffetta("person", "enable", OLGA, "--json")).json["disabled_at"] is None
    assert await lets_in(OLGA, PASSWORD)
    assert (await staffetta("person", "remove", *mia)).code == 0
    listed = (await staffetta("person", "list", *OF_ANNA, "--json")).json
    assert [one["person"] for one in listed] == [OLGA]
    actions = (await staffetta("audit", "list", "--action", "person", "--json")).json
    assert [one["action"] for one in actions] == [
        "person.remove",
        "person.enable",
        "person.disable",
        "person.role",
        "person.add",
        "person.add",
    ]


async def test_the_list_shows_people_without_their_passwords(staffetta, olga) -> None:
    shown = (await staffetta("person", "list")).out
    for part in (OLGA, "Olga Ferri", "owner", ANNA, "yes"):
        assert part in shown
    assert "argon2" not in shown


@pytest.mark.parametrize(
    ("arguments", "given", "code", "part"),
    [
        (("add", "m@example.com", "--role", "member", *OF_ANNA), None, 1, "no terminal to ask"),
        (("add", "m@example.com", "--role", "member"), None, 2, "--account"),
        (("add", "m@example.com", "--role", "operator", *OF_ANNA), None, 2, "--account"),
        (("add", "m@example.com", "--role", "boss"), None, 2, "--role"),
        (("password", OLGA, "--password-stdin"), b"too short", 1, "12 to 1024 characters, not 9"),
        (("password", OLGA, "--password-stdin"), b"two lines\nof text", 1, "control characters"),
        (("password", OLGA, "--password-stdin"), b"\xff" * 20, 1, "no text in UTF-8"),
        (("password", OLGA, "--password-stdin"), b"x" * 9000, 1, "more than 8192 bytes"),
        (("password", OLGA, "--password-stdin"), OLGA.encode(), 1, "something else than"),
        (("password", OLGA, "--password-stdin", "--generate"), b"", 2, "from one place"),
        (("password", "no@example.com", "--generate"), None, 1, "nobody signs in with no@"),
        (("remove", OLGA), None, 1, "last owner of anna@example.com"),
        (("role", OLGA, "operator"), None, 1, "cannot become an operator"),
        (("list", "--account", "no@example.com"), None, 1, "no account has the address"),
    ],
)
async def test_what_is_refused_says_why(staffetta, olga, arguments, given, code, part) -> None:
    ended = await staffetta("person", *arguments, given=given)
    assert (ended.code, ended.out) == (code, "")
    assert part in ended.err
    assert given is None or given.decode("latin-1") not in ended.err or given == b""


async def test_the_password_can_stand_nowhere_on_the_command_line(staffetta, olga) -> None:
    for command in ("add", "password"):
        told = (await staffetta("person", command, "--help")).out
        assert "--password-stdin" in told
        assert not re.search(r"--password\b(?!-)", told)


def test_at_a_terminal_it_is_asked_for_twice_and_not_shown(database_url: str, tmp_path) -> None:
    typed = "a passphrase typed by hand"
    shown = _at_a_terminal(
        ["person", "add", "root@example.com", "--role", "operator", "--json"],
        [typed + "\n", "a slip of the fingers\n", typed + "\n", typed + "\n"],
        database_url,
    )
    assert shown.count("Password for root@example.com") == 2
    assert shown.count("Repeat for confirmation") == 2
    assert "do not match" in shown
    assert '"role": "operator"' in shown
    assert typed not in shown


def _at_a_terminal(arguments: list[str], answers: list[str], database_url: str) -> str:
    """What a terminal shows while a command runs on it, its questions answered one by one."""
    clean = {name: value for name, value in os.environ.items() if "STAFFETTA" not in name}
    ours, its = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", "from staffetta.cli import main; main()", *arguments],
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
        env={
            **clean,
            "STAFFETTA_DATABASE_URL": database_url,
            "STAFFETTA_SERVER_KEY": "ab" * 32,
            "NO_COLOR": "1",
        },
    ) as process:
        os.close(its)
        shown, asked = "", 0
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and select.select([ours], [], [], 60)[0]:
            try:
                shown += os.read(ours, 4096).decode()
            except OSError:  # Linux's way to say that the other side is closed
                break
            if answers and len(re.findall(r"(?:example\.com|confirmation): ", shown)) > asked:
                asked += 1
                os.write(ours, answers.pop(0).encode())
        os.close(ours)
        process.kill()
    return shown
