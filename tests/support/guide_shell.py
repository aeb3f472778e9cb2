"""A shell in which the blocks of a page are typed, one after the other.

What one block sets, the next one finds. Sample values of the pages (addresses, the demo account's
tokens, ports) become those of the installation that runs.
"""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from guide_answers import differences, line_differences
from guide_blocks import ROOT, Block, Mark
from guide_languages import language_environment
from guide_site import GuideSite
from installation import free_port, wait_for

_SECONDS_MAX: Final = 180  # patience, not a promise: the machine may be busy
_PATIENCE_SECONDS: Final = 60.0
# What only reads is asked again until it answers what is shown.
_READING: Final = re.compile(
    r"(\w+=\S*\n)*"
    r"(curl|(\.venv/bin/)?staffetta (messages|trace|(connector|callbacks) (list|show)))\b"
)
_WRITING: Final = re.compile(r" (-d|--data\S*|-X|-F) ")


@dataclass
class GuideShell:
    """One session."""

    directory: Path
    settings: Mapping[str, str]  # of the installation
    samples: Mapping[str, str]  # what stands in the page, and what it is here
    servers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / ".venv").symlink_to(ROOT / ".venv")
        self._state.write_text("")

    @property
    def _state(self) -> Path:
        return self.directory / ".state"

    @property
    def _what_was_set(self) -> str:
        # Bash's own variables are in it as well, and cannot be set.
        return f". {self._state} 2>/dev/null || true\n"

    @property
    def environment(self) -> dict[str, str]:
        """What commands find: the product, the languages of the pages, and nothing else."""
        languages = language_environment()
        places = (str(Path(sys.executable).parent), languages.pop("PATH"), "/usr/bin", "/bin")
        return {
            **languages,
            **self.settings,
            "PATH": os.pathsep.join(places),
            "HOME": str(self.directory),
            "LC_ALL": "C.UTF-8",
            "COLUMNS": "160",
        }

    def here(self, text: str) -> str:
        """The text with what the samples are here.

        All at once, and whole words: a token may well have the digits of a port in it.
        """
        samples = "|".join(map(re.escape, self.samples))
        return re.sub(rf"(?<!\w)({samples})(?!\w)", lambda found: self.samples[found[0]], text)

    def save(self, block: Block) -> None:
        """Save a block as the file that its mark names."""
        (self.directory / block.word).write_text(self.here(block.text), encoding="utf-8")

    def type(self, block: Block) -> str:
        """What a block's commands print; fails when one of them does."""
        return self.run(block.text, str(block))

    def run(self, commands: str, where: str = "") -> str:
        """What commands print, `where` they stand; fails when one of them does."""
        script = f"{self._what_was_set}{self.here(commands)}\nexport -p >{self._state}\n"
        done = subprocess.run(
            ["bash", "-eua", "-o", "pipefail", "-c", script.replace("curl ", "curl -sS ")],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS_MAX,
            check=False,
        )
        assert done.returncode == 0, (where, commands, done.stdout, done.stderr)
        return done.stdout

    def type_and_compare(self, block: Block, answer: Block) -> None:
        """Type a block that prints what the page shows below it."""
        wanted = self.here(answer.text)
        compare = differences if answer.language == "json" else line_differences
        if not _READING.match(block.text) or _WRITING.search(block.text):
            found = compare(wanted, self.type(block))
            assert not found, (str(answer), found)
            return
        wait_for(lambda: not compare(wanted, self.type(block)), _PATIENCE_SECONDS, str(answer))

    def serve(self, block: Block) -> None:
        """Start what goes on running, instead of what ran on that port before."""
        assert block.mark is Mark.SERVER
        self.stop(block.word)
        said = self.directory / f"{block.word}.log"
        with said.open("ab") as log:
            process = self.servers[block.word] = subprocess.Popen(
                ["bash", "-eua", "-c", self._what_was_set + self.here(block.text)],
                cwd=self.directory,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        port = int(self.here(block.word))
        wait_for(lambda: answers_at(port) or process.poll() is not None, _SECONDS_MAX, str(block))
        assert process.poll() is None, (str(block), said.read_text())

    def said_at(self, port: str) -> str:
        """What the server at a port of the page printed, and those before it."""
        return (self.directory / f"{port}.log").read_text(encoding="utf-8")

    def stop(self, port: str) -> None:
        """End what runs on a port of the page, and its children."""
        running = self.servers.pop(port, None)
        if running is not None:
            end_group(running)

    def close(self) -> None:
        """End everything that was started."""
        for port in list(self.servers):
            self.stop(port)


def answers_at(port: int) -> bool:
    """Whether something listens on a port of loopback."""
    with socket.socket() as knock:
        knock.settimeout(1)
        return knock.connect_ex(("127.0.0.1", port)) == 0


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process that has a group of its own, with everything in it."""
    os.killpg(process.pid, 15)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait()


@contextmanager
def typing(
    site: GuideSite, directory: Path, more: Mapping[str, str] = MappingProxyType({})
) -> Iterator[GuideShell]:
    """A session that leaves nothing running. Port 9000 of a page is a free one.

    `more` are samples that this page has besides those of all.
    """
    samples = {**site.samples, "9000": str(free_port()), **more}
    shell = GuideShell(directory, site.settings, samples)
    try:
        yield shell
    finally:
        shell.close()


def run_page(shell: GuideShell, blocks: list[Block]) -> None:
    """Type a page from top to bottom."""
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        if block.mark is Mark.FILE:
            shell.save(block)
        elif block.mark is Mark.SERVER:
            shell.serve(block)
        elif block.is_command and block.mark is None:
            if following is not None and following.is_answer:
                shell.type_and_compare(block, following)
            else:
                shell.type(block)
