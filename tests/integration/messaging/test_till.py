"""What stands under the wallet's lock: bundles, the daily cap, the rates of codes, low credit."""

import asyncio
from typing import Any

import pytest
from hand_gateway import FRENCH, START, Gateway, accepted

from staffetta.accounts.terms import Allowance, Terms
from staffetta.domain.environments import Environment, Market
from staffetta.domain.errors import CreditTooLow, GuardRefused
from staffetta.ledger.topup import top_up
from staffetta.messaging.connector import Refused
from staffetta.messaging.inspection import Space
from staffetta.messaging.masked_codes import seal_code


async def give_bundle(gateway: Gateway, segments: int, market: str | None = None) -> None:
    await gateway.rows(
        "INSERT INTO bundle (space_id, market, segment_count, remaining_count, price_micro,"
        " period_days, starts_at, ends_at, created_at)"
        " VALUES ($1, $2, $3, $3, 0, 30, $4, $4::timestamptz + interval '30 days', $4)",
        gateway.space_id,
        market,
        segments,
        START,
    )
    await gateway.rows("UPDATE wallet SET has_bundles = true WHERE space_id = $1", gateway.space_id)


async def remaining(gateway: Gateway) -> int:
    (row,) = await gateway.rows("SELECT remaining_count FROM bundle")
    return row["remaining_count"]


def space_with(gateway: Gateway, **terms: Any) -> Space:
    return Space(gateway.space_id, Environment.PRODUCTION, Terms(**terms))


async def test_segments_come_off_the_bundle_first_and_the_wallet_pays_the_rest(
    gateway: Gateway,
) -> None:
    await give_bundle(gateway, 3)
    covered = (await gateway.accept(text="x" * 161)).message
    assert (covered.price_micro, covered.total_price_micro) == (0, 0)
    partly = (await gateway.accept(text="x" * 307)).message
    assert (partly.price_micro, partly.total_price_micro) == (30_000, 60_000)
    assert await gateway.view(partly.id) == partly
    assert await remaining(gateway) == 0
    assert await gateway.wallet() == (10_000_000 - 60_000, 0)
    await gateway.books_hold()


async def test_a_repeated_request_is_told_the_same_share_of_the_bundle(gateway: Gateway) -> None:
    await give_bundle(gateway, 3)
    for key, text in (("whole", "x" * 161), ("partly", "x" * 161), ("not", "x")):
        first = await gateway.accept(key=key, text=text)
        assert (await gateway.accept(key=key, text=text)).message == first.message


async def test_a_covered_world_message_needs_no_credit(gateway: Gateway) -> None:
    await give_bundle(gateway, 1, "WW")
    async with gateway.database.transaction() as connection:
        await top_up(connection, gateway.space_id, -10_000_000, "", gateway.clock.now())
    claim = await gateway.accept_and_claim(market=Market.WORLD, recipient=FRENCH)
    await gateway.settle(claim, accepted("a1"))
    assert (await gateway.view(claim.recipient_id)).total_price_micro == 0
    with pytest.raises(CreditTooLow):
        await gateway.accept(market=Market.WORLD, recipient=FRENCH)
    await gateway.books_hold()


async def test_a_world_message_holds_and_captures_what_is_not_covered(gateway: Gateway) -> None:
    await give_bundle(gateway, 1)
    claim = await gateway.accept_and_claim(market=Market.WORLD, recipient=FRENCH, text="x" * 161)
    assert await gateway.wallet() == (10_000_000, 80_000)
    await gateway.settle(claim, accepted("a1"), accepted("a2"))
    assert await gateway.wallet() == (10_000_000 - 80_000, 0)
    await gateway.books_hold()


async def test_what_no_carrier_took_goes_back_to_the_bundle(gateway: Gateway) -> None:
    await give_bundle(gateway, 5)
    claim = await gateway.accept_and_claim(text="x" * 161)
    assert await remaining(gateway) == 3
    await gateway.settle(claim, *[Refused(11, "no such number", temporary=False)] * 2)
    assert await remaining(gateway) == 5
    await gateway.books_hold()


async def test_a_refused_or_dry_message_takes_nothing_from_the_bundle(gateway: Gateway) -> None:
    await give_bundle(gateway, 5)
    await gateway.accept(dry_run=True)
    await gateway.rows("UPDATE wallet SET day_spend_max_micro = 0")
    with pytest.raises(GuardRefused):
        await gateway.accept(text="x" * 1377)
    assert await remaining(gateway) == 5
    await gateway.books_hold()


async def test_fifty_at_once_share_a_bundle_of_thirty(gateway: Gateway) -> None:
    await give_bundle(gateway, 30)
    results = await asyncio.gather(*(gateway.accept() for _ in range(50)))
    assert sum(one.message.total_price_micro == 0 for one in results) == 30
    assert await gateway.wallet() == (10_000_000 - 20 * 30_000, 0)
    await gateway.books_hold()


async def test_the_daily_cap_is_kept_exactly_by_many_at_once(gateway: Gateway) -> None:
    await gateway.rows("UPDATE wallet SET day_spend_max_micro = 300000")
    results = await asyncio.gather(*(gateway.accept() for _ in range(40)), return_exceptions=True)
    assert sum(isinstance(one, GuardRefused) for one in results) == 30
    gateway.clock.advance(86_400)
    assert (await gateway.accept()).message.total_price_micro == 30_000


@pytest.mark.parametrize(
    ("market", "recipient"), [(Market.ITALY, "+393331234567"), (Market.WORLD, FRENCH)]
)
async def test_a_dry_run_is_held_to_the_daily_cap_and_counts_nothing(
    gateway: Gateway, market: Market, recipient: str
) -> None:
    await gateway.rows("UPDATE wallet SET day_spend_max_micro = 100000")
    for _ in range(5):
        await gateway.accept(market=market, recipient=recipient, dry_run=True)
    with pytest.raises(GuardRefused, match="daily spending cap"):
        await gateway.accept(market=market, recipient=recipient, dry_run=True, text="x" * 500)


async def test_a_country_outside_the_guard_is_refused(gateway: Gateway) -> None:
    only_italy = space_with(gateway, countries_allowed=frozenset({"IT"}))
    await gateway.accept(only_italy)
    with pytest.raises(GuardRefused, match="may not send to FR"):
        await gateway.accept(only_italy, market=Market.WORLD, recipient=FRENCH)


async def test_codes_are_counted_for_each_number_by_many_at_once(gateway: Gateway) -> None:
    space = space_with(gateway, otp_per_recipient=Allowance(5, 600))

    async def send(code: str) -> Any:
        message_id = gateway.ids.make(gateway.clock.now())
        return await gateway.accept(
            space,
            market=Market.WORLD,
            text=f"Your code is {code}.",
            code=seal_code(gateway.keyring, gateway.space_id, message_id, code),
        )

    results = await asyncio.gather(
        *(send(f"{number:05}") for number in range(20)), return_exceptions=True
    )
    assert sum(isinstance(one, GuardRefused) for one in results) == 15
    assert (await gateway.accept(space)).message.state == "queued"  # a message is no code
    gateway.clock.advance(121)
    await send("77777")


async def test_a_code_stands_in_the_text_only_on_its_way_to_the_carrier(gateway: Gateway) -> None:
    message_id = gateway.ids.make(gateway.clock.now())
    claim = await gateway.accept_and_claim(
        market=Market.WORLD,
        text="Your code is 48151.",
        code=seal_code(gateway.keyring, gateway.space_id, message_id, "48151"),
    )
    assert claim.recipient_id == message_id
    assert [segment.text for segment in claim.segments] == ["Your code is 48151."]
    assert (await gateway.view(message_id)).text == "Your code is *****."
    rows = await gateway.rows("SELECT class, sealed_code FROM message")
    assert rows[0]["class"] == 0
    assert b"48151" not in rows[0]["sealed_code"]


async def test_low_credit_is_told_once_until_it_is_high_again(gateway: Gateway) -> None:
    await gateway.rows("UPDATE wallet SET alert_below_micro = 9950000")
    await gateway.rows(
        'UPDATE space SET settings = \'{"alert_url": "https://example.com/alert"}\'::jsonb'
        " WHERE id = $1",
        gateway.space_id,
    )

    async def told() -> int:
        return len(await gateway.rows("SELECT FROM callback WHERE kind = 'low_credit'"))

    await gateway.accept()
    assert await told() == 0
    for _ in range(3):
        await gateway.accept()
    assert await told() == 1
    async with gateway.database.transaction() as connection:
        await top_up(connection, gateway.space_id, 50_000_000, "more", gateway.clock.now())
    await gateway.rows("UPDATE wallet SET alert_below_micro = 59900000")
    await gateway.accept()
    assert await told() == 2
