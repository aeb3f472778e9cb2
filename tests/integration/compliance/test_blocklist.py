"""Blocks: one at a time, whoever imposes it; lifted for a reason; kept in the history."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from lock_waits import until_somebody_waits

from staffetta.accounts.create_account import create_account
from staffetta.accounts.email import Email
from staffetta.compliance.blocklist import impose_block, lift_block, list_blocked, read_history
from staffetta.compliance.errors import InvalidReason
from staffetta.db.pool import Database
from staffetta.domain.environments import Environment
from staffetta.domain.ids import IdMaker
from staffetta.ledger.store import open_book
from staffetta.ledger.topup import top_up

NOW = datetime(2026, 3, 14, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
MESSAGE = bytes(range(12))
REASON = 'forbidden word "viagra" in the message'
STATE = """
SELECT space.blocklisted_at, space.blocklisted_reason, wallet.blocklisted
  FROM space JOIN wallet ON wallet.space_id = space.id WHERE space.id = $1
"""


@pytest.fixture
async def spaces(database: Database) -> dict[Environment, int]:
    async with database.transaction() as connection:
        account = await create_account(
            connection, Email.parse("anna@example.com"), "EUR", top_up, NOW
        )
    return {environment: space.space_id for environment, space in account.spaces.items()}


@pytest.fixture
def space_id(spaces: dict[Environment, int]) -> int:
    return spaces[Environment.PRODUCTION]


async def impose(database: Database, space_id: int, reason: str = REASON) -> bool:
    async with database.transaction() as connection:
        return await impose_block(connection, space_id, reason, MESSAGE, NOW)


async def lift(database: Database, space_id: int, reason: str = "it was a quotation") -> bool:
    async with database.transaction() as connection:
        return await lift_block(connection, space_id, reason, LATER)


async def state_of(database: Database, space_id: int) -> tuple[object, ...]:
    async with database.acquire() as connection:
        row = await connection.fetchrow(STATE, space_id)
    assert row is not None
    return tuple(row.values())


async def history_of(database: Database) -> list[tuple[str, str | None]]:
    async with database.acquire() as connection:
        blocks = await read_history(connection, "anna@example.com")
    return [(block.reason, block.lifted_reason) for block in blocks]


async def test_a_block_stands_in_the_space_and_in_its_wallet(
    database: Database, space_id: int
) -> None:
    assert await state_of(database, space_id) == (None, None, False)
    assert await impose(database, space_id)
    assert await state_of(database, space_id) == (NOW, REASON, True)
    async with database.acquire() as connection:
        (block,) = await list_blocked(connection)
    assert block.email == "anna@example.com"
    assert block.environment is Environment.PRODUCTION
    assert (block.reason, block.message_id, block.imposed_at) == (REASON, MESSAGE, NOW)


async def test_the_other_environment_is_not_blocked(
    database: Database, spaces: dict[Environment, int]
) -> None:
    await impose(database, spaces[Environment.SANDBOX])
    assert await state_of(database, spaces[Environment.PRODUCTION]) == (None, None, False)


async def test_a_second_block_changes_nothing(database: Database, space_id: int) -> None:
    await impose(database, space_id)
    assert not await impose(database, space_id, "another")
    assert await state_of(database, space_id) == (NOW, REASON, True)
    assert await history_of(database) == [(REASON, None)]


async def test_a_lifted_block_is_history_and_the_next_one_is_new(
    database: Database, space_id: int
) -> None:
    await impose(database, space_id)
    assert await lift(database, space_id)
    assert await state_of(database, space_id) == (None, None, False)
    assert not await lift(database, space_id), "there is none any more"
    assert await impose(database, space_id, "again")
    assert await history_of(database) == [("again", None), (REASON, "it was a quotation")]
    async with database.acquire() as connection:
        assert len(await list_blocked(connection)) == 1
        _, old = await read_history(connection, "anna@example.com")
    assert old.lifted_at == LATER


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 501])
async def test_lifting_needs_a_reason(database: Database, space_id: int, reason: str) -> None:
    await impose(database, space_id)
    with pytest.raises(InvalidReason):
        await lift(database, space_id, reason)
    assert (await state_of(database, space_id))[2] is True


async def test_a_space_that_is_none_is_a_bug_and_says_so(database: Database) -> None:
    with pytest.raises(LookupError, match="has no wallet"):
        await impose(database, 999)


async def test_many_blocks_at_once_make_one_row_and_one_state(
    database: Database, space_id: int
) -> None:
    imposed = await asyncio.gather(*(impose(database, space_id) for _ in range(20)))
    assert sorted(imposed) == [False] * 19 + [True]
    assert await history_of(database) == [(REASON, None)]
    assert await state_of(database, space_id) == (NOW, REASON, True)


async def test_blocks_and_liftings_at_once_agree_in_the_end(
    database: Database, space_id: int
) -> None:
    async def in_acceptance() -> bool:
        async with database.transaction() as connection:
            await open_book(connection, [space_id], IdMaker(), NOW)
            return await impose_block(connection, space_id, REASON, MESSAGE, NOW)

    done = await asyncio.gather(
        *(step for _ in range(15) for step in (in_acceptance(), lift(database, space_id)))
    )
    imposed, lifted = sum(done[0::2]), sum(done[1::2])
    assert imposed >= 1
    history = await history_of(database)
    assert len(history) == imposed
    assert sum(reason is not None for _, reason in history) == lifted
    blocked = (await state_of(database, space_id))[2]
    assert blocked is (imposed > lifted)
    assert imposed - lifted in {0, 1}


async def test_a_lifting_waits_for_the_acceptance_that_is_blocking(
    database: Database, space_id: int
) -> None:
    async with database.transaction() as connection:
        await open_book(connection, [space_id], IdMaker(), NOW)
        lifting = asyncio.create_task(lift(database, space_id))
        await until_somebody_waits(database)
        await impose_block(connection, space_id, REASON, MESSAGE, NOW)
    assert await lifting, "it found the block that was imposed before it"
    assert await state_of(database, space_id) == (None, None, False)
