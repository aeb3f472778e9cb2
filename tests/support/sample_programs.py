"""The programs that run the references' samples, in the ways to write them that can be run here.

What cannot: those that need a browser, a device of Apple's, or libraries that neither Debian nor
the registries of the languages give in a form to run (see docs/reference/samples.md).
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final

import httpx
import peers
from guide_languages import language_environment

_SECONDS_MAX: Final = 600  # patience, not a promise: the machine may be busy
_NOT_PASSED_ON: Final = {"host", "connection", "content-length", "transfer-encoding"}
# A way to write, to the file that its code is put into and the command that runs it.
COMMANDS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "shell-curl": ("sample.sh", ("sh", "-e")),
    "shell-httpie": ("sample.sh", ("sh", "-e")),
    "shell-wget": ("sample.sh", ("sh", "-e")),
    "python-requests": ("sample.py", (sys.executable,)),
    "python-python3": ("sample.py", (sys.executable,)),
    "node-native": ("sample.js", ("node",)),
    "php-curl": ("sample.php", ("php",)),
    "ruby-native": ("sample.rb", ("ruby",)),
    "go-native": ("sample.go", ("go", "run")),
}


def run_sample(variant: str, code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a sample to its end."""
    name, command = COMMANDS[variant]
    path = folder / name
    path.write_text(code, encoding="utf-8")
    return subprocess.run(
        [*command, str(path)],
        env=_environment(),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_SECONDS_MAX,
        stdin=subprocess.DEVNULL,
        check=False,
    )


@cache
def _environment() -> dict[str, str]:
    languages = language_environment()
    folder = Path(languages["PATH"])
    for name in ("ruby", "curl", "wget"):
        (folder / name).symlink_to(peers.program(name))
    (folder / "http").symlink_to(Path(sys.prefix) / "bin" / "http")
    extension = sorted(peers.PEERS.glob("debian/usr/lib/php/*/curl.so"))
    (folder / "ini").mkdir()
    if extension:
        (folder / "ini" / "curl.ini").write_text(f"extension={extension[0]}\n")
    ruby = [
        *peers.PEERS.glob("debian/usr/lib/ruby/3*"),
        *peers.PEERS.glob("debian/usr/lib/ruby/vendor_ruby"),
        *peers.PEERS.glob("debian/usr/lib/*-linux-*/ruby/3*"),
    ]
    return {
        **languages,
        "PATH": f"{folder}:/usr/bin:/bin",
        "HOME": str(folder),
        "PHP_INI_SCAN_DIR": f":{folder / 'ini'}",
        **({"RUBYLIB": os.pathsep.join(map(str, ruby))} if ruby else {}),
    }


@dataclass
class Watched:
    """A way to a server on which every answer's status is seen."""

    url: str
    statuses: list[int] = field(default_factory=list)


@contextmanager
def watching(upstream: str) -> Iterator[Watched]:
    """Stand before a server, and note what it answers."""
    with httpx.Client(base_url=upstream, timeout=30) as client:

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self) -> None:
                passed = {
                    name: value
                    for name, value in self.headers.items()
                    if name.lower() not in _NOT_PASSED_ON
                }
                answer = client.request(
                    self.command, self.path, headers=passed, content=self.read_body()
                )
                watched.statuses.append(answer.status_code)
                self.send_response(answer.status_code)
                self.send_header("Content-Type", answer.headers.get("content-type", ""))
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            def read_body(self) -> bytes:
                if self.headers.get("Transfer-Encoding") != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length") or 0))
                chunks = []
                while size := int(self.rfile.readline(), 16):
                    chunks.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(chunks)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one  # noqa: N815

            def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
                """Nothing: the test says what it saw."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        watched = Watched(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield watched
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
