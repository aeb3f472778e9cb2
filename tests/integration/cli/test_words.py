"""Forbidden words and blocks from the command line."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from staffetta.accounts.email import Email
from staffetta.accounts.space import find_space
from staffetta.compliance.blocklist import impose_block
from staffetta.db.pool import Database
from staffetta.domain.environments import Environment

NOW = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
MESSAGE = bytes(range(12))


async def test_an_entry_is_added_tried_listed_and_removed(staffetta) -> None:
    added = await staffetta("words", "add", "viagra", "--note", "pharma", "--json")
    assert added.json == {"added": 1, "present": 0, "removed": 0, "total": 1}
    assert (await staffetta("words", "add", "viagra", "--json")).json["present"] == 1

    tried = (await staffetta("words", "test", "buy V.1.A.G.R.A", "--json")).json
    assert tried["refused"] is True
    assert tried["reason"] == 'forbidden word "viagra" in the message'
    assert (tried["found"], tried["where"]) == ("V.1.A.G.R.A", "message")
    assert tried["compared"]["words"] == ["buy", "v", "1", "a", "g", "r", "a"]
    assert "v1agra" in tried["compared"]["spelled"]

    (listed,) = (await staffetta("words", "list", "--json")).json
    assert (listed["kind"], listed["country"], listed["note"]) == ("word", "*", "pharma")
    removed = await staffetta("words", "remove", str(listed["number"]), "--json")
    assert removed.json == {"added": 0, "present": 0, "removed": 1, "total": 0}
    assert "staffetta words add" in (await staffetta("words", "list")).out


async def test_a_text_is_tried_with_its_sender_and_country(staffetta) -> None:
    await staffetta("words", "add", "hai vinto", "--kind", "phrase", "--country", "it")
    italian = await staffetta("words", "test", "Ciao", "--sender", "HAI VINTO", "--country", "it")
    assert 'forbidden phrase "hai vinto" in the sender' in italian.out
    assert "phrase IT hai vinto" in italian.out
    french = await staffetta("words", "test", "hai v!nto", "--country", "FR")
    assert french.code == 0
    assert [cell.strip() for cell in french.out.splitlines()[0].split("│")] == ["refused", "no"]
    assert "hai · v!nto" in french.out


async def test_a_list_goes_out_as_a_file_and_comes_in_again(staffetta, tmp_path: Path) -> None:
    written = (
        "word * viagra\nphrase IT gratta e vinci\tletter of 3 March\npattern * bit\\.ly/\\w+\n"
    )
    file = tmp_path / "words.txt"
    file.write_text(f"# a list\n\n{written}")
    imported = await staffetta("words", "import", str(file), "--json")
    assert imported.json == {"added": 3, "present": 0, "removed": 0, "total": 3}
    assert (await staffetta("words", "export")).out == written

    file.write_text("word * viagra\nword ES lotería\n")
    replaced = await staffetta("words", "import", str(file), "--replace", "--json")
    assert replaced.json == {"added": 1, "present": 1, "removed": 2, "total": 2}
    assert (await staffetta("words", "export")).out == file.read_text()


@pytest.mark.parametrize(
    ("content", "arguments", "part"),
    [
        (b"word * viagra\nphrase * viagra\n", (), "line 2: 'viagra' is not a phrase"),
        (b"word * viagra\n\xff\n", (), "is not UTF-8 text"),
        (b"# nothing\n", ("--replace",), "would empty the list"),
    ],
)
async def test_a_wrong_file_changes_nothing(
    staffetta, tmp_path: Path, content: bytes, arguments: tuple[str, ...], part: str
) -> None:
    await staffetta("words", "add", "casino")
    file = tmp_path / "words.txt"
    file.write_bytes(content)
    ended = await staffetta("words", "import", str(file), *arguments)
    assert ended.code == 1
    assert part in ended.err
    assert (await staffetta("words", "export")).out == "word * casino\n"


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (("add", "a$$"), 1, "not a word of letters and digits"),
        (("add", "(a", "--kind", "pattern"), 1, "no regular expression of RE2: missing )"),
        (("add", "viagra", "--country", "Italy"), 1, "'ITALY' is not a country"),
        (("add", "viagra", "--kind", "regex"), 2, "--kind"),
        (("add", "viagra", "--note", "x" * 201), 1, "200 are the most"),
        (("remove", "7"), 1, "the list has no entry 7"),
        (("import", "/nowhere/at/all"), 1, "No such file"),
    ],
)
async def test_a_refused_command_says_why(
    staffetta, arguments: tuple[str, ...], code: int, part: str
) -> None:
    ended = await staffetta("words", *arguments)
    assert ended.code == code
    assert part in ended.err
    assert ended.out == ""


@pytest.fixture
async def blocked(database: Database, anna: dict[str, Any]) -> None:
    async with database.transaction() as connection:
        email = Email.parse(anna["account"])
        space = await find_space(connection, email, Environment.SANDBOX)
        await impose_block(connection, space.space_id, "forbidden word", MESSAGE, NOW)


@pytest.mark.usefixtures("blocked")
async def test_a_block_is_shown_lifted_and_remembered(staffetta) -> None:
    (standing,) = (await staffetta("blocklist", "list", "--json")).json
    assert standing["account"] == "anna@example.com"
    assert standing["environment"] == "sandbox"
    assert (standing["reason"], standing["message"]) == ("forbidden word", MESSAGE.hex())
    assert standing["liftedAt"] is None

    lift = ("blocklist", "lift", "Anna@example.com", "--environment", "sandbox", "--reason")
    assert "may send again" in (await staffetta(*lift, "a quotation")).out
    assert "No account is blocked" in (await staffetta("blocklist", "list")).out
    again = await staffetta(*lift, "a quotation")
    assert again.code == 1
    assert "is not blocked in sandbox" in again.err

    (lifted,) = (await staffetta("blocklist", "history", "anna@example.com", "--json")).json
    assert lifted["liftedReason"] == "a quotation"
    assert lifted["liftedAt"] is not None
    assert "a quotation" in (await staffetta("blocklist", "history", "anna@example.com")).out


@pytest.mark.usefixtures("blocked")
async def test_a_block_is_not_lifted_without_a_reason(staffetta) -> None:
    lift = ("blocklist", "lift", "anna@example.com", "--environment", "sandbox")
    assert (await staffetta(*lift)).code == 2
    ended = await staffetta(*lift, "--reason", " ")
    assert ended.code == 1
    assert "reason" in ended.err
    assert len((await staffetta("blocklist", "list", "--json")).json) == 1


async def test_nobody_has_no_history(staffetta) -> None:
    ended = await staffetta("blocklist", "history", "nobody@example.com")
    assert ended.code == 1
    assert "no account has the address" in ended.err
