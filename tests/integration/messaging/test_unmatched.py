"""When most of a carrier's reports find no message, an alarm says so, and ends by itself."""

from dataclasses import dataclass

import pytest
from hand_gateway import Gateway, accepted
from prometheus_client import CollectorRegistry

from staffetta.app.alarms import AlarmBook
from staffetta.connectors.metrics import ConnectorMetrics
from staffetta.messaging.unmatched import UNMATCHED_MIN, UnmatchedCounts, UnmatchedWatch
from staffetta.routing.alarms import AlarmKind, open_alarms

ALARM = AlarmKind.UNMATCHED_REPORTS
MANY = UNMATCHED_MIN + 1


@dataclass
class Watching:
    """What one process sees and stores."""

    watch: UnmatchedWatch
    book: AlarmBook

    async def watch_once(self) -> int:
        new_count = await self.watch.watch_once()
        await self.book.store_once()
        return new_count


def watching(gateway: Gateway, counts: UnmatchedCounts) -> Watching:
    metrics = ConnectorMetrics(CollectorRegistry())
    book = AlarmBook(gateway.database, gateway.clock, metrics)
    watch = UnmatchedWatch(gateway.database, gateway.clock, counts, book.note)
    return Watching(watch, book)


@pytest.fixture
def watch(gateway: Gateway) -> Watching:
    return watching(gateway, gateway.reporter.unmatched)


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
    gateway: Gateway, watch: Watching
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
    gateway: Gateway, watch: Watching
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
    gateway: Gateway, watch: Watching
) -> None:
    await report_strangers(gateway, MANY)
    gateway.clock.advance(20)
    await watch.watch_once()
    gateway.clock.advance(120)
    await report_known(gateway, 1)
    gateway.clock.advance(20)
    again = watching(gateway, gateway.reporter.unmatched)
    await again.watch_once()
    assert await alarms(gateway) == []


async def test_few_strangers_or_a_minority_of_them_alarm_nobody(
    gateway: Gateway, watch: Watching
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


async def test_reports_that_were_only_early_alarm_nobody(gateway: Gateway, watch: Watching) -> None:
    claims = [await gateway.accept_and_claim() for _ in range(MANY)]
    await gateway.report(*(gateway.delivered(f"early-{place}") for place in range(MANY)))
    for place, claim in enumerate(claims):
        await gateway.settle(claim, accepted(f"early-{place}"))
    gateway.clock.advance(20)
    assert await watch.watch_once() == 0
    assert await alarms(gateway) == []


async def test_a_process_that_was_calm_all_along_ends_the_alarm_of_one_that_died(
    gateway: Gateway, watch: Watching
) -> None:
    counts = UnmatchedCounts()
    other = watching(gateway, counts)

    async def see_a_known_report() -> None:
        counts.came(gateway.connector.connector_id, 1, gateway.clock.now())
        gateway.clock.advance(20)
        await other.watch_once()

    await see_a_known_report()
    await report_strangers(gateway, MANY)
    gateway.clock.advance(20)
    await watch.watch_once()
    await see_a_known_report()
    assert await alarms(gateway) == [ALARM], "the one that sees the strangers told it just now"
    gateway.clock.advance(20)
    await see_a_known_report()
    assert await alarms(gateway) == []
