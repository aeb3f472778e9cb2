"""Files of recipients, kept for a day: bounded for each person, and seen by nobody else."""

import asyncio
import secrets
from datetime import datetime, timedelta
from typing import Final

import msgspec

from staffetta.db.pool import Connection, Database
from staffetta.messaging.recipient_files import sql
from staffetta.messaging.recipient_files.read import count_rows, decode

KEPT: Final = timedelta(days=1)
FILES_MAX: Final = 3  # of a person; a new one takes the place of the oldest
_ID_BYTES: Final = 16
_NAME_CHARACTERS_MAX: Final = 100
_HEAD_OCTETS: Final = 65_536


class RecipientFile(msgspec.Struct, frozen=True):
    """A file, or its beginning."""

    id: bytes
    name: str
    text: str
    row_count: int  # of the whole file, a heading included
    is_whole: bool


async def keep_file(
    database: Database,
    space_id: int,
    person_id: int,
    name: str,
    octets: bytes,
    now: datetime,
) -> bytes:
    """Keep a file for a day, and answer its id; raises WrongFile.

    It is read beside the event loop, and before a connection is taken: a large one takes a second.
    """
    content, row_count = await asyncio.to_thread(_read_through, octets)
    file_id = secrets.token_bytes(_ID_BYTES)
    shown = name.replace("\0", "")[:_NAME_CHARACTERS_MAX]
    async with database.transaction() as connection:
        await connection.execute(sql.FORGET_SOME, person_id, FILES_MAX - 1)
        await connection.execute(
            sql.KEEP, file_id, space_id, person_id, shown, content, row_count, now
        )
    return file_id


async def read_file(
    connection: Connection,
    file_id: bytes,
    space_id: int,
    person_id: int,
    now: datetime,
    *,
    whole: bool,
) -> RecipientFile | None:
    """A file of this person in this space, or its beginning; None where there is none."""
    octets_max = 2**30 if whole else _HEAD_OCTETS
    row = await connection.fetchrow(sql.READ, file_id, space_id, person_id, now - KEPT, octets_max)
    if row is None:
        return None
    octets: bytes = row["content"]
    is_whole = len(octets) == row["octet_count"]
    if not is_whole:
        octets = octets[: octets.rfind(b"\n") + 1] or octets
    text = octets.decode(errors="replace")
    return RecipientFile(file_id, row["name"], text, row["row_count"], is_whole)


def _read_through(octets: bytes) -> tuple[bytes, int]:
    """A file as it is kept, and how many rows it has; raises WrongFile."""
    text = decode(octets)
    return text.encode(), count_rows(text)


async def forget_files_once(database: Database, now: datetime) -> int:
    """Forget the files of yesterday; answers how many."""
    async with database.acquire() as connection:
        status = await connection.execute(sql.FORGET_OLD, now - KEPT)
    return int(status.rpartition(" ")[2])
