"""The command `staffetta smsc` as a process."""

import asyncio
import re
import signal
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from certificate import make_certificate
from running_network import message
from scripted_esme import ScriptedEsme, until

from staffetta.connectors.simulated.behaviours import BEHAVIOURS
from staffetta.connectors.simulated.journal import read_journal

COMMAND = (sys.executable, "-c", "from staffetta.cli import main; main()", "smsc")


class Running:
    """The process, the port it told, and what it printed at the start."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.greeting = ""

    @property
    def port(self) -> int:
        return int(re.search(r"SMSC on 127\.0\.0\.1:(\d+)", self.greeting).group(1))

    async def read_until(self, word: str) -> str:
        """The lines up to the first with `word` in it."""
        lines = ""
        async with asyncio.timeout(20):
            while word not in lines:
                line = await self.process.stdout.readline()
                assert line, lines
                lines += line.decode()
        return lines


@asynccontextmanager
async def running_command(*options: str) -> AsyncIterator[Running]:
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *("--port", "0", "--delay", "0", *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"SMSC_PASSWORD": "secret", "COLUMNS": "200"},
    )
    running = Running(process)
    try:
        running.greeting = await running.read_until("Ctrl-C")
        yield running
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_it_says_where_it_is_and_which_numbers_are_special_and_stops_cleanly():
    async with running_command() as running:
        for row in BEHAVIOURS:
            assert row.digits in running.greeting
            assert row.what_happens in running.greeting
        esme = await ScriptedEsme.bound(running.port)
        assert (await esme.exchange(message("9902"))).command_status == 0x0B
        running.process.send_signal(signal.SIGTERM)
        assert await running.process.wait() == 0
        await until(lambda: esme.is_lost)


async def test_verbose_prints_a_line_for_each_message_and_report():
    async with running_command("--verbose") as running:
        esme = await ScriptedEsme.bound(running.port)
        response = await esme.exchange(message(text=b"clear \x1b[2J screen"))
        lines = await running.read_until("DELIVRD")
        message_id = response.message_id.decode()
        assert f"SubmitSm ACME -> 393331230000 accepted {message_id}: clear .[2J screen" in lines
        assert f"DeliverSm 393331230000 -> ACME DELIVRD {message_id}: id:{message_id}" in lines


async def test_it_lets_only_the_named_one_bind():
    async with running_command("--system-id", "acme", "--password-env", "SMSC_PASSWORD") as running:
        assert "system_id acme" in running.greeting
        assert "secret" not in running.greeting
        for system_id, password, status in (
            (b"acme", b"secret", 0),
            (b"acme", b"wrong", 0x0E),
            (b"other", b"secret", 0x0F),
        ):
            esme = await ScriptedEsme.connect(running.port)
            assert await esme.bind(system_id=system_id, password=password) == status


async def test_it_speaks_tls_with_a_certificate(tmp_path):
    certificate, key = make_certificate(tmp_path, "smsc.example.com")
    trusting = ssl.create_default_context(cafile=certificate)
    shown = ("--tls-certificate", str(certificate), "--tls-key", str(key))
    async with running_command(*shown) as running:
        assert "SMPP 3.4 over TLS" in running.greeting
        _transport, esme = await asyncio.get_running_loop().create_connection(
            lambda: ScriptedEsme(10),
            "127.0.0.1",
            running.port,
            ssl=trusting,
            server_hostname="smsc.example.com",
        )
        assert await esme.bind() == 0
        assert (await esme.exchange(message("0000"))).command_status == 0
        await esme.unbind()


async def failing(*options: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, *options), stderr=asyncio.subprocess.PIPE, env={}
    )
    _output, errors = await process.communicate()
    return process.returncode, errors.decode()


async def test_a_missing_password_is_said_in_one_sentence():
    assert await failing("--password-env", "NOT_SET") == (
        1,
        "staffetta: the environment variable NOT_SET is not set, or empty\n",
    )


async def test_a_port_in_use_is_said_in_one_sentence():
    async with running_command() as running:
        assert await failing("--port", str(running.port)) == (
            1,
            f"staffetta: cannot listen on 127.0.0.1:{running.port}: Address already in use\n",
        )


async def test_it_spells_ids_and_writes_reports_as_it_is_told():
    options = ("--ids", "hex-decimal", "--first-id", "31", "--report-form", "bare")
    async with running_command(*options) as running:
        esme = await ScriptedEsme.bound(running.port)
        response = await esme.exchange(message())
        await until(lambda: len(esme.reports) == 1)
        assert response.message_id == b"1f"
        assert esme.reports[0].short_message == b"id:31 DELIVRD err:000"


async def test_it_refuses_a_spelling_that_it_does_not_know():
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "--ids", "roman", stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == 2
    assert b"hex-decimal" in said


async def test_the_command_takes_an_alphabet_and_its_journal_tells_of_it(tmp_path: Path):
    path = tmp_path / "journal"
    options = ("--alphabet", "latin1", "--septet-coding", "241", "--journal", str(path))
    async with running_command(*options) as running:
        esme = await ScriptedEsme.bound(running.port)
        await esme.exchange(message(text=b"5$ @ \xe8"))
        await esme.exchange(message(text=b"5 \x1be", data_coding=0xF1))
        assert [entry.text for entry in read_journal(path)] == ["5$ @ è", "5 €"]


async def test_a_certificate_that_is_none_is_said_in_one_sentence(tmp_path):
    broken = tmp_path / "broken.pem"
    broken.write_text("nothing")
    status, said = await failing("--tls-certificate", str(broken))
    assert status == 1
    assert said.startswith(f"staffetta: cannot use {broken}: ")
    assert await failing("--tls-key", str(broken)) == (
        1,
        "staffetta: --tls-key needs --tls-certificate\n",
    )
