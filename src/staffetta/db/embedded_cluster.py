"""The files of the embedded PostgreSQL: made by initdb, configured anew at every start.

Owns postgresql.conf, pg_hba.conf and pg_ident.conf of the cluster; what an operator wants to add
goes into `local.conf` beside them, which this module never touches. It starts no server.

Who may connect: there is no TCP, the socket's directory has mode 0700, and the kernel names the
user at the other end (`peer`). So there is no password to keep, and only root, the user that
started the product and the server's own user pass. A password file would be one more secret to
lose, and would protect against nobody else.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from staffetta.db.embedded_owner import EmbeddedServerError, Owner, choose_maker, walkable

ROLE: Final = "staffetta"
SOCKET_FOLDER: Final = "socket"  # inside the cluster: PostgreSQL names it relative to itself
_ADDITIONS: Final = "local.conf"
_MAJOR_VERSION: Final = "18"
_INITDB_SECONDS_MAX: Final = 300

_SETTINGS: Final[dict[str, str]] = {
    "listen_addresses": "",
    "unix_socket_directories": SOCKET_FOLDER,
    "max_connections": "256",  # an unused one costs next to nothing
    # Memory: modest, for a machine that does other things too.
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    # In files: systemd-logind removes POSIX shared memory when an ordinary user logs out, and
    # containers give /dev/shm 64 MB.
    "dynamic_shared_memory_type": "mmap",
    # Durability.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_buffers": "16MB",
    "max_wal_size": "4GB",
    "min_wal_size": "256MB",
    "checkpoint_timeout": "15min",
    # This build has no lz4, and pglz costs more CPU than the bytes are worth.
    "wal_compression": "off",
    # Short statements on few cores.
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "random_page_cost": "1.1",
    # Queues leave dead rows all the time: look often, work in small portions.
    "autovacuum_naptime": "10s",
    "autovacuum_max_workers": "3",
    "autovacuum_vacuum_insert_scale_factor": "0.1",
    "timezone": "UTC",
    # Logs: a file for each day of the week. Terse, and without parameters: rows hold people's
    # numbers and texts.
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_lock_waits": "on",
}
# For tests alone: rows survive a killed server, and not a killed machine.
_UNSAFE_SETTINGS: Final[dict[str, str]] = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "autovacuum_naptime": "60s",
}


def create_cluster(cluster: Path, owner: Owner, binaries: Path, *, durable: bool) -> None:
    """Make the database files, or nothing: a killed initdb leaves no half cluster behind.

    Raises EmbeddedServerError with initdb's own words.
    """
    unfinished = cluster.with_name(cluster.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    maker = choose_maker(owner)
    maker.give(unfinished)
    with walkable(unfinished, maker) as (path, descriptors):
        command = [
            str(binaries / "initdb"),
            f"--pgdata={path}",
            f"--username={ROLE}",
            "--encoding=UTF8",
            # Sorts by code point wherever it runs, and knows upper and lower case beyond ASCII;
            # needs no locale of the system.
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--data-checksums",
            "--auth=reject",  # until write_configuration says who may
            "--no-instructions",
            *([] if durable else ["--no-sync"]),
        ]
        done = subprocess.run(  # noqa: S603 - fixed words and our own paths
            command,
            check=False,
            cwd="/",
            env={"LC_ALL": "C", "PATH": os.defpath},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_INITDB_SECONDS_MAX,
            pass_fds=descriptors,
            **maker.spawn_arguments(),
        )
    if done.returncode != 0:
        raise EmbeddedServerError(f"initdb failed in {cluster}: {done.stderr.strip()[-2000:]}")
    (unfinished / SOCKET_FOLDER).mkdir(mode=0o700)
    owner.give(unfinished)
    unfinished.rename(cluster)


def check_version(cluster: Path) -> None:
    """Refuse a cluster of another major version: its files have another format."""
    version = (cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    if version != _MAJOR_VERSION:
        raise EmbeddedServerError(
            f"{cluster} holds data of PostgreSQL {version}, and this release brings PostgreSQL "
            f"{_MAJOR_VERSION}: move the data with pg_dump and pg_restore, or set "
            "STAFFETTA_DATABASE_URL to a server of that version"
        )


def write_configuration(cluster: Path, owner: Owner, *, durable: bool) -> None:
    """Write all three configuration files anew."""
    settings = _SETTINGS if durable else _SETTINGS | _UNSAFE_SETTINGS
    lines = [f"{name} = '{value}'" for name, value in settings.items()]
    lines = [f"# Written at every start; additions belong into {_ADDITIONS}.", *lines]
    if (cluster / _ADDITIONS).exists():
        lines.append(f"include = '{_ADDITIONS}'")
    _replace(cluster / "postgresql.conf", owner, lines)
    _replace(cluster / "pg_hba.conf", owner, ["local all all peer map=staffetta"])
    names = sorted(_names_of(0, os.geteuid(), owner.uid))
    _replace(cluster / "pg_ident.conf", owner, [f'staffetta "{name}" {ROLE}' for name in names])


def _names_of(*uids: int) -> set[str]:
    names = set()
    for uid in uids:
        with suppress(KeyError):  # the dedicated user has no name, and never connects
            names.add(pwd.getpwuid(uid).pw_name)
    return names


def _replace(path: Path, owner: Owner, lines: list[str]) -> None:
    """Write a file beside `path` and rename it: root never writes through the owner's links."""
    descriptor, unfinished = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
        if not owner.is_us:
            os.fchown(file.fileno(), owner.uid, owner.gid)
    Path(unfinished).replace(path)
