"""The configurations of docs/reference/https.md: each proxy runs, and brings what it must."""

import re
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import peers
import pytest
from authority import Authority
from guide_blocks import ROOT, blocks_of
from guide_shell import answers_at, end_group
from guide_site import OWN_NAMES, GuideSite
from installation import free_port, wait_for
from issued_files import write_files

NAME, SANDBOX_NAME = OWN_NAMES
OTHER_NAME = "gateway.example.org"  # services are in its paths
CONFIGURATIONS = {
    block.language: block.text
    for block in blocks_of(ROOT / "docs/reference/https.md")
    if block.language in {"nginx", "caddyfile", "haproxy"}
}


@dataclass
class Front:
    """A proxy to be started: its files are in a directory of its own."""

    directory: Path
    port: int
    behind: int  # the port of the installation

    def configure(self, language: str) -> Path:
        """The page's configuration, with the addresses of here."""
        text = CONFIGURATIONS[language].replace("127.0.0.1:8080", f"127.0.0.1:{self.behind}")
        path = self.directory / language
        path.write_text(getattr(self, f"_{language}")(text))
        return path

    def _nginx(self, text: str) -> str:
        text = text.replace("listen 443", f"listen 127.0.0.1:{self.port}")
        for file, ours in (("fullchain.pem", "certificate.pem"), ("privkey.pem", "key.pem")):
            text = re.sub(rf"/etc/letsencrypt/\S+/{file}", f"{self.directory}/{ours}", text)
        text = text.replace("/var/log/nginx/staffetta.log", f"{self.directory}/access.log")
        kept = "".join(
            f"{one}_temp_path {self.directory}/{one};"
            for one in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        own = f"daemon off; pid {self.directory}/pid; events {{}}"
        return f"{own} http {{ {kept}\n{text} }}\n"

    def _caddyfile(self, text: str) -> str:
        files = f"tls {self.directory}/certificate.pem {self.directory}/key.pem"
        ours = f"{{\n admin off\n auto_https off\n https_port {self.port}\n}}\n"
        names = ", ".join(f"https://{one}:{self.port}" for one in (NAME, SANDBOX_NAME, OTHER_NAME))
        head, _, rest = text.partition("{\n")
        assert head.strip() == f"{NAME}, {SANDBOX_NAME}"
        return f"{ours}{names} {{\n bind 127.0.0.1\n {files}\n{rest}"

    def _haproxy(self, text: str) -> str:
        both = (self.directory / "certificate.pem").read_text()
        (self.directory / "both.pem").write_text(both + (self.directory / "key.pem").read_text())
        text = text.replace("bind :443", f"bind 127.0.0.1:{self.port}")
        text = re.sub(r"crt \S+", f"crt {self.directory}/both.pem", text)
        return text.replace("    log-format", "    log stdout format raw local0\n    log-format")


COMMANDS = {
    "nginx": (["nginx", "-e", "stderr", "-t", "-c"], ["nginx", "-e", "stderr", "-c"]),
    "caddyfile": (
        ["caddy", "validate", "--adapter", "caddyfile", "--config"],
        ["caddy", "run", "--adapter", "caddyfile", "--config"],
    ),
    "haproxy": (["haproxy", "-c", "-f"], ["haproxy", "-db", "-f"]),
}


@contextmanager
def in_front(language: str, front: Front) -> Iterator[None]:
    path = front.configure(language)
    judge, start = COMMANDS[language]
    environment = {**peers.environment(), "HOME": str(front.directory)}
    judged = subprocess.run(
        [peers.program(judge[0]), *judge[1:], path],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert judged.returncode == 0, judged.stderr
    said = front.directory / "said"
    with said.open("wb") as log:
        process = subprocess.Popen(
            [peers.program(start[0]), *start[1:], path],
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_for(lambda: answers_at(front.port) or process.poll() is not None, 60, language)
        assert process.poll() is None, said.read_text()
        yield
    finally:
        end_group(process)


@pytest.mark.parametrize("language", CONFIGURATIONS)
def test_a_message_comes_through_the_proxy(language: str, site: GuideSite, tmp_path: Path) -> None:
    authority = Authority()
    write_files(authority.issue(SANDBOX_NAME), tmp_path)
    (tmp_path / "authority.pem").write_text(authority.certificate)
    front = Front(tmp_path, free_port(), site.installation.port)
    with (
        in_front(language, front),
        httpx.Client(
            base_url=f"https://127.0.0.1:{front.port}",
            verify=ssl.create_default_context(cadata=authority.certificate),
            headers={"Host": SANDBOX_NAME, "Authorization": f"Bearer {site.token}"},
            timeout=30,
        ) as client,
    ):
        named = {"sni_hostname": SANDBOX_NAME}
        body = {"recipient": "+393331234567", "message": "through the proxy"}
        answer = client.post("/IT-messages", json=body, extensions=named)
        assert answer.status_code == 201, answer.text
        forged = {"X-Forwarded-For": "203.0.113.9", "Host": OTHER_NAME}
        path = f"/sandbox/oauth/v1/token/{site.token}"
        read = client.get(path, headers=forged, auth=site.credentials, extensions=named)
        assert read.status_code == 200, read.text
        # Where it says links, they begin with https: the proxy told the scheme.
        home = client.get("/", headers={**forged, "Accept": "*/*"}, extensions=named)
        assert home.json()["console"].startswith(f"https://{OTHER_NAME}")
    logs = [tmp_path / name for name in ("said", "access.log")]
    kept = "".join(log.read_text() for log in logs if log.exists())
    assert site.token not in kept
    if language != "caddyfile":
        assert "[hidden]" in kept
