"""A whole installation: the installed command on a fresh data directory, spoken to over HTTP."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any, Final, TypeVar

import httpx
from command_forks import run_forked
from prepared_data import copy_prepared

COMMAND = str(Path(sys.executable).with_name("staffetta"))
START_SECONDS_MAX = 240  # patience, not a promise: the machine may be busy
STOP_SECONDS_MAX = 60.0
Found = TypeVar("Found")
_KEPT_PORTS: Final[list[socket.socket]] = []


def free_port() -> int:
    """A port of loopback that is given to nobody else for as long as this process lives.

    It stays bound, and nobody listens there: the system gives it to no one who asks for any port,
    and a server that asks for this one gets it, as often as it starts (SO_REUSEADDR, as all have).
    """
    kept = socket.socket()
    _KEPT_PORTS.append(kept)
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    kept.bind(("127.0.0.1", 0))
    port: int = kept.getsockname()[1]
    return port


def wait_for(look: Callable[[], Found], seconds_max: float = 60.0, what: str = "") -> Found:
    """The first true answer of `look`; fails with its last answer when the time is over."""
    deadline = time.monotonic() + seconds_max
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what or look} did not come true; last answer: {found!r}")
        time.sleep(0.05)


@dataclass
class Installation:
    """`staffetta serve` and the commands that go with it."""

    data_dir: Path
    port: int = field(default_factory=free_port)
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if "STAFFETTA" not in name}
        return {
            **kept,
            "STAFFETTA_DATA_DIR": str(self.data_dir),
            "STAFFETTA_PORT": str(self.port),
            **self.settings,
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log_path(self) -> Path:
        return self.data_dir.parent / f"{self.data_dir.name}.log"

    def start(self, *, wait: bool = True) -> None:
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        # It ends with the tests, however they end. (What watches is the thread that starts it.)
        bound = ("setpriv", "--pdeathsig", "TERM") if current_thread() is main_thread() else ()
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [*bound, COMMAND, "serve"],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if wait:
            self.wait_until_healthy()

    def wait_until_healthy(self, seconds_max: float = START_SECONDS_MAX) -> None:
        try:
            wait_for(self.is_healthy, seconds_max, "healthy")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log_path.read_text()[-4000:]}") from None

    def is_healthy(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log_path.read_text()[-4000:]
        try:
            return httpx.get(f"{self.url}/healthz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> int:
        """SIGTERM; answers the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(STOP_SECONDS_MAX)
        self.process = None
        return code

    def end(self) -> None:
        """Make sure that nothing is left, whatever the test did."""
        if self.process is not None and self.process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = run_forked(arguments, self.environment, seconds_max=180)
        if check:
            assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json").stdout)

    def make_account(self, email: str = "alice@example.com") -> dict[str, str]:
        """An account with a token for each environment, and 10 in production."""
        self.json("account", "create", "--email", email)
        self.json("topup", "--email", email, "--environment", "production", "--amount", "1000")
        return {
            environment: self.json(
                "token", "create", "--email", email, "--environment", environment
            )["token"]
            for environment in ("production", "sandbox")
        }

    def client(self, token: str, environment: str = "sandbox") -> httpx.Client:
        prefix = "/sandbox/v2" if environment == "sandbox" else "/v2"
        return httpx.Client(
            base_url=f"{self.url}{prefix}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        )

    def pid_of(self, role: str) -> int:
        """The process that has this role in its command line."""
        assert self.process is not None
        for child in (
            Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        ):
            try:
                command = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            except OSError:  # it ended meanwhile
                continue
            if any(role.encode() in part for part in command):
                return int(child)
        raise AssertionError(f"no child process has the role {role}")


@contextmanager
def running(data_dir: Path, *, is_first: bool = False, **settings: str) -> Iterator[Installation]:
    """An installation, for as long as the block runs; `is_first`: nothing is prepared for it."""
    installation = Installation(data_dir, settings=settings)
    try:
        if not is_first:
            copy_prepared(data_dir)
        installation.start()
        yield installation
    finally:
        installation.end()
