"""`staffetta key`: the server's keys, which seal what must be readable again."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Final

import typer

from staffetta.app.processes import read_machines_elsewhere
from staffetta.app.resealing import Resealer, Tally, count_by_key
from staffetta.app.rotating import REFRESH_SECONDS
from staffetta.cli.failures import CommandFailed
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson
from staffetta.cli.output import Column, Result, show
from staffetta.config import KeyFile, key_file
from staffetta.db.file_locks import open_lock, try_alone
from staffetta.db.pool import Database

app = typer.Typer(
    no_args_is_help=True, help="Change the server's key, which seals what must be readable again."
)

# By then every process has looked at the file, and what an older key sealed before has reached the
# database, or its request has failed: statements and idle transactions live 60 s at most.
PRUNE_AFTER_SECONDS: Final = 120
_NOTICED_SECONDS: Final = 2 * REFRESH_SECONDS
Force = Annotated[
    bool, typer.Option("--force", help="Although other machines run: they read this very file.")
]
_KEY_COLUMNS: Final = (Column("key", whole=True), Column("what it does"), Column("values", "right"))
_TALLY_COLUMNS: Final = (
    Column("column"),
    Column("sealed anew", "right"),
    Column("cannot be opened", "right"),
)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show the keys by id, newest first, and how many values each has sealed.

    Example: staffetta key list
    """

    async def work(parts: Opened) -> tuple[Sequence[bytes], Counter[bytes]]:
        counts = await count_by_key(parts.database)
        parts.keyring.refresh()  # a value may be newer than our look at the file
        return parts.keyring.key_ids, counts

    key_ids, counts = with_everything_open(work)
    strange_count = sum(count for key_id, count in counts.items() if key_id not in key_ids)
    said = [
        {"key": key_id.hex(), "seals": place == 0, "values": counts[key_id]}
        for place, key_id in enumerate(key_ids)
    ]
    rows = [
        (key_id.hex(), "seals and opens" if place == 0 else "opens", counts[key_id])
        for place, key_id in enumerate(key_ids)
    ]
    note = _strange(strange_count) or _next_step(key_ids, counts)
    show(
        Result({"keys": said, "unreadable": strange_count}, _KEY_COLUMNS, rows, note),
        as_json=as_json,
    )


@app.command()
def rotate(force: Force = False, as_json: AsJson = False) -> None:
    """Make a new key, and seal everything anew with it. Running processes take it up at once.

    The keys before go on opening what they sealed, until `staffetta key prune` drops them.

    Example: staffetta key rotate
    """

    async def work(parts: Opened) -> Sequence[Tally]:
        async with _changing(parts, force=force) as file:
            file.add(datetime.now(UTC))
            parts.keyring.refresh()
            # What others seal with the key before, they seal before they notice this one.
            await asyncio.sleep(_NOTICED_SECONDS)
            return await Resealer(parts.database, parts.keyring).run()

    note = (
        "The new key seals everything from now on. Back it up. In"
        f" {PRUNE_AFTER_SECONDS} seconds or later, drop the one before: `staffetta key prune`."
    )
    _show_tallies(with_everything_open(work), note, as_json=as_json)


@app.command()
def reseal(as_json: AsJson = False) -> None:
    """Seal anew, with the newest key, what an older one sealed.

    `rotate` does it by itself. This is for keys that come from STAFFETTA_SERVER_KEY, and for a
    `rotate` that was interrupted. It may be interrupted and repeated as often as you like.

    Example: staffetta key reseal
    """

    async def work(parts: Opened) -> Sequence[Tally]:
        return await Resealer(parts.database, parts.keyring).run()

    _show_tallies(with_everything_open(work), "", as_json=as_json)


@app.command()
def prune(force: Force = False, as_json: AsJson = False) -> None:
    """Drop the keys that no value uses any more. Exit code 1 when all of them are used.

    Backups of the database made before the last `reseal` still need them: keep a copy of the key
    file as long as you keep those.

    Example: staffetta key prune
    """

    async def work(parts: Opened) -> tuple[list[bytes], list[bytes]]:
        async with _changing(parts, force=force) as file:
            parts.keyring.refresh()
            older = parts.keyring.key_ids[1:]
            if not older:
                return [], []
            _refuse_too_early(file.changed_at(), datetime.now(UTC))
            counts = await count_by_key(parts.database)
            unused = [key_id for key_id in older if counts[key_id] == 0]
            _refuse_all_used(older, unused, counts)
            file.drop(unused)
            return unused, [key_id for key_id in older if key_id not in unused]

    dropped, kept = with_everything_open(work)
    said = {"dropped": [one.hex() for one in dropped], "kept": [one.hex() for one in kept]}
    rows = [(one.hex(), "dropped", 0) for one in dropped]
    note = "" if dropped else "There is only the newest key: nothing to drop."
    if kept:
        note = "Values still use the other old keys: `staffetta key reseal`, then this again."
    show(Result(said, _KEY_COLUMNS, rows, note), as_json=as_json)


@asynccontextmanager
async def _changing(parts: Opened, *, force: bool) -> AsyncIterator[KeyFile]:
    """The file of the keys, with everybody else who would change it locked out."""
    settings = parts.settings
    if settings.server_key is not None:
        raise CommandFailed(
            "the keys come from STAFFETTA_SERVER_KEY, so they are changed there: put a new one in"
            " front of the others, restart, run `staffetta key reseal`, and when `staffetta key"
            " list` shows no values beside the old ones, leave those out and restart again"
        )
    if not force:
        await _refuse_other_machines(parts.database)
    locks = settings.data_dir / "locks"
    locks.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = open_lock(locks / "server-key")
    try:
        if not try_alone(lock):
            raise CommandFailed("another `staffetta key` changes the keys now: try again after it")
        yield key_file(settings)
    finally:
        os.close(lock)


async def _refuse_other_machines(database: Database) -> None:
    async with database.acquire() as connection:
        names = await read_machines_elsewhere(connection)
    if names:
        raise CommandFailed(
            f"processes run on other machines ({', '.join(names)}), which do not see what changes"
            " in the key file of this one: set STAFFETTA_SERVER_KEY on all machines, this one too,"
            " to the keys of this file, and change them there. When they all read this very file:"
            " --force"
        )


def _refuse_too_early(changed_at: datetime, now: datetime) -> None:
    left_seconds = PRUNE_AFTER_SECONDS - (now - changed_at).total_seconds()
    if left_seconds > 0:
        raise CommandFailed(
            "the keys changed a moment ago, and what an older one sealed just before may still be"
            f" on its way into the database: try again in {left_seconds:.0f} seconds"
        )


def _refuse_all_used(
    older: Collection[bytes], unused: Collection[bytes], counts: Counter[bytes]
) -> None:
    if not unused:
        used = ", ".join(f"{key_id.hex()} ({counts[key_id]} values)" for key_id in older)
        raise CommandFailed(
            f"values still use every old key: {used}. Run `staffetta key reseal`, then this again"
        )


def _next_step(key_ids: Sequence[bytes], counts: Counter[bytes]) -> str:
    older = key_ids[1:]
    if any(counts[key_id] for key_id in older):
        return "`staffetta key reseal` seals anew what older keys sealed."
    return "No value uses the older keys: `staffetta key prune`." if older else ""


def _strange(count: int) -> str:
    if not count:
        return ""
    return f"{count} values were sealed with keys that are not here: nobody can open them."


def _show_tallies(tallies: Sequence[Tally], note: str, *, as_json: bool) -> None:
    said = [
        {
            "column": one.column,
            "resealed": one.resealed_count,
            "unreadable": one.unreadable_count,
        }
        for one in tallies
    ]
    rows = [(one.column, one.resealed_count, one.unreadable_count) for one in tallies]
    unreadable_count = sum(one.unreadable_count for one in tallies)
    warning = f"{unreadable_count} values open with no key that is here; they stay as they are."
    notes = [note, warning if unreadable_count else ""]
    show(Result(said, _TALLY_COLUMNS, rows, "\n".join(filter(None, notes))), as_json=as_json)
