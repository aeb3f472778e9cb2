"""The proof of the books finds what was changed, and names it."""

import pytest
from hand_gateway import FRENCH, FrozenClock, Gateway, accepted, make_gateway, make_space
from open_books import tamper

from staffetta.db.pool import Database
from staffetta.domain.environments import Market
from staffetta.domain.money import SANDBOX_CREDIT_MICRO
from staffetta.ledger.proof import Proof
from staffetta.ledger.refill import refill_once
from staffetta.ledger.topup import top_up
from staffetta.ledger.verify import verify_books


@pytest.fixture
async def gateway(database: Database, clock: FrozenClock) -> Gateway:
    """A wallet with some history: a charge, an open hold, a captured one."""
    gateway = await make_gateway(database, clock)
    await gateway.accept()
    claim = await gateway.accept_and_claim(market=Market.WORLD, recipient=FRENCH)
    await gateway.settle(claim, accepted("a1"))
    await gateway.accept(market=Market.WORLD, recipient=FRENCH)
    await gateway.books_hold()
    return gateway


_TWICE = """
INSERT INTO ledger_entry
SELECT space_id, sequence, set_byte(id, 11, (get_byte(id, 11) + 1) % 256), at, kind, amount_micro,
       balance_after_micro, counter_account, recipient_id, message_id, note, checksum
  FROM ledger_entry WHERE sequence = 2
"""
_CHANGED_WITH_ITS_CHECKSUM = """
UPDATE ledger_entry
   SET balance_after_micro = balance_after_micro - 1000000,
       checksum = ledger_entry_checksum(
           space_id, sequence, id, at, kind, amount_micro, balance_after_micro - 1000000,
           counter_account, recipient_id, message_id, note)
 WHERE sequence = 2
"""


async def proof_of(gateway: Gateway) -> Proof:
    async with gateway.database.transaction(isolation="repeatable_read") as connection:
        return await verify_books(connection)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE wallet SET balance_micro = balance_micro + 1", "the wallet has"),
        ("UPDATE wallet SET held_micro = 0", "open holds"),
        ("DELETE FROM ledger_entry WHERE sequence = 1", "entry 1 is missing"),
        ("DELETE FROM ledger_entry WHERE sequence < 3", "entries 1 to 2 are missing"),
        ("DELETE FROM ledger_entry WHERE sequence = 2", "entry 2 is missing"),
        ("DELETE FROM ledger_entry WHERE sequence = 3", "entry 3 is missing"),
        ("DELETE FROM ledger_entry", "entries 1 to 3 are missing"),
        (_TWICE, "entry 2 is there twice"),
        ("UPDATE ledger_entry SET amount_micro = -1 WHERE sequence = 2", "entry 2 (charge of -0.0"),
        ("UPDATE ledger_entry SET note = 'x' WHERE sequence = 3", "entry 3 (capture of -0.08"),
        (_CHANGED_WITH_ITS_CHECKSUM, "entry 2 says the balance after it is 8.97"),
        ("UPDATE recipient SET charged_micro = 5 WHERE charged_micro = 30000", "was charged"),
        ("DELETE FROM recipient WHERE charged_micro = 30000", "missing"),
        ("UPDATE recipient SET state = 'rejected' WHERE state = 'queued'", "still held"),
        ("UPDATE hold SET state = 'released' WHERE state = 'open'", "open holds 0.00"),
        ("UPDATE hold SET captured_micro = 1 WHERE state = 'captured'", "0.000001 of it was"),
    ],
)
async def test_each_tampering_is_found_and_named(gateway: Gateway, change: str, named: str) -> None:
    await tamper(gateway.database, change)
    proof = await proof_of(gateway)
    assert not proof.holds
    assert any(named in fault.what for fault in proof.faults), proof.faults


async def test_an_untouched_ledger_is_proved(gateway: Gateway) -> None:
    proof = await proof_of(gateway)
    assert (proof.holds, proof.wallet_count, proof.entry_count, proof.hold_count) == (
        True,
        1,
        3,
        2,
    )


async def test_topping_up_answers_the_balance_and_refuses_an_unknown_space(
    gateway: Gateway,
) -> None:
    async with gateway.database.transaction() as connection:
        balance = await top_up(connection, gateway.space_id, 1, "", gateway.clock.now())
    assert balance == (await gateway.wallet())[0]
    with pytest.raises(LookupError):
        async with gateway.database.transaction() as connection:
            await top_up(connection, 999, 1, "", gateway.clock.now())
    await gateway.books_hold()


async def test_a_sandbox_is_refilled_once_a_day_and_stays_low_in_between(
    gateway: Gateway,
) -> None:
    space_id = await make_space(gateway.database, "bob@example.com", 5, environment="sandbox")
    assert await refill_once(gateway.database, gateway.clock.now()) == 0
    gateway.clock.advance(86_400)
    assert await refill_once(gateway.database, gateway.clock.now()) == 1
    assert await gateway.wallet(space_id) == (SANDBOX_CREDIT_MICRO, 0)
    async with gateway.database.transaction() as connection:
        await top_up(connection, space_id, -SANDBOX_CREDIT_MICRO, "", gateway.clock.now())
    gateway.clock.advance(86_399)
    assert await refill_once(gateway.database, gateway.clock.now()) == 0
    assert (await gateway.wallet())[0] < SANDBOX_CREDIT_MICRO  # production is never refilled
    await gateway.books_hold()
