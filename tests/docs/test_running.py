"""The guide to running: what can be run is, backups are restored, and the rest is looked at."""

import configparser
import json
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from guide_blocks import GUIDES, ROOT, Block, Mark, blocks_of
from guide_shell import run_page, typing
from guide_site import guided

from staffetta.app.roles import Role
from staffetta.config import read_settings, unknown_settings

BLOCKS = blocks_of(GUIDES / "running.md")
FILES = {block.word: block.text for block in BLOCKS if block.mark is Mark.FILE}
PAGE = (GUIDES / "running.md").read_text()
COMMAND = "/opt/staffetta/bin/staffetta"


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A directory whose sockets programs of PostgreSQL can name: 107 characters at most."""
    with tempfile.TemporaryDirectory(prefix="staffetta-") as directory:
        yield Path(directory)


def test_a_backup_made_and_brought_back_as_the_page_says_holds_everything(
    short_path: Path, tmp_path: Path
) -> None:
    with guided(short_path) as site:
        here = {"/opt/staffetta": sys.prefix, "/var/lib/staffetta": str(site.installation.data_dir)}
        with (
            typing(site, tmp_path / "shell", here) as shell,
            site.installation.client(site.token) as client,
        ):
            body = {"recipient": "+393331234567", "message": "before the backup"}
            kept = client.post("/IT-messages", json=body).json()["data"]
            run_page(shell, [block for block in BLOCKS if block.mark is None])
            site.installation.stop()
            site.installation.start()
            read = client.get(f"/messages/{kept['id']}")
            assert read.json()["data"]["message"] == "before the backup"
            assert client.get("/messages").json()["data"][0]["id"] == kept["id"]
        assert site.installation.json("ledger", "verify")["exact"] is True


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_reads_the_unit_without_a_complaint(tmp_path: Path) -> None:
    unit = tmp_path / "staffetta.service"
    unit.write_text(FILES["staffetta.service"].replace(COMMAND, f"{sys.prefix}/bin/staffetta"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    complaints = [line for line in done.stderr.splitlines() if unit.name in line]
    assert (done.returncode, complaints) == (0, [])


def test_the_unit_starts_what_is_installed_with_the_settings_beside_it() -> None:
    unit = configparser.ConfigParser(strict=True, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(FILES["staffetta.service"])
    assert unit["Service"]["ExecStart"] == f"{COMMAND} serve"
    installed = next(block.text for block in BLOCKS if "useradd" in block.text)
    assert f"--home-dir /var/lib/{unit['Service']['StateDirectory']}" in installed
    assert f" {unit['Service']['User']}\n" in installed
    assert unit["Service"]["EnvironmentFile"] in PAGE


@pytest.mark.parametrize("name", ["staffetta.env", "several.env"])
def test_the_settings_are_settings(name: str, tmp_path: Path) -> None:
    variables = dict(line.split("=", 1) for line in FILES[name].splitlines())
    key = tmp_path / "staffetta.key"
    key.write_text("ab" * 32)
    key.chmod(0o600)
    here = {
        name: value.replace("/etc/staffetta.key", str(key)) for name, value in variables.items()
    }
    assert unknown_settings(here) == []
    read_settings(here)


def test_the_roles_are_roles() -> None:
    named = set(re.findall(r"`(?:staffetta serve )?(?:--role )?(\w+)`", PAGE))
    assert set(Role) <= named


def test_every_step_of_the_container_can_be_read_and_finds_its_files() -> None:
    text = FILES["Containerfile"].replace("\\\n", " ")
    steps = [line.split(" ", 1) for line in text.splitlines()]
    for step, words in steps:
        match step:
            case "RUN":
                check_syntax(words)
            case "HEALTHCHECK":
                program = json.loads(words.partition("CMD ")[2])
                compile(program[2], "HEALTHCHECK", "exec")
            case "ENTRYPOINT" | "CMD":
                assert json.loads(words)
            case "ENV":
                assert unknown_settings(dict(pair.split("=") for pair in words.split())) == []
    assert steps[0][0] == "FROM"
    for file in re.findall(r"--requirement (\S+)", text):
        assert (ROOT / file).exists()


@pytest.mark.parametrize(
    "block", [one for one in BLOCKS if one.mark is Mark.NOT_RUN], ids=lambda one: str(one.line)
)
def test_what_is_not_run_is_a_script(block: Block) -> None:
    check_syntax(block.text)
    for line in block.text.replace("\\\n", " ").splitlines():
        assert shutil.which(shlex.split(line)[0]) or shlex.split(line)[0] in KNOWN, line


KNOWN = {"apt-get", "useradd", "systemctl", "journalctl", "systemd-run", "docker", "git"}
KNOWN |= {"/opt/staffetta/bin/pip", "python3", "ln"}


def check_syntax(script: str) -> None:
    subprocess.run(["sh", "-n"], input=script, text=True, check=True, timeout=20)


def test_what_is_installed_has_every_file_of_the_package(tmp_path: Path) -> None:
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", tmp_path, ROOT),
        ],
        check=True,
        timeout=120,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("staffetta-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("staffetta/")}
    source = ROOT / "src"
    files = {
        str(path.relative_to(source))
        for path in (source / "staffetta").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files - packed == set()
