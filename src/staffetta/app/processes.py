"""The heartbeat of this process, by which others know whether its claims are still being worked on.

Owns the rows of the table process. A process whose own renewal is older than FRESH_SECONDS must
write nothing more to carriers: after 10 s others take its claims over. The database's clock decides
for others, our monotonic one for ourselves; each is asked before the other can be late.
"""

import asyncio
import os
import socket
from pathlib import Path
from typing import Final

import structlog

from staffetta.db.pool import Connection, Database
from staffetta.domain.clock import Clock

_log = structlog.get_logger(__name__)

RENEW_SECONDS: Final = 2.0
FRESH_SECONDS: Final = 6.0
STEADY_SECONDS: Final = 12.0  # longer than others wait before they take claims over
_START_SLACK_SECONDS: Final = 2.0
_NAMED_MAX: Final = 10  # machines
_TICKS: Final = os.sysconf("SC_CLK_TCK")

REGISTER = """
INSERT INTO process (role, host, pid, started_at, heartbeat_at)
VALUES ($1, $2, $3, clock_timestamp(), clock_timestamp())
RETURNING id
"""
RENEW = """
UPDATE process
   SET heartbeat_at = clock_timestamp()
 WHERE id = $1
   AND ended_at IS NULL
"""
END = """
UPDATE process
   SET ended_at = clock_timestamp()
 WHERE id = ANY($1::int[])
   AND ended_at IS NULL
"""
READ_ALIVE_HERE = """
SELECT id, pid, extract(epoch FROM started_at)::float8 AS started_at
  FROM process
 WHERE host = $1
   AND ended_at IS NULL
"""
READ_ALIVE_ELSEWHERE = """
SELECT DISTINCT host
  FROM process
 WHERE host <> $1
   AND ended_at IS NULL
   AND heartbeat_at > clock_timestamp() - make_interval(secs => $2)
 ORDER BY host
 LIMIT $3
"""
END_CHILD = """
UPDATE process
   SET ended_at = clock_timestamp()
 WHERE host = $1
   AND pid = $2
   AND ended_at IS NULL
"""


class Heartbeat:
    """The row of this process. Make one with `register`."""

    def __init__(self, process_id: int, clock: Clock, registered_at: float) -> None:
        self.process_id = process_id
        self.lost = asyncio.Event()  # somebody ended our row: stop at once, others have our claims
        self._clock = clock
        self._renewed_at = registered_at
        self._steady_since = registered_at

    @classmethod
    async def register(cls, database: Database, role: str, clock: Clock) -> "Heartbeat":
        """Add a row for this process, after ending those of dead processes of this machine."""
        before = clock.monotonic()
        async with database.transaction() as connection:
            await end_the_dead(connection)
            process_id = await connection.fetchval(REGISTER, role, machine(), os.getpid())
        return cls(process_id, clock, before)

    async def renew_once(self, database: Database) -> int:
        """Renew the row; answers 0, so that a loop waits before the next."""
        before = self._clock.monotonic()
        async with database.acquire() as connection:
            if await connection.execute(RENEW, self.process_id) != "UPDATE 1":
                if not self.lost.is_set():
                    _log.error("heartbeat_row_was_ended", process_id=self.process_id)
                self.lost.set()
                return 0
        if not self.fresh(before):
            self._steady_since = before
        self._renewed_at = before
        return 0

    def fresh(self, monotonic_now: float) -> bool:
        """Whether nobody can have taken this process for dead yet."""
        return not self.lost.is_set() and monotonic_now - self._renewed_at < FRESH_SECONDS

    def steady(self, monotonic_now: float) -> bool:
        """Whether the renewals have gone well for so long that a silent process is truly dead.

        After an outage of the database everybody looks dead for a moment.
        """
        return self.fresh(monotonic_now) and monotonic_now - self._steady_since >= STEADY_SECONDS

    async def end(self, database: Database) -> None:
        """Say that this process holds nothing any more."""
        async with database.acquire() as connection:
            await connection.execute(END, [self.process_id])


async def end_the_dead(connection: Connection) -> int:
    """End the rows of this machine whose process is gone; answers how many."""
    rows = await connection.fetch(READ_ALIVE_HERE, machine())
    dead = [row["id"] for row in rows if not _lives(row["pid"], row["started_at"])]
    if dead:
        await connection.execute(END, dead)
        _log.info("ended_rows_of_dead_processes", count=len(dead))
    return len(dead)


async def end_child(connection: Connection, pid: int) -> None:
    """End the rows of a child that the caller has seen die."""
    await connection.execute(END_CHILD, machine(), pid)


async def read_machines_elsewhere(connection: Connection) -> list[str]:
    """The names of other machines whose processes are alive, as far as heartbeats tell."""
    rows = await connection.fetch(READ_ALIVE_ELSEWHERE, machine(), STEADY_SECONDS, _NAMED_MAX)
    return sorted({row["host"].partition(" ")[0] for row in rows})


def machine() -> str:
    """What a process id means something in: a host, its boot, and its process namespace.

    A host's name alone would do harm: containers share names and not process ids.
    """
    name = socket.gethostname()
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
        namespace = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return name
    return f"{name} {boot} {namespace}"


def _lives(pid: int, registered_at: float) -> bool:
    """Whether a process with this id lives that is old enough to have registered then."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    # After the name in parentheses: the state first, the start in ticks since boot 20th.
    state, *rest = fields.rpartition(")")[2].split()
    if state in "ZX":
        return False
    started_at = _booted_at() + int(rest[18]) / _TICKS
    return started_at <= registered_at + _START_SLACK_SECONDS


def _booted_at() -> float:
    """When this machine started, in seconds since 1970."""
    for line in Path("/proc/stat").read_text(encoding="ascii").splitlines():
        if line.startswith("btime "):
            return float(line.split()[1])
    return 0.0
