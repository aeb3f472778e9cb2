"""The languages that the guides show code in, for a shell that knows them by their usual names."""

import atexit
import re
import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

import peers

_PHP: Final = re.compile(r"php\d+\.\d+")
_GO_FOLDERS: Final = "usr/lib/go-*"


def language_environment() -> dict[str, str]:
    """What a shell needs for node, php and go; builds are kept for as long as the tests run."""
    return {
        "PATH": str(_folder()),
        "LD_LIBRARY_PATH": peers.environment().get("LD_LIBRARY_PATH", ""),
        "GOCACHE": str(_folder() / "built"),
        "GO111MODULE": "off",  # the standard library alone
        "GOPROXY": "off",
        "GOFLAGS": "",
        **_go_home(),
    }


@cache
def _folder() -> Path:
    """A directory with the programs under the names that people type."""
    folder = Path(mkdtemp(prefix="staffetta-languages-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name, target in (("node", _node()), ("php", _php()), ("go", peers.program("go"))):
        (folder / name).symlink_to(target)
    return folder


def _node() -> str:
    return peers.node_command(Path())[0]


def _php() -> str:
    """Debian's alternatives are not set up by unpacking: the name holds a version."""
    unpacked = peers.PEERS / "debian" / "usr" / "bin"
    found = [one for one in unpacked.glob("php*") if _PHP.fullmatch(one.name)]
    return str(found[0]) if found else peers.program("php")


def _go_home() -> dict[str, str]:
    found = sorted((peers.PEERS / "debian").glob(_GO_FOLDERS))
    return {"GOROOT": str(found[-1])} if found else {}
