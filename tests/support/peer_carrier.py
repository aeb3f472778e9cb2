"""A carrier that software of others plays, in a process of its own: what it read, what it is told.

The scripts in tests/interop/peers write a line of JSON for every PDU they read, as their library
understood it, and read orders from their standard input.
"""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from peers import environment, node_command, program

SCRIPTS = Path(__file__).parent.parent / "interop" / "peers"
PASSWORD = "secret"
_SECONDS_MAX = 60.0  # patience, not a promise: the machine may be busy
Told = dict[str, Any]


@dataclass
class PeerCarrier:
    """A running carrier; `told` is everything it wrote, in its order."""

    process: subprocess.Popen[str]
    told: list[Told] = field(default_factory=list)
    port: int = 0

    def __post_init__(self) -> None:
        self._came = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def pdus(self, command: str, **wanted: Any) -> list[Told]:
        """The PDUs of a kind that it read so far, those alone whose fields are as wanted."""
        return [
            one
            for one in list(self.told)
            if one.get("command") == command
            and all(one.get(name) == value for name, value in wanted.items())
        ]

    @property
    def sessions(self) -> list[int]:
        """The numbers of all connections so far."""
        return [one["session"] for one in list(self.told) if one["told"] == "connected"]

    @property
    def open_sessions(self) -> list[int]:
        """Those that are still there."""
        closed = {one["session"] for one in list(self.told) if one["told"] == "closed"}
        return [number for number in self.sessions if number not in closed]

    def wait_for(self, look: Callable[[], Any], what: str) -> Any:
        """The first true answer of `look`, asked whenever it wrote something."""
        with self._came:
            if not self._came.wait_for(lambda: look() or self._is_over(), _SECONDS_MAX):
                raise AssertionError(f"{what} did not come; the last it told: {self.told[-5:]}")
        found = look()
        assert found, f"{what} did not come, and the carrier ended"
        return found

    def wait_for_pdus(self, count: int, command: str, **wanted: Any) -> list[Told]:
        """Wait until it read so many PDUs of a kind."""
        found: list[Told] = self.wait_for(
            lambda: len(pdus := self.pdus(command, **wanted)) >= count and pdus,
            f"{count} {command}",
        )
        assert len(found) == count, found
        return found

    def order(self, *words: object) -> None:
        """Tell it to do something, and wait until it has."""
        line = " ".join(map(str, words))
        done = sum(one.get("order") == line for one in list(self.told))
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        self.wait_for(lambda: sum(one.get("order") == line for one in self.told) > done, line)

    def end(self) -> None:
        """End it, and read what it still said."""
        self.process.terminate()
        self._reader.join(_SECONDS_MAX)

    def _is_over(self) -> bool:
        return self.process.poll() is not None

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._came:
                self.told.append(json.loads(line))
                self._came.notify_all()
        self.process.wait()
        with self._came:
            self._came.notify_all()


@contextmanager
def _running(command: Sequence[str], log: Path) -> Iterator[PeerCarrier]:
    with (
        log.open("ab") as errors,
        subprocess.Popen(
            command,
            env={**environment(), "CARRIER_PASSWORD": PASSWORD},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        carrier = PeerCarrier(process)
        try:
            carrier.wait_for(lambda: carrier.told, f"the start of {command[-1]}, see {log}")
            carrier.port = carrier.told[0]["port"]
            yield carrier
        finally:
            carrier.end()


@contextmanager
def running_node_carrier(directory: Path, *tls_files: Path) -> Iterator[PeerCarrier]:
    """node-smpp as a carrier; with the files of a certificate and its key it speaks TLS."""
    command = [*node_command(SCRIPTS / "node_carrier.js"), *map(str, tls_files)]
    with _running(command, directory / "node.log") as carrier:
        yield carrier


@contextmanager
def running_net_smpp_carrier(directory: Path) -> Iterator[PeerCarrier]:
    """Net::SMPP as a carrier."""
    command = [program("perl"), str(SCRIPTS / "net_smpp_carrier.pl")]
    with _running(command, directory / "net_smpp.log") as carrier:
        yield carrier
