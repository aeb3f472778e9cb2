"""What a process counts in memory, until it is written down."""

from collections.abc import Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta

import pytest

from staffetta.accounts.count_usage import AddressCount, TokenCount
from staffetta.accounts.sql import usage as sql
from staffetta.accounts.usage import ScopeUsage
from staffetta.api.asgi import Answer, Refused, Spent
from staffetta.api.client_address import UNKNOWN, client_address
from staffetta.api.usage import (
    ADDRESSES_PER_DAY_MAX,
    ERRORS_PER_MINUTE_MAX,
    ERRORS_WAITING_MAX,
    Called,
    UsageRecorder,
)
from staffetta.db.errors import ConnectionLost

NOON = datetime(2026, 3, 14, 12, 0, 0, tzinfo=UTC)
TODAY = date(2026, 3, 14)
HERE = "192.0.2.7"
SENDING = Called("POST:sms.openapi.com/IT-messages", "sms.openapi.com")
READING = Called("GET:sms.openapi.com/messages", "sms.openapi.com")
FINE = Answer(200, b"")
WRONG = Answer(403, b"", refused=Refused(125.23, "the token lacks the scope"))


class Notebook:
    """A database that keeps the columns of what it is told; it may be away."""

    def __init__(self) -> None:
        self.away = False
        self.written: list[tuple[str, tuple[Sequence[object], ...]]] = []

    @asynccontextmanager
    async def transaction(self):
        if self.away:
            raise ConnectionLost("away")
        yield self

    async def execute(self, statement: str, *columns: Sequence[object]) -> str:
        self.written.append((statement, columns))
        return ""

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        return [
            row
            for one, columns in self.written
            if one == statement
            for row in zip(*columns, strict=True)
        ]


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


@pytest.fixture
def usage() -> UsageRecorder:
    return UsageRecorder()


def ask(
    usage: UsageRecorder,
    answer: Answer = FINE,
    *,
    space_id: int = 1,
    called: Called = SENDING,
    token: bytes = b"t",
    address: str = HERE,
    now: datetime = NOON,
) -> None:
    usage.answered(space_id, token, called, answer, address, now)


def token_rows(notebook: Notebook) -> list[TokenCount]:
    return [
        TokenCount(space_id, day, scope, token, domain, ScopeUsage(*counts))
        for space_id, day, scope, token, domain, *counts in notebook.rows(sql.ADD_COUNTS)
    ]


def address_rows(notebook: Notebook) -> list[AddressCount]:
    return [
        AddressCount(space_id, day, domain, ip, ScopeUsage(*counts))
        for space_id, day, domain, ip, *counts in notebook.rows(sql.ADD_ADDRESSES)
    ]


async def test_nothing_asked_writes_nothing(usage: UsageRecorder, notebook: Notebook):
    assert await usage.store_once(notebook) == 0
    assert notebook.written == []


async def test_what_a_request_took_is_counted_with_it(usage: UsageRecorder, notebook: Notebook):
    for spent in (None, Spent(0, 0), Spent(30_000, 0), Spent(0, 1), Spent(60_000, 1)):
        ask(usage, Answer(201, b"", spent=spent))
    ask(usage, WRONG)
    await usage.store_once(notebook)
    counts = ScopeUsage(6, 1, 2, 2, 90_000)
    assert token_rows(notebook) == [
        TokenCount(1, TODAY, SENDING.scope, b"t", SENDING.domain, counts)
    ]
    assert address_rows(notebook) == [AddressCount(1, TODAY, SENDING.domain, HERE, counts)]


async def test_rows_are_told_apart_and_written_in_the_order_of_their_keys(usage, notebook):
    ask(usage, space_id=2)
    ask(usage, token=b"u")
    ask(usage, called=READING)
    ask(usage, now=NOON - timedelta(days=1))
    ask(usage, address="192.0.2.8")
    await usage.store_once(notebook)
    keys = [(one.space_id, one.day, one.scope, one.token_hash) for one in token_rows(notebook)]
    assert keys == sorted(keys)
    assert len(keys) == 5
    addresses = [(one.space_id, one.day, one.domain, one.ip) for one in address_rows(notebook)]
    assert addresses == sorted(addresses)
    assert sum(one.counts.request_count for one in address_rows(notebook)) == 5


async def test_each_batch_holds_only_what_is_new(usage: UsageRecorder, notebook: Notebook):
    ask(usage)
    await usage.store_once(notebook)
    ask(usage)
    ask(usage)
    await usage.store_once(notebook)
    assert [one.counts.request_count for one in token_rows(notebook)] == [1, 2]


async def test_nothing_is_lost_while_the_database_is_away(usage, notebook):
    notebook.away = True
    for _ in range(3):
        ask(usage)
        ask(usage, WRONG)
        with pytest.raises(ConnectionLost):
            await usage.store_once(notebook)
    notebook.away = False
    await usage.store_once(notebook)
    assert [one.counts for one in token_rows(notebook)] == [ScopeUsage(6, 3)]
    assert len(notebook.rows(sql.ADD_ERRORS)) == 3


async def test_a_refusal_is_kept_with_its_number_and_sentence(usage, notebook):
    ask(usage, WRONG)
    await usage.store_once(notebook)
    ((space_id, error_id, at, scope, domain, status, number, sentence, ip),) = notebook.rows(
        sql.ADD_ERRORS
    )
    assert (space_id, at, scope, domain) == (1, NOON, SENDING.scope, SENDING.domain)
    assert (status, number, sentence, ip) == (403, 125.23, "the token lacks the scope", HERE)
    assert len(error_id) == 12


async def test_beyond_so_many_a_minute_refusals_are_only_counted(usage, notebook):
    for _ in range(ERRORS_PER_MINUTE_MAX + 50):
        ask(usage, WRONG)
    ask(usage, WRONG, space_id=2)
    ask(usage, WRONG, now=NOON + timedelta(minutes=1))
    await usage.store_once(notebook)
    kept = [row[0] for row in notebook.rows(sql.ADD_ERRORS)]
    assert (kept.count(1), kept.count(2)) == (ERRORS_PER_MINUTE_MAX + 1, 1)
    assert [one.counts.error_count for one in token_rows(notebook)] == [151, 1]


async def test_refusals_that_wait_are_bounded(usage: UsageRecorder, notebook: Notebook):
    for space_id in range(ERRORS_WAITING_MAX // ERRORS_PER_MINUTE_MAX + 5):
        for _ in range(ERRORS_PER_MINUTE_MAX):
            ask(usage, WRONG, space_id=space_id)
    await usage.store_once(notebook)
    assert len(notebook.rows(sql.ADD_ERRORS)) == ERRORS_WAITING_MAX


async def test_addresses_of_a_day_are_bounded_and_the_rest_counted_together(usage, notebook):
    for number in range(ADDRESSES_PER_DAY_MAX + 20):
        ask(usage, address=f"10.0.{number // 256}.{number % 256}")
    await usage.store_once(notebook)
    ask(usage, address="10.1.0.1")
    ask(usage, address="10.0.0.0")
    await usage.store_once(notebook)
    rows = address_rows(notebook)
    others = [one.counts.request_count for one in rows if one.ip == UNKNOWN]
    assert (len({one.ip for one in rows}), others) == (ADDRESSES_PER_DAY_MAX + 1, [20, 1])
    ask(usage, address="10.1.0.1", now=NOON + timedelta(days=1))
    await usage.store_once(notebook)
    assert address_rows(notebook)[-1].ip == "10.1.0.1"


async def test_the_table_is_bounded_and_forgets_addresses_first(notebook: Notebook):
    usage = UsageRecorder(keys_max=10)
    for number in range(15):
        ask(usage, address=f"10.0.0.{number}")
    for number in range(100):
        ask(usage, space_id=2 + number)
    await usage.store_once(notebook)
    by_space = {one.space_id: one.counts.request_count for one in token_rows(notebook)}
    assert by_space[1] == 15
    assert len(by_space) == 10  # nine more found room, the others are not counted
    ask(usage, space_id=500)
    await usage.store_once(notebook)
    assert token_rows(notebook)[-1].space_id == 500


@pytest.mark.parametrize(
    ("client", "address"),
    [
        (("192.0.2.7", 4711), HERE),
        (("::ffff:192.0.2.7", 4711), HERE),
        (("2001:DB8:0::1", 4711), "2001:db8::1"),
        (("fe80::1%eth0", 4711), "fe80::1"),
        (("/run/socket", 0), UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_an_address_has_one_form(client: object, address: str):
    assert client_address({"client": client}) == address


def test_a_scope_without_a_client_has_no_address():
    assert client_address({}) == UNKNOWN
