"""A carrier certified from the command line."""

import asyncio
import os
import pty
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from odd_carrier import Habits, OddCarrier
from running_network import running_network

from staffetta.cli.connector_check_shown import ShownReport, show_report
from staffetta.db.pool import Database


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    code: int
    out: str
    err: str


NUMBER = "+393331234567"
CHECK = ("connector", "check", "acme")


@pytest.fixture
def staffetta(here):
    return here


@pytest.fixture
async def carrier() -> AsyncIterator[OddCarrier]:
    """A carrier that answers in hexadecimal, reports in decimal, and lives two hours ahead."""
    habits = Habits(answer_id=lambda number: f"{number:X}", zone_minutes=120, taken_per_second=60)
    carrier = OddCarrier(habits)
    await carrier.start()
    yield carrier
    await carrier.smsc.stop()


@pytest.fixture
async def acme(staffetta, carrier) -> None:
    ended = await staffetta(
        *("connector", "add", "--name", "acme", "--environment", "production"),
        *("--host", "127.0.0.1", "--port", str(carrier.smsc.port), "--system-id", "gw"),
        *("--password-env", "SECRET", "--countries", "*", "--price", "0.03", "--rate", "0"),
        SECRET="hunter2",
    )
    assert ended.code == 0


async def rows_of(database: Database, table: str) -> int:
    async with database.acquire() as connection:
        count: int = await connection.fetchval(f"SELECT count(*) FROM {table}")
    return count


async def settings_of(database: Database) -> dict[str, Any]:
    async with database.acquire() as connection:
        settings: dict[str, Any] = await connection.fetchval("SELECT settings FROM connector")
    return settings


async def at_a_terminal(database_url: str, typed: list[str], *arguments: str) -> Ended:
    """The command as a process whose standard input is a terminal, with these lines typed."""
    ours, theirs = pty.openpty()
    os.write(ours, "".join(f"{line}\n" for line in typed).encode())
    clean = {name: value for name, value in os.environ.items() if "STAFFETTA" not in name}
    settings = {"STAFFETTA_DATABASE_URL": database_url, "STAFFETTA_SERVER_KEY": "ab" * 32}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from staffetta.cli import main; main()", *arguments),
        stdin=theirs,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**clean, **settings, "NO_COLOR": "1", "COLUMNS": "200"},
    )
    os.close(theirs)
    try:
        out, err = await process.communicate()
    finally:
        os.close(ours)
    return Ended(process.returncode or 0, out.decode(), err.decode())


@pytest.mark.parametrize("words", [("set", ""), ("", "pin")], ids=["settings", "proposal"])
def test_a_line_to_type_is_never_broken(capsys, words: tuple[str, str]) -> None:
    command, proposal = (word and f"staffetta {word} " + "x=1 " * 100 for word in words)
    show_report(ShownReport((("row", "value"),), command, proposal, True), applied=False)
    assert (command or proposal) in capsys.readouterr().out


@pytest.mark.usefixtures("acme")
class TestCheck:
    async def test_the_report_ends_with_the_line_to_type(self, staffetta, carrier) -> None:
        ended = await staffetta(*CHECK, "--to", NUMBER, "--yes", "--wait", "60")
        assert ended.code == 0, ended.err
        assert "long text as sar                │ accepted; 2 x DELIVRD" in ended.out
        assert "This sends 13 segments to one phone" in ended.err
        assert "bind          transceiver to SCRIPT, interface version 0x34" in ended.out
        assert "reports match, by receipted_message_id, in decimal, where the answers" in ended.out
        assert "10 digits, of UTC+02:00" in ended.out
        assert (
            "Settings to apply: staffetta connector set acme submit_ids=hexadecimal"
            " report_ids=decimal report_zone=Etc/GMT-2" in ended.out
        )
        assert len(carrier.submits) == 12

    async def test_json_holds_the_findings_and_nothing_else(self, staffetta, database) -> None:
        found = (await staffetta(*CHECK, "--to", NUMBER, "--yes", "--json", "--burst", "300")).json
        assert found["settings"]["report_zone"] == "Etc/GMT-2"
        assert found["reports"]["zone_minutes"] == 120
        assert {one["report"] for one in found["messages"]} == {"DELIVRD"}
        assert found["reports"]["spelling"] == "decimal"
        assert found["burst"]["sent"] == 300
        assert "0x58" in found["burst"]["throttled"]
        assert 1 <= found["settings"]["rate"] <= 60
        assert found["applied"] is False
        assert await settings_of(database) == {}

    async def test_what_was_found_can_be_applied(self, staffetta, database) -> None:
        ended = await staffetta(*CHECK, "--to", NUMBER, "--yes", "--apply", "--json")
        assert ended.json["applied"] is True
        assert await settings_of(database) == {
            "submit_ids": "hexadecimal",
            "report_ids": "decimal",
            "report_zone": "Etc/GMT-2",
        }
        entries = (await staffetta("audit", "list", "--action", "connector", "--json")).json
        assert [one["action"] for one in entries] == [
            "connector.set",
            "connector.check",
            "connector.add",
        ]
        again = (await staffetta(*CHECK, "--to", NUMBER, "--yes", "--json")).json
        assert again["settings"] == {}

    async def test_no_account_and_no_message_is_touched(self, staffetta, database) -> None:
        await staffetta("account", "create", "--email", "anna@example.com")
        tables = ("message", "recipient", "submission", "report", "ledger_entry", "hold")
        before = [await rows_of(database, table) for table in tables]
        await staffetta(*CHECK, "--to", NUMBER, "--yes")
        assert [await rows_of(database, table) for table in tables] == before

    async def test_while_the_console_checks_the_connector_no_other_check_begins(
        self, staffetta, database, carrier
    ) -> None:
        async with database.acquire() as connection:
            await connection.execute(
                "INSERT INTO connector_check (connector_id, asked_by, asked_at, numbers,"
                " wait_seconds) SELECT id, 'olga@example.com', now(), '{}', 60 FROM connector"
            )
        ended = await staffetta(*CHECK, "--no-send")
        assert ended.code == 1
        assert "a check of this connector is under way" in ended.err
        assert carrier.smsc.connections == []

    async def test_several_phones_get_everything(self, staffetta, carrier) -> None:
        ended = await staffetta(*CHECK, "--to", NUMBER, "--to", "+34600123456", "--yes")
        assert "This sends 26 segments to 2 phones" in ended.err
        assert {pdu.destination_addr for pdu in carrier.submits} == {
            b"393331234567",
            b"34600123456",
        }

    async def test_nothing_is_sent_without_agreement(self, staffetta, carrier) -> None:
        ended = await staffetta(*CHECK, "--to", NUMBER)
        assert ended.code == 1
        assert "agree with --yes" in ended.err
        assert carrier.smsc.connections == []

    async def test_at_a_terminal_it_asks_before_it_sends_and_what_the_phone_shows(
        self, database_url, carrier
    ) -> None:
        typed = ["n"], ["y", "7", "2", *"11111"]
        refused = await at_a_terminal(database_url, typed[0], *CHECK, "--to", NUMBER)
        assert "nothing was sent" in refused.err
        assert carrier.submits == []
        ended = await at_a_terminal(
            database_url, typed[1], *CHECK, "--to", NUMBER, "--ask", "--wait", "1"
        )
        assert ended.code == 0, ended.err
        assert "What does it show?" in ended.out
        assert "a number from 1 to 5" in ended.out  # 7 is none
        assert "alphabet=latin1" in ended.out

    async def test_connecting_alone_sends_nothing(self, staffetta, carrier) -> None:
        ended = await staffetta(*CHECK, "--no-send")
        assert ended.code == 0
        assert "enquire_link │ answered in" in ended.out
        assert "Nothing needs to be set." in ended.out
        assert carrier.submits == []

    async def test_a_refused_bind_is_explained_and_fails(self, staffetta, carrier) -> None:
        carrier.smsc.bind_statuses = [0x05]
        ended = await staffetta(*CHECK, "--no-send")
        assert ended.code == 1
        assert "ESME_RALYBND" in ended.out
        assert "ask the carrier for one more bind" in ended.out
        assert "Nothing needs to be set." not in ended.out
        assert "hunter2" not in ended.out

    async def test_running_links_are_warned_of(self, staffetta, database) -> None:
        async with database.acquire() as connection:
            await connection.execute(
                "INSERT INTO process (role, host, pid, started_at, heartbeat_at)"
                " VALUES ('dispatch', 'h', 1, now(), clock_timestamp())"
            )
            await connection.execute(
                "INSERT INTO link SELECT connector.id, 1, process.id, 'bound', '', now()"
                " FROM connector, process"
            )
        ended = await staffetta(*CHECK, "--to", NUMBER, "--yes", "--wait", "0")
        assert "The connector runs with 1 links" in ended.err

    @pytest.mark.parametrize(
        ("arguments", "code", "part"),
        [
            ((), 2, "name a phone of yours"),
            (("--to", "3331234567"), 1, "does not begin with a plus"),
            (("--to", "+390612345678"), 1, "not a mobile one"),
            (("--to", NUMBER, "--no-send"), 2, "nothing is sent with --no-send"),
            (("--to", NUMBER, "--ask"), 1, "there is no terminal to ask at"),
            (("--to", NUMBER, "--burst", "-1"), 2, "--burst"),
            (("--to", NUMBER, "--from", "far too long a name"), 1, "3 to 11 printable"),
        ],
    )
    async def test_what_cannot_be_is_refused(
        self, staffetta, carrier, arguments: tuple[str, ...], code: int, part: str
    ) -> None:
        ended = await staffetta(*CHECK, *arguments)
        assert ended.code == code
        assert part in ended.err
        assert carrier.smsc.connections == []


async def test_the_simulated_network_is_where_its_port_is_said_to_be(staffetta, database) -> None:
    async with database.acquire() as connection:
        await connection.execute(
            "INSERT INTO connector (environment, name, kind, created_at, updated_at)"
            " VALUES ('sandbox', 'network', 'simulated', now(), now())"
        )
    check = ("connector", "check", "network", "--no-send", "--json")
    ended = await staffetta(*check)
    assert ended.code == 1
    assert "STAFFETTA_NETWORK_PORT" in ended.err
    async with running_network() as network:
        found = (await staffetta(*check, STAFFETTA_NETWORK_PORT=str(network.port))).json
    assert found["binds"][0]["system_id"] == "STAFFETTA"
