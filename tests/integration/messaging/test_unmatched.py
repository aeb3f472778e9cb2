"""When most of a carrier's reports find no message, an alarm says so, and ends by itself."""

import pytest
from hand_gateway import Gateway, accepted

from staffetta.messaging.unmatched import ALARM, UNMATCHED_MIN, UnmatchedWatch
from staffetta.routing.alarms import open_alarms

MANY = UNMATCHED_MIN + 1


@pytest.fixture
def watch(gateway: Gateway) -> UnmatchedWatch:
    return UnmatchedWatch(gateway.database, gateway.clock, gateway.reporter.unmatched)


async def alarms(gateway: Gateway) -> list[str]:
    async with gateway.database.acquire() as connection:
        return [one.kind for one in await open_alarms(connection)]


async def report_strangers(gateway: Gateway, count: int) -> None:
    await gateway.report(*(gateway.delivered(f"nobody-{number}") for number in range(count)))


async def report_known(gateway: Gateway, count: int) -> None:
    for number in range(count):
        claim = await gateway.accept_and_claim()
        await gateway.settle(claim, accepted(f"known-{number}"))
        await gateway.report(gateway.delivered(f"known-{number}"))


async def test_many_strangers_raise_an_alarm_that_says_what_to_do(
    gateway: Gateway, watch: UnmatchedWatch
) -> None:
    await report_strangers(gateway, MANY)
    assert await watch.watch_once() == 0  # their answers may only be late
    gateway.clock.advance(20)
    assert await watch.watch_once() == 1
    assert await alarms(gateway) == [ALARM]
    async with gateway.database.acquire() as connection:
        (alarm,) = await open_alarms(connection)
    assert f"{MANY} of {MANY} reports" in alarm.detail
    assert "report_ids" in alarm.detail
    assert await watch.watch_once() == 0  # it is raised already


async def test_it_ends_when_reports_find_their_messages_again(
    gateway: Gateway, watch: UnmatchedWatch
) -> None:
    await report_strangers(gateway, MANY)
    gateway.clock.advance(20)
    await watch.watch_once()
    gateway.clock.advance(120)
    await report_known(gateway, 1)
    gateway.clock.advance(20)
    await watch.watch_once()
    assert await alarms(gateway) == []


async def test_a_process_started_anew_ends_the_alarm_of_the_one_before(
    gateway: Gateway, watch: UnmatchedWatch
) -> None:
    await report_strangers(gateway, MANY)
    gateway.clock.advance(20)
    await watch.watch_once()
    gateway.clock.advance(120)
    await report_known(gateway, 1)
    gateway.clock.advance(20)
    again = UnmatchedWatch(gateway.database, gateway.clock, gateway.reporter.unmatched)
    await again.watch_once()
    assert await alarms(gateway) == []


async def test_few_strangers_or_a_minority_of_them_alarm_nobody(
    gateway: Gateway, watch: UnmatchedWatch
) -> None:
    await report_strangers(gateway, UNMATCHED_MIN)
    gateway.clock.advance(20)
    await watch.watch_once()
    gateway.clock.advance(120)
    await report_strangers(gateway, MANY)
    await report_known(gateway, MANY)
    gateway.clock.advance(20)
    assert await watch.watch_once() == 0
    assert await alarms(gateway) == []


async def test_reports_that_were_only_early_alarm_nobody(
    gateway: Gateway, watch: UnmatchedWatch
) -> None:
    claims = [await gateway.accept_and_claim() for _ in range(MANY)]
    await gateway.report(*(gateway.delivered(f"early-{place}") for place in range(MANY)))
    for place, claim in enumerate(claims):
        await gateway.settle(claim, accepted(f"early-{place}"))
    gateway.clock.advance(20)
    assert await watch.watch_once() == 0
    assert await alarms(gateway) == []
