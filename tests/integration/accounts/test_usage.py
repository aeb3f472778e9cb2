"""What was asked, as it is written and read again, on a real database."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from staffetta.accounts.count_usage import (
    AddressCount,
    SpaceError,
    TokenCount,
    UsageBatch,
    add_usage,
    forget_errors_once,
)
from staffetta.accounts.usage import DomainUsage, RequestError, ScopeUsage, UsageReader
from staffetta.db.pool import Database
from staffetta.domain.ids import IdMaker

NOON = datetime(2026, 3, 14, 12, 0, 0, tzinfo=UTC)
TODAY = date(2026, 3, 14)
YESTERDAY = date(2026, 3, 13)
V2 = "sms.openapi.com"
V1 = "ws.messaggisms.com"
ITALIAN = f"POST:{V2}/IT-messages"
READING = f"GET:{V2}/messages"
OLD = f"POST:{V1}/messages"
TOKEN = b"t" * 32
OTHER_TOKEN = b"u" * 32
ONCE = ScopeUsage(1)


def counted(
    scope: str = ITALIAN,
    counts: ScopeUsage = ONCE,
    day: date = TODAY,
    token: bytes = TOKEN,
    space_id: int = 1,
) -> TokenCount:
    domain = scope.partition(":")[2].partition("/")[0]
    return TokenCount(space_id, day, scope, token, domain, counts)


def came_from(
    ip: str, counts: ScopeUsage = ONCE, day: date = TODAY, domain: str = V2
) -> AddressCount:
    return AddressCount(1, day, domain, ip, counts)


def refused(
    at: datetime, scope: str = ITALIAN, message: str = "no", space_id: int = 1
) -> SpaceError:
    one = RequestError(IdMaker().make(at), at, scope, V2, 403, 125.23, message, "192.0.2.7")
    return SpaceError(space_id, one)


async def add(
    database: Database,
    tokens: Sequence[TokenCount] = (),
    addresses: Sequence[AddressCount] = (),
    errors: Sequence[SpaceError] = (),
) -> None:
    async with database.transaction() as connection:
        await add_usage(connection, UsageBatch(tokens, addresses, errors))


async def test_counts_are_added_up_over_batches_tokens_and_days(database: Database):
    first = [counted(counts=ScopeUsage(5, 1, 3, 1, 90)), counted(READING)]
    second = [
        counted(counts=ScopeUsage(2, 0, 1, 1, 30)),
        counted(token=OTHER_TOKEN, counts=ScopeUsage(4)),
        counted(day=YESTERDAY, counts=ScopeUsage(7)),
        counted(day=YESTERDAY - timedelta(days=1), counts=ScopeUsage(100)),
        counted(space_id=2, counts=ScopeUsage(100)),
    ]
    await add(database, first)
    await add(database, second)
    by_scope = await UsageReader(database).by_scope(1, YESTERDAY, TODAY)
    assert dict(by_scope) == {
        READING: ScopeUsage(1),
        ITALIAN: ScopeUsage(18, 1, 4, 2, 120),
    }


async def test_a_space_that_asked_nothing_has_nothing(database: Database):
    reader = UsageReader(database)
    assert not await reader.by_scope(1, TODAY, TODAY)
    assert not await reader.by_domain(1, TODAY, TODAY)
    assert not await reader.by_ip(1, TODAY, TODAY)
    assert not await reader.errors(1)
    total = await reader.totals(1, TODAY, TODAY, 0)
    assert (total.request_count, total.ip_count, total.wallet_micro) == (0, 0, 0)


async def test_services_are_told_apart_with_their_addresses(database: Database):
    await add(
        database,
        [counted(), counted(READING), counted(OLD, ScopeUsage(3))],
        [
            came_from("192.0.2.7"),
            came_from("2001:db8::1"),
            came_from("192.0.2.7", day=YESTERDAY),
            came_from("192.0.2.7", ScopeUsage(3), domain=V1),
            came_from("0.0.0.0", ScopeUsage(9), domain=V1),
        ],
    )
    assert dict(await UsageReader(database).by_domain(1, YESTERDAY, TODAY)) == {
        V2: DomainUsage(ScopeUsage(2), 2),
        V1: DomainUsage(ScopeUsage(3), 1),
    }


async def test_addresses_come_busiest_first_over_all_services(database: Database):
    await add(
        database,
        addresses=[
            came_from("192.0.2.7", ScopeUsage(1, 1)),
            came_from("2001:db8::1", ScopeUsage(5)),
            came_from("192.0.2.7", ScopeUsage(6), domain=V1),
        ],
    )
    reader = UsageReader(database)
    by_ip = await reader.by_ip(1, TODAY, TODAY)
    assert list(by_ip.items()) == [
        ("192.0.2.7", ScopeUsage(7, 1)),
        ("2001:db8::1", ScopeUsage(5)),
    ]
    assert list(await reader.by_ip(1, TODAY, TODAY, limit=1)) == ["192.0.2.7"]


async def test_totals_take_what_was_spent_from_the_ledger(database: Database):
    await add(
        database,
        [counted(counts=ScopeUsage(5, 1, 3, 1, 90)), counted(OLD, ScopeUsage(1, 1))],
        [came_from("192.0.2.7"), came_from("192.0.2.7", domain=V1), came_from("0.0.0.0")],
    )
    total = await UsageReader(database).totals(1, YESTERDAY, TODAY, 60)
    assert (total.request_count, total.error_count, total.wallet_count) == (6, 2, 3)
    assert (total.subscription_count, total.ip_count, total.wallet_micro) == (1, 1, 60)


async def test_a_token_has_its_own_sum_over_its_life(database: Database):
    await add(database, [counted(), counted(READING, day=YESTERDAY), counted(token=OTHER_TOKEN)])
    assert await UsageReader(database).by_token(TOKEN) == ScopeUsage(2)
    assert await UsageReader(database).by_token(b"nobody") == ScopeUsage()


async def test_errors_come_newest_first_by_scope_and_by_page(database: Database):
    scopes = [ITALIAN, READING, ITALIAN, OLD]
    errors = [refused(NOON + timedelta(seconds=n), scope) for n, scope in enumerate(scopes)]
    await add(database, errors=[*errors, refused(NOON, space_id=2)])
    reader = UsageReader(database)
    mine = [one.refused for one in errors]
    assert await reader.errors(1) == mine[::-1]
    assert await reader.errors(1, [ITALIAN, OLD]) == [mine[3], mine[2], mine[0]]
    assert await reader.errors(1, skip=1, limit=2) == [mine[2], mine[1]]


async def test_a_sentence_that_no_database_can_keep_is_kept_all_the_same(database: Database):
    await add(database, errors=[refused(NOON, message="a\x00b\ud800c" + "x" * 5000)])
    (kept,) = await UsageReader(database).errors(1)
    assert kept.message.startswith("a\ufffdb?c")
    assert len(kept.message) == 500


async def test_errors_are_forgotten_after_ninety_days(database: Database):
    await add(database, errors=[refused(NOON), refused(NOON + timedelta(days=1))])
    later = NOON + timedelta(days=90, seconds=1)
    assert await forget_errors_once(database, later) == 1
    assert await forget_errors_once(database, later) == 0
    assert len(await UsageReader(database).errors(1)) == 1
