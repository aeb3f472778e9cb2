"""Statistics of traffic against what really happened, played by hand."""

import asyncio
import random
from collections import Counter
from datetime import datetime, timedelta

import msgspec
import pytest
from bulk_hand import BulkHand
from hand_gateway import FRENCH, ITALIAN, Gateway, accepted, make_space

from staffetta.db.pool import Database, Limits, TryAgain
from staffetta.domain.environments import Market
from staffetta.messaging.connector import Refused, ReportMeaning
from staffetta.messaging.failures import Cause
from staffetta.messaging.read_traffic import TrafficReader, count_step, has_traffic
from staffetta.messaging.traffic import Country, Counts, Traffic, Window

DAY = timedelta(days=1)


async def counted(gateway: Gateway, window: Window = Window.DAY) -> Traffic:
    reader = TrafficReader(gateway.database, gateway.clock)
    return await reader.read(gateway.space_id, window, gateway.clock.now())


async def send(gateway: Gateway, key: str, fate: str, seconds: float = 2.0) -> None:
    """Send one message and let it have its fate, so many seconds later."""
    claim = await gateway.accept_and_claim()
    if fate == "waiting":
        return
    if fate == "refused":
        await gateway.settle(claim, Refused(0x0B, "not served (ESME_RINVDSTADR, 11)", False))
        return
    await gateway.settle(claim, accepted(key))
    if fate == "sent":
        return
    gateway.clock.advance(seconds)
    if fate == "delivered":
        await gateway.report(gateway.delivered(key))
    else:
        failed = gateway.delivered(key, ReportMeaning.UNDELIVERABLE)
        await gateway.report(msgspec.structs.replace(failed, error="006"))


async def test_a_space_that_sent_nothing_has_nothing(gateway: Gateway) -> None:
    traffic = await counted(gateway)
    assert traffic.counts == Counts()
    assert (traffic.delay, traffic.countries, traffic.troubles) == (None, [], [])
    assert traffic.missing_count == 0
    async with gateway.database.acquire() as connection:
        assert not await has_traffic(connection, gateway.space_id)


async def test_what_happened_is_what_is_counted(gateway: Gateway) -> None:
    """Forty messages in a day, each with a fate of its own, in every step of it."""
    chance = random.Random(20260314)
    fates: Counter[str] = Counter()
    by_step: Counter[datetime] = Counter()
    for number in range(40):
        fate = chance.choice(["delivered", "delivered", "failed", "sent", "refused", "waiting"])
        fates[fate] += 1
        at = gateway.clock.now()
        by_step[at.replace(minute=0, second=0, microsecond=0)] += 1
        await send(gateway, f"k{number}", fate, chance.uniform(0.5, 60))
        gateway.clock.advance(chance.uniform(60, 3000))
    traffic = await counted(gateway)
    assert traffic.counts == Counts(
        waiting=fates["waiting"],
        sent=fates["sent"],
        delivered=fates["delivered"],
        failed=fates["failed"] + fates["refused"],
    )
    shown = {step.begins_at: step.counts.total for step in traffic.steps if step.counts.total}
    assert shown == dict(by_step)
    assert {one.cause: one.count for one in traffic.troubles} == {
        Cause.OUT_OF_REACH: fates["failed"],
        Cause.NO_ROUTE: fates["refused"],
    }
    for window in (Window.WEEK, Window.MONTH):
        assert (await counted(gateway, window)).counts == traffic.counts


async def test_countries_and_the_carriers_words_are_told(gateway: Gateway) -> None:
    await send(gateway, "a1", "delivered")
    await send(gateway, "a2", "failed")
    await gateway.accept(market=Market.WORLD, recipient=FRENCH)
    traffic = await counted(gateway)
    assert traffic.countries == [
        Country("IT", Counts(delivered=1, failed=1)),
        Country("FR", Counts(waiting=1)),
    ]
    assert [(one.cause, one.said, one.count) for one in traffic.troubles] == [
        (Cause.OUT_OF_REACH, "UNDELIVERABLE, error 006", 1)
    ]


async def test_delays_are_from_the_carriers_yes_to_the_phone(gateway: Gateway) -> None:
    for number, seconds in enumerate([1, 2, 3, 4, 100]):
        await send(gateway, f"d{number}", "delivered", seconds)
    delay = (await counted(gateway, Window.HOUR)).delay
    assert delay is not None
    assert delay.median_seconds == pytest.approx(3, rel=0.02)
    assert delay.p95_seconds == pytest.approx(100, rel=0.02)


async def test_what_was_never_to_be_sent_does_not_count(gateway: Gateway) -> None:
    await gateway.accept(dry_run=True)
    later = await gateway.accept(send_at=gateway.clock.now() + DAY)
    await gateway.rows("UPDATE recipient SET state = 'cancelled' WHERE id = $1", later.message.id)
    # A test of v1, as it is stored: delivered, and no process ever claimed it.
    tested = await gateway.accept()
    await gateway.rows(
        "UPDATE recipient SET state = 'delivered', sent_at = $2, delivered_at = $2 WHERE id = $1",
        tested.message.id,
        gateway.clock.now(),
    )
    assert (await counted(gateway)).counts == Counts()


async def test_tests_of_v1_are_no_failures(gateway: Gateway) -> None:
    bulk = BulkHand(gateway)
    # Filled in for the second, nothing is left to be sent.
    refused = [{"number": "+39-3337654321", "fields": {"name": "Zoe"}}, "+39-3331234567"]
    await bulk.post(refused, body="{{name}}", is_test=True)
    assert (await counted(gateway)).counts == Counts()
    await bulk.post(refused, body="{{name}}")
    assert (await counted(gateway)).counts == Counts(waiting=1, failed=1)


async def test_a_space_sees_its_own_alone(gateway: Gateway) -> None:
    other = await make_space(gateway.database, "other@example.com")
    await send(gateway, "o1", "delivered")
    reader = TrafficReader(gateway.database, gateway.clock)
    assert (await reader.read(other, Window.DAY, gateway.clock.now())).counts == Counts()
    assert (await counted(gateway)).counts == Counts(delivered=1)


async def test_what_is_under_way_is_counted_again_and_what_has_ended_is_not(
    gateway: Gateway,
) -> None:
    reader = TrafficReader(gateway.database, gateway.clock)

    async def look() -> Counts:
        traffic = await reader.read(gateway.space_id, Window.DAY, gateway.clock.now())
        return traffic.counts

    claim = await gateway.accept_and_claim()
    assert await look() == Counts(waiting=1)
    await gateway.settle(claim, accepted("u1"))
    assert await look() == Counts(waiting=1)  # kept for some seconds
    gateway.clock.advance(10)
    assert await look() == Counts(sent=1)
    gateway.clock.advance(5 * 3600)
    await gateway.report(gateway.delivered("u1"))
    assert await look() == Counts(delivered=1)
    # Whatever is over is not looked at any more, so nobody sees what cannot happen.
    await gateway.rows("UPDATE recipient SET state = 'submitted'")
    gateway.clock.advance(3600)
    assert await look() == Counts(delivered=1)


async def test_many_who_look_at_once_are_one(gateway: Gateway) -> None:
    await send(gateway, "m1", "delivered")
    reader = TrafficReader(gateway.database, gateway.clock)
    now = gateway.clock.now()
    found = await asyncio.gather(
        *(reader.read(gateway.space_id, Window.DAY, now) for _ in range(20))
    )
    assert {traffic.counts for traffic in found} == {Counts(delivered=1)}


async def test_where_time_is_short_the_newest_is_counted_first_and_the_rest_later(
    gateway: Gateway,
) -> None:
    await send(gateway, "s1", "delivered")
    gateway.clock.advance(3 * 3600)
    await send(gateway, "s2", "delivered")
    slow = SlowClock(gateway)
    reader = TrafficReader(gateway.database, slow)
    first = await reader.read(gateway.space_id, Window.DAY, gateway.clock.now())
    assert first.missing_count > 0
    assert first.counts == Counts(delivered=1)
    assert first.steps[-1].counts.total == 1
    while (more := await reader.read(gateway.space_id, Window.DAY, slow.now())).missing_count:
        assert more.missing_count < first.missing_count
    assert more.counts == Counts(delivered=2)


class SlowClock:
    """Counting a step takes a second."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.seconds = 0.0

    def now(self) -> datetime:
        return self.gateway.clock.now()

    def monotonic(self) -> float:
        self.seconds += 0.5
        return self.seconds


async def test_what_takes_too_long_is_given_up(gateway: Gateway, database_url: str) -> None:
    """The reports' connections have little patience: nobody else waits for statistics."""
    impatient = await Database.connect(database_url, limits=Limits(statement_seconds=1))
    try:
        async with gateway.database.transaction() as connection:
            await connection.execute("LOCK TABLE recipient IN ACCESS EXCLUSIVE MODE")
            with pytest.raises(TryAgain):
                await TrafficReader(impatient, gateway.clock).read(
                    gateway.space_id, Window.HOUR, gateway.clock.now()
                )
    finally:
        await impatient.close()


async def test_a_step_has_its_begin_and_not_its_end(gateway: Gateway) -> None:
    at = gateway.clock.now()
    await gateway.accept(recipient=ITALIAN)
    async with gateway.database.acquire() as connection:
        whole = await count_step(connection, gateway.space_id, at, at + DAY)
        before = await count_step(connection, gateway.space_id, at - DAY, at)
    assert (whole.counts.total, before.counts.total) == (1, 0)
