"""Every sealed column is known, and everything in it is sealed anew on rotation."""

import re
from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from staffetta.accounts.create_token import token_purpose
from staffetta.app.key_check import WrongServerKey, check_server_key
from staffetta.app.resealing import Resealer, count_by_key
from staffetta.app.sealed_columns import SEALED_COLUMNS, SealedColumn
from staffetta.db.pool import Connection, Database
from staffetta.domain.environments import Environment
from staffetta.domain.ids import IdMaker
from staffetta.domain.secrets import Keyring

OLD, NEW = "11" * 32, "22" * 32
BEFORE, AFTER = Keyring.parse(OLD), Keyring.parse(f"{NEW}\n{OLD}")
NEWEST_ALONE = Keyring.parse(NEW)
IDS = IdMaker()
# What bytes of other kinds are called. Whatever else is bytes must be in the table.
_OTHER_BYTES = re.compile(r"(.+_)?(id|hash|checksum|incident|octets)")
# What people sent, as they sent it: no secrets of ours.
_SENT = {("recipient_file", "content"), ("test_delivery", "body")}
_BYTES = """
SELECT relation.relname AS table, attribute.attname AS column
  FROM pg_attribute AS attribute
  JOIN pg_class AS relation ON relation.oid = attrelid
 WHERE atttypid = 'bytea'::regtype
   AND attnum > 0
   AND NOT attisdropped
   AND relation.relkind IN ('r', 'p')
   AND NOT relation.relispartition
   AND relation.relnamespace = current_schema()::regnamespace
"""
_KEYS = """
SELECT attribute.attname
  FROM pg_index
  JOIN pg_attribute AS attribute ON attribute.attrelid = indrelid AND attnum = ANY (indkey)
 WHERE indrelid = $1::text::regclass AND indisprimary
"""


async def test_every_column_of_sealed_bytes_in_the_schema_is_in_the_table(
    database: Database,
) -> None:
    async with database.acquire() as connection:
        rows = await connection.fetch(_BYTES)
    found = {
        (row["table"], row["column"]) for row in rows if not _OTHER_BYTES.fullmatch(row["column"])
    }
    assert found - _SENT == {(column.table, column.column) for column in SEALED_COLUMNS}


@pytest.mark.parametrize("column", SEALED_COLUMNS, ids=lambda column: column.name)
async def test_a_column_is_walked_by_the_primary_key_of_its_table(
    database: Database, column: SealedColumn
) -> None:
    async with database.acquire() as connection:
        rows = await connection.fetch(_KEYS, column.table)
    assert {row["attname"] for row in rows} == set(column.key)


_BY_NAME = {column.name: column for column in SEALED_COLUMNS}
_INSERT_SPACE = """
WITH made AS (INSERT INTO account (email, created_at) VALUES ('anna@example.com', $1) RETURNING id)
INSERT INTO space (account_id, environment, created_at) SELECT id, 'production', $1 FROM made
RETURNING id
"""
_SET_SECRETS = """
UPDATE space SET callback_secret = $2, callback_secret_previous = $3 WHERE id = $1
"""
_INSERT_CONNECTOR = """
INSERT INTO connector (environment, name, kind, password, tls_key, created_at, updated_at)
VALUES ('production', 'acme', 'smpp', $1, $2, $3, $3)
"""
_INSERT_TOKEN = """
INSERT INTO token (hash, space_id, scopes, sealed, refresh_sealed, hint, created_at, expire_at)
VALUES ($1, $2, '{}', $3, $4, '', $5, $5)
"""
_INSERT_CODE = """
INSERT INTO otp_code (space_id, id, sealed, tries_left, created_at) VALUES ($1, $2, $3, 5, $4)
"""
_INSERT_CACHED = """
INSERT INTO otp_cache (space_id, code_id, sealed, number, length, alphanumeric, cached_until)
VALUES ($1, $2, $3, $4, 5, false, $5)
"""
_INSERT_MESSAGE = """
INSERT INTO message (space_id, id, service, market, class, priority, sender, body, encoding,
                     characters_count, segment_count, reference, options, created_at, due_at,
                     sealed_code)
VALUES ($1, $2, 'v2', 'WW', 0, 1000, 'OTP', '*****', 'GSM-7', 5, 1, 0, '{}', $3, $3, $4)
"""
_INSERT_CHECK = "INSERT INTO server_key_check (sealed) VALUES ($1)"
_ROWS = 7
VALUE_COUNT = 1 + 2 + 2 + _ROWS * 4 + 3  # check, connector, space; four a row; refresh tokens


def _sealed(column: str, *bound_to: object) -> bytes:
    return BEFORE.seal(column.encode(), _BY_NAME[column].purpose(*bound_to))


async def _fill(connection: Connection, now: datetime) -> None:
    """Values in every column, sealed with the key before."""
    space_id = await connection.fetchval(_INSERT_SPACE, now)
    secrets = [
        _sealed(f"space.{name}", space_id)
        for name in ("callback_secret", "callback_secret_previous")
    ]
    await connection.execute(_SET_SECRETS, space_id, *secrets)
    password = _sealed("connector.password", Environment.PRODUCTION, "acme")
    key = _sealed("connector.tls_key", Environment.PRODUCTION, "acme")
    await connection.execute(_INSERT_CONNECTOR, password, key, now)
    await connection.execute(_INSERT_CHECK, _sealed("server_key_check.sealed"))
    for number in range(_ROWS):
        await _fill_row(connection, space_id, number, now)


async def _fill_row(connection: Connection, space_id: int, number: int, now: datetime) -> None:
    token_hash = bytes([number]) * 32
    refresh = _sealed("token.refresh_sealed", token_hash) if number % 2 else None
    token = _sealed("token.sealed", token_hash)
    await connection.execute(_INSERT_TOKEN, token_hash, space_id, token, refresh, now)
    code_id, coded, plain = (IDS.make(now) for _ in range(3))
    code = _sealed("otp_code.sealed", space_id, code_id)
    await connection.execute(_INSERT_CODE, space_id, code_id, code, now)
    cached = _sealed("otp_cache.sealed", space_id, code_id)
    await connection.execute(_INSERT_CACHED, space_id, code_id, cached, f"+3933300{number}", now)
    sent = _sealed("message.sealed_code", space_id, coded)
    await connection.execute(_INSERT_MESSAGE, space_id, coded, now, sent)
    await connection.execute(_INSERT_MESSAGE, space_id, plain, now, None)


async def _opened(database: Database, keyring: Keyring) -> Counter[str]:
    """What opens with these keys, by column; raises CannotUnseal for anything that does not."""
    opened: Counter[str] = Counter()
    async with database.acquire() as connection:
        for column in SEALED_COLUMNS:
            for row in await connection.fetch(column.read_page(first=True), 1000):
                if row["sealed_value"] is not None:
                    purpose = column.purpose(*(row[name] for name in column.bound_to))
                    keyring.unseal(row["sealed_value"], purpose)
                    opened[column.name] += 1
    return opened


@pytest.fixture(params=[2, 500], ids=["small pages", "one page"])
def page_rows(request: pytest.FixtureRequest) -> int:
    rows: int = request.param
    return rows


async def test_resealing_leaves_nothing_that_needs_an_older_key(
    database: Database, clock: Any, page_rows: int
) -> None:
    async with database.transaction() as connection:
        await _fill(connection, clock.now())
    before = await _opened(database, BEFORE)
    assert set(before) == {column.name for column in SEALED_COLUMNS}

    tallies = await Resealer(database, AFTER, page_rows).run()

    assert sum(one.resealed_count for one in tallies) == VALUE_COUNT
    assert not any(one.unreadable_count for one in tallies)
    assert await _opened(database, NEWEST_ALONE) == before
    assert await count_by_key(database) == {NEWEST_ALONE.key_ids[0]: VALUE_COUNT}


async def test_a_walk_that_was_cut_short_is_finished_by_another(
    database: Database, clock: Any
) -> None:
    async with database.transaction() as connection:
        await _fill(connection, clock.now())
    first = Resealer(database, AFTER, 2)
    for _ in range(6):
        assert await first.reseal_once() == 1
    done_count = sum(one.resealed_count for one in first.tallies.values())
    assert 0 < done_count < VALUE_COUNT

    tallies = await Resealer(database, AFTER, 2).run()

    assert sum(one.resealed_count for one in tallies) == VALUE_COUNT - done_count
    await _opened(database, NEWEST_ALONE)


async def test_a_value_that_changes_while_it_is_sealed_anew_wins(
    database: Database, clock: Any
) -> None:
    async with database.transaction() as connection:
        await _fill(connection, clock.now())
    column = next(one for one in SEALED_COLUMNS if one.name == "space.callback_secret")
    async with database.acquire() as connection:
        (row, *_) = await connection.fetch(column.read_page(first=True), 1)
        newer = AFTER.seal(b"newer", column.purpose(row["id"]))
        await connection.execute("UPDATE space SET callback_secret = $1", newer)
        stale = AFTER.seal(b"secret", column.purpose(row["id"]))
        assert await connection.execute(column.replace, stale, row["sealed_value"], row["id"]) == (
            "UPDATE 0"
        )
        assert await connection.fetchval(column.read_any) == newer


async def test_what_no_key_opens_is_counted_and_left_alone(database: Database, clock: Any) -> None:
    async with database.transaction() as connection:
        await _fill(connection, clock.now())
        strange = Keyring.parse("33" * 32).seal(b"x", token_purpose(b"\0" * 32))
        await connection.execute(
            "UPDATE token SET sealed = $1 WHERE hash = $2", strange, b"\0" * 32
        )

    tallies = {one.column: one for one in await Resealer(database, AFTER).run()}

    assert tallies["token.sealed"].unreadable_count == 1
    assert sum(one.resealed_count for one in tallies.values()) == VALUE_COUNT - 1
    async with database.acquire() as connection:
        kept = await connection.fetchval("SELECT sealed FROM token WHERE hash = $1", b"\0" * 32)
    assert kept == strange


async def test_the_first_process_says_which_key_it_is_and_others_must_have_it(
    database: Database,
) -> None:
    await check_server_key(database, BEFORE)
    await check_server_key(database, BEFORE)
    await check_server_key(database, AFTER)
    with pytest.raises(WrongServerKey, match="must be the same on all machines"):
        await check_server_key(database, NEWEST_ALONE)


async def test_after_resealing_the_newest_key_alone_passes_the_check(database: Database) -> None:
    await check_server_key(database, BEFORE)
    await Resealer(database, AFTER).run()
    await check_server_key(database, NEWEST_ALONE)
    with pytest.raises(WrongServerKey):
        await check_server_key(database, BEFORE)


async def test_a_database_older_than_the_check_tells_its_key_by_what_it_holds(
    database: Database, clock: Any
) -> None:
    async with database.transaction() as connection:
        await _fill(connection, clock.now())
        await connection.execute("DELETE FROM server_key_check")
    with pytest.raises(WrongServerKey):
        await check_server_key(database, NEWEST_ALONE)
    await check_server_key(database, BEFORE)  # the refused one left no mark
