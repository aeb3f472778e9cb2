"""Row 9: pages of a list, 100 messages each, in a space that has a million.

The messages are made by SQL, a second apart, all of them delivered and free of charge. A page is
asked for over HTTP on one connection that stays open; its time is the client's. Page 10,000 is
reached by cursor, and by skip for contrast. The search is for a number that nobody has: it looks at
as many messages as one request may.
"""

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import suppress
from statistics import median
from typing import Any, Self

from bench.benchmark import Benchmark, Figure, Options, Sample
from bench.system import EMAIL, HOST, System, SystemFailed, SystemPlan

_MESSAGES = 1_000_000
_PAGE = 100
_LAST_PAGE = _MESSAGES // _PAGE
_QUICK, _SLOW = 101, 11  # requests of each kind
_ANSWER_SECONDS_MAX = 60.0

_COUNT = "SELECT count(*) FROM message WHERE body = 'listed'"
# An id: four bytes of seconds, then anything that tells two of the same second apart.
_MAKE_MESSAGES = f"""
INSERT INTO message (space_id, id, service, market, class, priority, sender, body, encoding,
                     characters_count, segment_count, reference, options, created_at, due_at)
SELECT $1, int4send(at::int) || int8send(number), 'v2', 'IT', 1, 1000, 'ACME', 'listed', 'GSM-7',
       6, 1, 0, '{{"dryRun": false, "failOnMultipleMessages": false}}', to_timestamp(at),
       to_timestamp(at)
  FROM generate_series(1, {_MESSAGES}) AS number,
       LATERAL (SELECT extract(epoch FROM now())::bigint - {_MESSAGES} + number AS at) AS made
"""
_MAKE_RECIPIENTS = """
INSERT INTO recipient (space_id, id, message_id, number, country, calling_code, state, class,
                       priority, turn, segment_count, price_micro, due_at, expires_at, sent_at,
                       delivered_at, updated_at)
SELECT space_id, id, id,
       '+39333' || lpad((get_byte(id, 11) * 256 + get_byte(id, 10))::text, 7, '0'), 'IT',
       '39', 'delivered', 1, 1000, 0, 1, 0, due_at, due_at + interval '48 hours', due_at, due_at,
       due_at
  FROM message
 WHERE space_id = $1 AND body = 'listed'
"""
_CURSOR_OF_LAST_PAGE = """
SELECT id FROM message WHERE space_id = $1 ORDER BY id DESC OFFSET $2 LIMIT 1
"""
_SPACE = """
SELECT space.id
  FROM space
  JOIN account ON account.id = space.account_id
 WHERE account.email = $1 AND space.environment = 'production'
"""


class _Client:
    """One connection that asks for pages."""

    def __init__(self, system: System) -> None:
        self._port = system.port
        self._token = system.token
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(HOST, self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()

    async def page(self, query: str) -> tuple[float, dict[str, Any]]:
        """How long a page took, in milliseconds, and what it holds. Raises SystemFailed."""
        request = (
            f"GET /v2/messages?{query} HTTP/1.1\r\nHost: {HOST}\r\n"
            f"Authorization: Bearer {self._token}\r\n\r\n"
        )
        before = time.perf_counter()
        async with asyncio.timeout(_ANSWER_SECONDS_MAX):
            self._writer.write(request.encode())
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
            body = await self._reader.readexactly(length)
        took = time.perf_counter() - before
        if " 200 " not in head.partition("\r\n")[0]:
            raise SystemFailed(f"GET /messages?{query}: {body.decode()}")
        return took * 1e3, json.loads(body)

    async def median_ms(self, query: str, count: int, *, messages: int) -> float:
        """Of so many requests, each of which must hold so many messages."""
        took = []
        for _ in range(count):
            milliseconds, page = await self.page(query)
            if len(page["data"]) != messages:
                raise SystemFailed(f"?{query} holds {len(page['data'])} messages, not {messages}")
            took.append(milliseconds)
        return round(median(took), 2)


async def _run(system: System, _options: Options, _seconds: float, _serial: int) -> Sample:
    space_id = await system.database.fetchval(_SPACE, EMAIL)
    if await system.database.fetchval(_COUNT) == 0:
        await _make(system, space_id)
    before_last = (_LAST_PAGE - 1) * _PAGE
    cursor: bytes = await system.database.fetchval(_CURSOR_OF_LAST_PAGE, space_id, before_last - 1)
    async with _Client(system) as client:
        limit = f"limit={_PAGE}"
        first = await client.median_ms(limit, _QUICK, messages=_PAGE)
        last = await client.median_ms(f"{limit}&cursor={cursor.hex()}", _QUICK, messages=_PAGE)
        skipped = await client.median_ms(f"{limit}&skip={before_last}", _SLOW, messages=_PAGE)
        search = f"{limit}&recipient=%2B393999999999"
        nothing = await client.median_ms(search, _SLOW, messages=0)
        whole = await _whole_search(client, search)
    figures = {
        "page_1_ms": first,
        "last_page_ms": last,
        "ratio": round(last / first, 3),
        "skip_ms": skipped,
        "search_ms": nothing,
        "whole_search_ms": round(sum(whole), 1),
    }
    return Sample(figures=figures, cpu_us={}, notes={"search_requests": len(whole)})


async def _make(system: System, space_id: int) -> None:
    await system.database.execute(_MAKE_MESSAGES, space_id)
    await system.database.execute(_MAKE_RECIPIENTS, space_id)
    for table in ("message", "recipient"):
        await system.database.execute(f"VACUUM ANALYZE {table}")


async def _whole_search(client: _Client, query: str) -> Sequence[float]:
    """How long each request took that a search through all messages needs."""
    took, cursor = [], ""
    while True:
        milliseconds, page = await client.page(query + cursor)
        took.append(milliseconds)
        if "nextCursor" not in page:
            return took
        cursor = f"&cursor={page['nextCursor']}"


BENCHMARK = Benchmark(
    name="list",
    title="Pages of 100 in a space of 1,000,000 messages",
    figures=(
        Figure("page_1_ms", "page 1", "ms"),
        Figure("last_page_ms", "page 10,000 by cursor", "ms"),
        Figure("ratio", "page 10,000 by cursor, to page 1", "times", below=1.5),
        Figure("skip_ms", "page 10,000 by skip", "ms"),
        Figure("search_ms", "one request of a search that finds nothing", "ms", below=500),
        Figure("whole_search_ms", "all its requests", "ms"),
    ),
    run=_run,
    plan=SystemPlan(smsc_answers=False),
)
