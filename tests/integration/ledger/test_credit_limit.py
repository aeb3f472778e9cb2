"""Post-paid accounts: acceptance goes down to the limit, and not below it."""

import asyncio

import pytest
from hand_gateway import FRENCH, FrozenClock, Gateway, accepted, make_gateway, make_space

from staffetta.db.pool import Database, DataRefused
from staffetta.domain.environments import Market
from staffetta.domain.errors import CreditTooLow
from staffetta.domain.money import AMOUNT_MICRO_MAX
from staffetta.ledger.credit_limit import LimitChange, list_limit_changes, set_credit_limit
from staffetta.ledger.errors import InvalidCreditLimit, LimitBelowDebt
from staffetta.ledger.topup import top_up

EUR = 1_000_000
PRICE = 30_000


@pytest.fixture
async def gateway(database: Database, clock: FrozenClock) -> Gateway:
    gateway = await make_gateway(database, clock)
    async with database.transaction() as connection:
        await top_up(connection, gateway.space_id, -10 * EUR, "", clock.now())
    return gateway


async def limit(gateway: Gateway, micro: int, *, force: bool = False) -> LimitChange:
    async with gateway.database.transaction() as connection:
        return await set_credit_limit(
            connection, gateway.space_id, micro, "agreed", gateway.clock.now(), force=force
        )


async def test_acceptance_spends_the_limit_to_the_cent_and_no_more(gateway: Gateway) -> None:
    with pytest.raises(CreditTooLow):
        await gateway.accept()
    await limit(gateway, 10 * PRICE)
    answers = await asyncio.gather(*(gateway.accept() for _ in range(25)), return_exceptions=True)
    assert sum(isinstance(one, CreditTooLow) for one in answers) == 15
    assert await gateway.wallet() == (-10 * PRICE, 0)
    await gateway.books_hold()


async def test_what_is_held_counts_into_the_limit(gateway: Gateway) -> None:
    await limit(gateway, EUR)
    claim = await gateway.accept_and_claim(market=Market.WORLD, recipient=FRENCH)
    with pytest.raises(CreditTooLow, match=r"1.00 needed, 0.92 available"):
        await gateway.accept(market=Market.WORLD, recipient=FRENCH)
    await gateway.settle(claim, accepted("a1"))
    assert await gateway.wallet() == (-80_000, 0)
    await gateway.books_hold()


async def test_a_limit_is_given_back_when_nothing_is_owed(gateway: Gateway) -> None:
    await limit(gateway, EUR)
    await limit(gateway, 0)
    with pytest.raises(CreditTooLow):
        await gateway.accept()


async def test_a_limit_below_what_is_owed_is_refused_unless_forced(gateway: Gateway) -> None:
    await limit(gateway, EUR)
    for _ in range(2):
        await gateway.accept()
    with pytest.raises(LimitBelowDebt, match=r"the wallet has -0.06: it is below a limit of 0.05"):
        await limit(gateway, 50_000)
    await gateway.accept()  # the refusal changed nothing
    assert (await limit(gateway, 50_000, force=True)).forced
    with pytest.raises(CreditTooLow):
        await gateway.accept()
    async with gateway.database.transaction() as connection:
        await top_up(connection, gateway.space_id, 70_000, "", gateway.clock.now())
    await gateway.accept()
    await gateway.books_hold()


async def test_a_limit_below_what_is_owed_and_held_is_refused(gateway: Gateway) -> None:
    await limit(gateway, EUR)
    await gateway.accept(market=Market.WORLD, recipient=FRENCH)
    with pytest.raises(LimitBelowDebt, match=r"has 0.00, of which 0.08 is held"):
        await limit(gateway, 79_999)
    await limit(gateway, 80_000)


async def test_a_penalty_may_pass_the_limit(gateway: Gateway) -> None:
    await limit(gateway, PRICE)
    await gateway.accept()
    async with gateway.database.transaction() as connection:
        await top_up(connection, gateway.space_id, -1, "stands for a penalty", gateway.clock.now())
    with pytest.raises(LimitBelowDebt):
        await limit(gateway, PRICE)


async def test_each_change_is_noted_for_ever(gateway: Gateway) -> None:
    await limit(gateway, 5)
    await limit(gateway, 0)
    async with gateway.database.acquire() as connection:
        changes = await list_limit_changes(connection, gateway.space_id)
    assert [(one.limit_before_micro, one.limit_micro) for one in changes] == [(5, 0), (0, 5)]
    assert [(one.note, one.forced) for one in changes] == [("agreed", False)] * 2
    for statement in (
        "UPDATE credit_limit_change SET note = ''",
        "DELETE FROM credit_limit_change",
    ):
        with pytest.raises(DataRefused, match="its rows are never changed"):
            await gateway.rows(statement)


async def test_one_account_s_limit_is_no_other_s(gateway: Gateway) -> None:
    other = await make_space(gateway.database, "bob@example.com", 0)
    await limit(gateway, EUR)
    rows = await gateway.rows("SELECT floor_micro FROM wallet WHERE space_id = $1", other)
    assert rows[0]["floor_micro"] == 0


@pytest.mark.parametrize(
    ("micro", "note"), [(-1, ""), (AMOUNT_MICRO_MAX + 1, ""), (0, "x" * 201), (0, "a\nb")]
)
async def test_a_limit_or_a_note_out_of_bounds_is_refused(
    gateway: Gateway, micro: int, note: str
) -> None:
    async with gateway.database.transaction() as connection:
        with pytest.raises(InvalidCreditLimit):
            await set_credit_limit(
                connection, gateway.space_id, micro, note, gateway.clock.now(), force=True
            )
        with pytest.raises(LookupError):
            await set_credit_limit(connection, 999, 0, "", gateway.clock.now())
