"""A data directory that was started once, to be copied for each installation that tests start.

What a first start does (the database's files and tables, the demo account, the simulated network)
is done by then. The copies are as safe from kills as any, and not from a machine that goes down:
nothing waits for the disk.
"""

import atexit
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

_POSTGRESQL = Path("postgresql", "local.conf")
_SETTINGS = "fsync = off\nfull_page_writes = off\nshared_buffers = 64MB\nmin_wal_size = 32MB\n"


def copy_prepared(data_dir: Path) -> None:
    """Make `data_dir`, as an installation leaves it that was started and stopped."""
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    # Keeps owners, which Python's own copying does not: the database has a user of its own.
    subprocess.run(
        ["cp", "--archive", "--reflink=auto", _prepared(), data_dir], check=True, timeout=120
    )


def first_words() -> str:
    """What the first start said: the demo account is in every copy, with the tokens it names."""
    log = _prepared().with_suffix(".log")
    return log.read_text(encoding="utf-8").partition("\nStaffetta is ready")[2]


@cache
def _prepared() -> Path:
    from installation import Installation

    directory = Path(tempfile.mkdtemp(prefix="staffetta-prepared-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    installation = Installation(directory / "data")
    try:
        installation.start()
        installation.stop()
    finally:
        installation.end()
    local = installation.data_dir / _POSTGRESQL
    local.write_text(_SETTINGS)
    local.chmod(0o644)
    return installation.data_dir
