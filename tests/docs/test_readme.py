"""The README: what a newcomer types works, and prints what is shown there."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from guide_answers import differences, line_differences
from guide_blocks import ROOT, Block, blocks_of
from guide_shell import GuideShell, answers_at, end_group, typing
from guide_site import SAMPLE_SECRETS, SAMPLE_URL, GuideSite, demo_secrets
from installation import COMMAND, free_port, wait_for
from prepared_data import first_words

BLOCKS = blocks_of(ROOT / "README.md")
_OF_MAKE = {
    "ARGUMENTS",
    "MAKEFLAGS",
    "MAKELEVEL",
    "MAKEOVERRIDES",
    "MFLAGS",
}  # of one that runs the tests
SMSC = ("smsc.example.com", "2775")  # as the page names the carrier


def block_with(text: str, language: str = "") -> Block:
    """The only block of a language that holds a text."""
    (found,) = [one for one in BLOCKS if text in one.text and one.language == language]
    return found


WELCOME = block_with("Staffetta is ready at")
SENT = block_with('"state":"NEW"', "json")
READ_BACK = block_with("/messages -H", "sh")
READ = block_with('"state":"DELIVERED"', "json")
ADD_CARRIER = block_with("connector add", "sh")
CHECK_CARRIER = block_with("connector check", "sh")
LISTED = block_with("carrier")
LET_IN = block_with("person add", "sh")
MADE = [one for one in BLOCKS if one.text.startswith("make ")]


def test_every_block_is_looked_at() -> None:
    looked_at = {WELCOME, SENT, READ_BACK, READ, ADD_CARRIER, CHECK_CARRIER, LISTED, LET_IN, *MADE}
    assert set(BLOCKS) == looked_at


@pytest.mark.parametrize("block", MADE, ids=lambda block: block.text.strip())
def test_what_is_made_ends_in_the_installed_command(block: Block) -> None:
    _make, target = block.text.split()
    planned = subprocess.run(
        ["make", "--dry-run", target],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name not in _OF_MAKE},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert shlex.split(planned.splitlines()[-1]) == ["exec", ".venv/bin/staffetta", target]


def test_the_first_start_says_what_is_shown() -> None:
    said = "Staffetta is ready" + first_words()
    address = re.search(r"http://\S+", said)
    assert address is not None
    here = dict(zip(SAMPLE_SECRETS, demo_secrets(), strict=True)) | {SAMPLE_URL: address[0]}
    shown = WELCOME.text
    for sample, value in here.items():
        shown = shown.replace(sample, value)
    assert line_differences(re.sub(r"\(data in .*\)", "(data in …)", shown), said) == []


@pytest.fixture
def shell(site: GuideSite, tmp_path: Path) -> Iterator[GuideShell]:
    with typing(site, tmp_path / "shell") as shell:
        yield shell


def test_the_printed_lines_send_a_message_and_read_it_back(shell: GuideShell) -> None:
    send, read = re.findall(r"^  (curl .*?(?:\\\n.*?)?)$", WELCOME.text, re.MULTILINE)
    assert differences(SENT.text, shell.run(send)) == []
    assert shlex.split(read) == shlex.split(READ_BACK.text)
    newest = re.sub(r"\]\}\s*$", ",…]}", READ.text)
    wait_for(lambda: not differences(newest, shell.type(READ_BACK)), what="delivered")


def test_people_are_let_in_and_sign_in(site: GuideSite, shell: GuideShell) -> None:
    passwords = re.findall(r"password\W+([a-z0-9]+(?:-[a-z0-9]+){4})", shell.type(LET_IN))
    emails = re.findall(r"person add (\S+)", LET_IN.text)
    assert len(passwords) == len(emails) == 2
    for email, password in zip(emails, passwords, strict=True):
        form = {"email": email, "password": password}
        answer = httpx.post(f"{site.installation.url}/console/sign-in", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/console"), answer.text


@pytest.fixture
def carrier() -> Iterator[str]:
    """The port of a network of one's own, as the page says to try it."""
    port = str(free_port())
    network = subprocess.Popen(
        [COMMAND, "smsc", "--port", port, "--quiet", "--delay", "0.1"], start_new_session=True
    )
    try:
        wait_for(lambda: answers_at(int(port)), what="the network")
        yield port
    finally:
        end_group(network)


def test_a_carrier_is_added_certified_and_listed(
    site: GuideSite, carrier: str, tmp_path: Path
) -> None:
    here = dict(zip(SMSC, ("127.0.0.1", carrier), strict=True))
    with typing(site, tmp_path / "shell", here) as shell:
        shell.run("printf secret >acme.secret")
        shell.type(ADD_CARRIER)
        check, start = CHECK_CARRIER.text.strip().splitlines()
        # Here is no terminal to ask at.
        assert "Nothing needs to be set." in shell.run(f"{check} --yes")
        shell.run(start)
        wanted = rows(shell.here(LISTED.text))
        wait_for(lambda: wanted <= rows(shell.run(f"{COMMAND} connector list")), what=f"{wanted}")


def rows(table: str) -> set[tuple[str, ...]]:
    """The rows of a printed table, cell by cell, without the rule."""
    lines = [line for line in table.splitlines() if "━" not in line]
    return {tuple(cell.strip() for cell in re.split("[│┃]", line)) for line in lines}
