"""Who is killed, and what has to be done afterwards. SIGKILL, by process id, and ours alone."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import process_table
from installation import Installation


@dataclass(frozen=True)
class Killing:
    """What was done, for people."""

    what: str
    count: int
    must_start: bool = False  # the supervisor is gone too: somebody has to start it again


Kill = Callable[[Installation, random.Random, int], Killing]


def _supervisor(installation: Installation) -> int:
    assert installation.process is not None
    return installation.process.pid


def _kill_role(role: str) -> Kill:
    def kill(installation: Installation, chance: random.Random, _round: int) -> Killing:
        pids = process_table.with_role(process_table.children_of(_supervisor(installation)), role)
        victim = chance.choice(pids)
        process_table.kill([victim])
        return Killing(f"the {role} process", 1)

    return kill


def _kill_postgres(installation: Installation, _chance: random.Random, number: int) -> Killing:
    """The postmaster alone, and every second time all its processes with it."""
    postmaster = process_table.postmaster_of(installation.data_dir)
    assert postmaster is not None, "PostgreSQL runs"
    backends = process_table.children_of(postmaster) if number % 2 else []
    process_table.kill([postmaster, *backends])
    what = "PostgreSQL, all its processes" if backends else "PostgreSQL's first process"
    return Killing(what, 1 + len(backends))


def _kill_supervisor(installation: Installation, _chance: random.Random, _round: int) -> Killing:
    """The supervisor alone: its children notice, drain and end, then another can start."""
    process_table.kill([_supervisor(installation)])
    return Killing("the supervisor", 1, must_start=True)


def _kill_all(installation: Installation, chance: random.Random, _round: int) -> Killing:
    pids = process_table.all_of(installation.data_dir)
    chance.shuffle(pids)
    process_table.kill(pids)
    return Killing("every process", len(pids), must_start=True)


VICTIMS: Mapping[str, Kill] = {
    "api": _kill_role("api"),
    "dispatch": _kill_role("dispatch"),
    "postgres": _kill_postgres,
    "supervisor": _kill_supervisor,
    "all": _kill_all,
}
