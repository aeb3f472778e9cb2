"""Spending and balance step by step, entries searched, and an export page by page."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hand_gateway import FrozenClock, Gateway, accepted, make_gateway, make_space
from open_books import closed, drop_month

from staffetta.db.pool import Database
from staffetta.ledger.book import EntryKind
from staffetta.ledger.export import as_csv, export_lines, export_page, find_sources
from staffetta.ledger.money_reader import MoneyReader, MoneyStep
from staffetta.ledger.period import Period
from staffetta.ledger.search_entries import EntryPage, EntrySearch, search_entries
from staffetta.ledger.topup import top_up

HOUR = timedelta(hours=1)
EUR = 1_000_000
MIDNIGHT = datetime(2026, 3, 15, tzinfo=UTC)


@pytest.fixture
async def gateway(database: Database, clock: FrozenClock) -> Gateway:
    """10 EUR at 9:26 the day before; 3 cents at 0:30 and at 2:30; 5 EUR at 2:30."""
    gateway = await make_gateway(database, clock)
    await move_to(gateway, MIDNIGHT + HOUR / 2)
    await gateway.settle(await gateway.accept_and_claim(), accepted("a1"))
    await move_to(gateway, MIDNIGHT + HOUR * 2.5)
    await gateway.accept()
    async with database.transaction() as connection:
        await top_up(connection, gateway.space_id, 5 * EUR, "paid", clock.now())
    return gateway


async def move_to(gateway: Gateway, moment: datetime) -> None:
    gateway.clock.advance((moment - gateway.clock.now()).total_seconds())


def hours(count: int, first: datetime = MIDNIGHT) -> list[datetime]:
    return [first + HOUR * number for number in range(count)]


Shown = list[tuple[int | None, int | None]]


async def series(gateway: Gateway, starts: Sequence[datetime]) -> Shown:
    async with gateway.database.transaction(isolation="repeatable_read") as connection:
        reader = MoneyReader(gateway.clock)
        steps = await reader.read(connection, gateway.space_id, starts, gateway.clock.now())
    assert [step.begins_at for step in steps] == list(starts)
    return [(step.spent_micro, step.balance_micro) for step in steps]


async def test_each_step_says_what_was_spent_and_what_was_left(gateway: Gateway) -> None:
    assert await series(gateway, hours(4)) == [
        (30_000, 9_970_000),
        (0, 9_970_000),
        (30_000, 14_940_000),
        (0, 14_940_000),
    ]


async def test_before_the_first_entry_there_was_nothing(gateway: Gateway) -> None:
    day_before = datetime(2026, 3, 14, 8, tzinfo=UTC)
    shown = await series(gateway, hours(20, day_before))
    assert shown[:3] == [(0, 0), (0, 10 * EUR), (0, 10 * EUR)]


async def test_what_came_back_is_not_spent(gateway: Gateway) -> None:
    await move_to(gateway, MIDNIGHT + timedelta(days=3))
    while await gateway.housekeeper.expire_once():
        pass
    at = hours(2, gateway.clock.now().replace(minute=0, second=0, microsecond=0))
    assert await series(gateway, at) == [(-30_000, 14_970_000), (-0, 14_970_000)]


async def test_a_balance_is_right_where_the_months_before_were_dropped(gateway: Gateway) -> None:
    await move_to(gateway, datetime(2026, 4, 1, 10, 30, tzinfo=UTC))
    await gateway.accept()
    await closed(gateway.database, datetime(2026, 4, 20, tzinfo=UTC))
    before = await series(gateway, hours(2, datetime(2026, 4, 1, 9, tzinfo=UTC)))
    await drop_month(gateway.database, date(2026, 3, 1))
    after = await series(gateway, hours(2, datetime(2026, 4, 1, 9, tzinfo=UTC)))
    assert before == after == [(0, 14_940_000), (30_000, 14_910_000)]


async def test_who_looks_again_reads_the_same_and_what_is_new(gateway: Gateway) -> None:
    reader, starts = MoneyReader(gateway.clock), hours(4)

    async def look() -> Sequence[MoneyStep]:
        async with gateway.database.transaction(isolation="repeatable_read") as connection:
            return await reader.read(connection, gateway.space_id, starts, gateway.clock.now())

    first = await look()
    assert [(one.spent_micro, one.balance_micro) for one in first] == await series(gateway, starts)
    assert await look() == first
    await move_to(gateway, MIDNIGHT + HOUR * 3.5)
    await gateway.accept()
    assert [one.spent_micro for one in await look()] == [30_000, 0, 30_000, 30_000]
    # A window that has moved on shows what it kept, and what came.
    later = hours(4, MIDNIGHT + HOUR)
    async with gateway.database.transaction(isolation="repeatable_read") as connection:
        moved = await reader.read(connection, gateway.space_id, later, gateway.clock.now())
    assert [(one.spent_micro, one.balance_micro) for one in moved] == await series(gateway, later)


class SlowClock:
    """A second passes whenever somebody looks at it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return MIDNIGHT

    def monotonic(self) -> float:
        self.seconds += 1
        return self.seconds


async def test_where_time_is_short_the_newest_is_read_first_and_the_rest_later(
    gateway: Gateway,
) -> None:
    reader, starts, now = MoneyReader(SlowClock()), hours(4), MIDNIGHT + HOUR * 5
    looks = []
    for _ in range(2):
        async with gateway.database.acquire() as connection:
            steps = await reader.read(connection, gateway.space_id, starts, now)
        looks.append([step.spent_micro for step in steps])
        assert [step.balance_micro is None for step in steps] == [one is None for one in looks[-1]]
    assert looks == [[None, None, 30_000, 0], [30_000, 0, 30_000, 0]]


async def found(gateway: Gateway, looked_at_max: int = 1000, **wanted: object) -> EntryPage:
    search = EntrySearch(**wanted)  # type: ignore[arg-type]
    async with gateway.database.transaction(isolation="repeatable_read") as connection:
        return await search_entries(connection, gateway.space_id, search, looked_at_max)


def shown(page: EntryPage) -> list[tuple[int, EntryKind]]:
    return [(one.sequence, one.kind) for one in page.entries]


ALL = [
    (4, EntryKind.TOP_UP),
    (3, EntryKind.CHARGE),
    (2, EntryKind.CHARGE),
    (1, EntryKind.TOP_UP),
]


async def test_entries_are_found_newest_first_by_kind_and_by_month(gateway: Gateway) -> None:
    await make_space(gateway.database, "other@example.com")
    assert shown(await found(gateway)) == ALL
    assert shown(await found(gateway, period=Period.always())) == ALL
    assert shown(await found(gateway, kind=EntryKind.CHARGE)) == ALL[1:3]
    assert shown(await found(gateway, kind=EntryKind.PENALTY)) == []
    assert shown(await found(gateway, period=Period.of_month(date(2026, 3, 31)))) == ALL
    assert shown(await found(gateway, period=Period.of_month(date(2026, 2, 1)))) == []
    only_first_day = Period(date(2026, 3, 14), date(2026, 3, 15))
    assert shown(await found(gateway, period=only_first_day)) == ALL[3:]


async def test_pages_lead_through_every_entry_once(gateway: Gateway) -> None:
    for looked_at_max, limit, kind in product((1, 2, 1000), (1, 2, 3), (None, EntryKind.TOP_UP)):
        seen: list[tuple[int, EntryKind]] = []
        before: int | None = None
        for _ in range(10):
            page = await found(gateway, looked_at_max, limit=limit, kind=kind, before=before)
            seen += shown(page)
            before = page.next_before
            if before is None:
                break
        assert before is None
        assert seen == [one for one in ALL if kind in {None, one[1]}]


async def test_an_export_by_pages_is_the_export(gateway: Gateway) -> None:
    period = Period.of_month(date(2026, 3, 1))
    async with gateway.database.transaction(isolation="repeatable_read") as connection:
        source = (await find_sources(connection, "alice@example.com", "production"))[0]
        whole = [line async for line in export_lines(connection, [source], period)]
    paged: list[Sequence[str]] = []
    after: int | None = 0
    while after is not None:
        async with gateway.database.acquire() as connection:
            lines, after = await export_page(connection, source, period, after, limit=2)
        paged += lines
    assert paged == whole
    assert len(whole) == 4
    assert as_csv(whole).count("\r\n") == 4


async def test_an_export_by_pages_tells_dropped_months_once(gateway: Gateway) -> None:
    await move_to(gateway, datetime(2026, 4, 2, tzinfo=UTC))
    await gateway.accept()
    await closed(gateway.database, datetime(2026, 4, 20, tzinfo=UTC))
    await drop_month(gateway.database, date(2026, 3, 1))
    async with gateway.database.transaction(isolation="repeatable_read") as connection:
        source = (await find_sources(connection, "alice@example.com", "production"))[0]
        always = Period.always()
        whole = [line async for line in export_lines(connection, [source], always)]
        first, after = await export_page(connection, source, always, 0, limit=1)
        assert after is not None
        second, end = await export_page(connection, source, always, after, limit=1)
    assert [*first, *second] == whole
    assert (len(whole), end) == (2, None)
