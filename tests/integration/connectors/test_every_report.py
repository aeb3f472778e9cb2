"""Every report finds its message, whatever the carrier does to it: thousands, at full rate."""

import asyncio
from collections import Counter

import pytest
from dispatch_process import dispatching
from hand_gateway import START, FrozenClock, Gateway, make_gateway, request
from scripted_esme import until
from unruly_carrier import (
    UnrulyCarrier,
    decimal_then_hexadecimal,
    hexadecimal_then_decimal,
    signed_64_bits,
    tlv_as_answered_text_in_decimal,
    uuids,
)

from staffetta.db.pool import Database
from staffetta.ledger.topup import top_up

MESSAGES = 1200
MADE_UP = 25
LONG_EVERY = 20  # each so many-th message has three segments


@pytest.fixture
async def gateway(database: Database, clock: FrozenClock) -> Gateway:
    gateway = await make_gateway(database, clock)
    async with database.transaction() as connection:
        await top_up(connection, gateway.space_id, 10_000_000_000, "for the test", START)
    return gateway


async def accept(gateway: Gateway, first: int, count: int) -> None:
    """Accept messages to as many phones."""
    tasks = [
        asyncio.ensure_future(
            gateway.acceptor.accept(
                gateway.space,
                request(
                    recipient=f"+39333{1_000_000 + number}",
                    text="x" * (400 if number % LONG_EVERY == 0 else 20),
                ),
                gateway.clock.now(),
            )
        )
        for number in range(first, first + count)
    ]
    while not all(task.done() for task in tasks):
        await asyncio.sleep(0)
        await gateway.intake.store_once()
    await asyncio.gather(*tasks)


async def states(gateway: Gateway) -> dict[str, str]:
    rows = await gateway.rows("SELECT number, state::text AS state FROM recipient")
    return {row["number"]: row["state"] for row in rows}


async def no_longer_queued(gateway: Gateway) -> None:
    async with asyncio.timeout(60):
        while set((await states(gateway)).values()) & {"queued", "submitting"}:
            pass  # each look is a query: others get their turn


@pytest.mark.parametrize(
    ("scheme", "learned"),
    [
        (hexadecimal_then_decimal, "tlv/decimal text/decimal"),
        (decimal_then_hexadecimal, "tlv/hexadecimal text/hexadecimal"),
        (tlv_as_answered_text_in_decimal, "tlv/same text/decimal"),
        (signed_64_bits, "tlv/decimal text/decimal"),
        (uuids, "tlv/same text/same"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_every_report_finds_its_message(gateway: Gateway, scheme, learned) -> None:
    carrier = UnrulyCarrier(scheme, seed=7)
    await carrier.start()
    try:
        await accept(gateway, 0, MESSAGES)
        async with dispatching(gateway, carrier.port):
            await until(lambda: len(carrier.told) >= MESSAGES // 2, 60)
        # The process ended in the middle of it; reports go on to the one that follows.
        async with dispatching(gateway, carrier.port) as process:
            carrier.make_up(MADE_UP)
            await accept(gateway, MESSAGES, MESSAGES)
            await no_longer_queued(gateway)
            await carrier.report_all()
            await until(lambda: not process.inbox.reports, 60)
            await process.reporter.rematch_once()
            gateway.clock.advance(6)  # longer than anything waits for its answer
            while await process.reporter.rematch_once():
                pass
        ends = carrier.ends()
        came_to = await states(gateway)
        assert came_to.keys() == ends.keys()
        assert {
            number: state for number, state in came_to.items() if state not in ends[number]
        } == {}
        await check_kept(gateway)
        (row,) = await gateway.rows("SELECT report_spelling FROM connector_learned")
        assert row["report_spelling"] == learned
        await gateway.books_hold()
    finally:
        await carrier.stop()


async def test_reports_find_messages_that_another_process_sent(gateway: Gateway) -> None:
    carrier = UnrulyCarrier(hexadecimal_then_decimal, seed=11)
    await carrier.start()
    try:
        async with (
            dispatching(gateway, carrier.port) as one,
            dispatching(gateway, carrier.port) as other,
        ):
            await accept(gateway, 0, MESSAGES)
            await no_longer_queued(gateway)
            carrier.make_up(MADE_UP)
            await carrier.report_all()
            await until(lambda: not (one.inbox.reports or other.inbox.reports), 60)
            gateway.clock.advance(6)
            while await other.reporter.rematch_once() + await one.reporter.rematch_once():
                pass
        ends = carrier.ends()
        came_to = await states(gateway)
        assert {number: one for number, one in came_to.items() if one not in ends[number]} == {}
        await check_kept(gateway)
    finally:
        await carrier.stop()


async def check_kept(gateway: Gateway) -> None:
    """Nothing waits or is orphaned but what was made up."""
    rows = await gateway.rows(
        "SELECT smsc_id, disposition FROM report WHERE disposition IN ('waiting', 'orphan')"
    )
    kept = Counter(
        "made up" if row["smsc_id"].startswith("made-up") else row["smsc_id"] for row in rows
    )
    assert kept == {"made up": MADE_UP, "": 1}
