"""Row 4: one v1 POST with 100,000 recipients, all the way to stored reports, and its neighbours.

Accepted is measured from the request's first octet to its 201; all the way, to the last delivery
report. Meanwhile another account sends one message after the other, gently, and must not feel it;
and the memory of the API process is watched.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import msgspec

from bench.benchmark import Benchmark, Figure, Options, Sample
from bench.messages import Requests, dashed_recipients
from bench.posting import cpu_us_a_message, read_cpu
from bench.system import HOST, System, SystemFailed

_RECIPIENTS = 100_000
_WARM_UP_RECIPIENTS = 10_000
_NEIGHBOUR_EVERY_SECONDS = 0.02
_ANSWER_SECONDS_MAX = 120.0
_DRAIN_SECONDS_MAX = 180.0
_POLL_SECONDS = 0.1
_WATCH_SECONDS = 0.02
_MEGABYTE = 1_048_576

_OF_MESSAGE = """
  FROM v1_message
  JOIN recipient ON recipient.space_id = v1_message.space_id
                AND recipient.message_id = v1_message.id AND recipient.id <> recipient.message_id
 WHERE v1_message.id = $1
"""
_IS_OPEN = f"""
SELECT EXISTS (SELECT {_OF_MESSAGE}
   AND state IN ('scheduled', 'queued', 'submitting', 'submitted', 'uncertain'))
"""
_READ_ENDS = f"""
SELECT count(*) FILTER (WHERE state = 'delivered') AS delivered,
       extract(epoch FROM max(delivered_at))::float8 AS ended_at
{_OF_MESSAGE}
"""


@dataclass
class _Neighbour:
    """Another account that sends one message after the other, at a steady pace."""

    url: str
    token: str
    first_number: int
    latencies: list[float] = field(default_factory=list)  # seconds
    refusals: list[str] = field(default_factory=list)

    async def send(self, stop: asyncio.Event) -> None:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        requests = Requests(self.first_number)
        async with aiohttp.ClientSession(headers=headers) as session, asyncio.TaskGroup() as tasks:
            while not stop.is_set():
                tasks.create_task(self._send_one(session, requests.next(b"")))
                await asyncio.sleep(_NEIGHBOUR_EVERY_SECONDS)

    async def _send_one(self, session: aiohttp.ClientSession, body: bytes) -> None:
        started = time.perf_counter()
        async with session.post(self.url, data=body) as answer:
            said = await answer.text()
        self.latencies.append(time.perf_counter() - started)
        if answer.status != 201:
            self.refusals.append(f"{answer.status}: {said[:300]}")

    def within_ms(self, share: float) -> float:
        """The latency that `share` of the answers stay within."""
        found = sorted(self.latencies)
        return round(found[min(int(len(found) * share), len(found) - 1)] * 1000, 2)


@dataclass
class _Memory:
    """The resident memory of processes, looked at again and again."""

    pids: Sequence[int]
    before: int = 0
    most: int = 0

    async def watch(self, stop: asyncio.Event) -> None:
        self.before = self.most = self._now()
        while not stop.is_set():
            await asyncio.sleep(_WATCH_SECONDS)
            self.most = max(self.most, self._now())

    def _now(self) -> int:
        """Bytes; shared pages of files are left out."""
        texts = (Path(f"/proc/{pid}/status").read_text() for pid in self.pids)
        return sum(int(text.split("RssAnon:")[1].split()[0]) * 1024 for text in texts)


@dataclass(frozen=True)
class _Posted:
    """The one request. Times are Unix seconds."""

    message_id: bytes
    started_at: float
    answered_at: float

    @property
    def seconds(self) -> float:
        """From its first octet to the 201."""
        return self.answered_at - self.started_at


async def _run(system: System, _options: Options, _seconds: float, serial: int) -> Sample:
    count = _RECIPIENTS if serial else _WARM_UP_RECIPIENTS
    body = _body(serial, count)
    neighbour = _Neighbour(
        url=f"http://{HOST}:{system.port}/v2/IT-messages",
        token=await system.neighbour(f"neighbour{serial}"),
        first_number=(serial + 1) * 10_000_000,
    )
    memory = _Memory(system.pids("api"))
    before = read_cpu(system)
    answered, stop = asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(neighbour.send(stop))
        tasks.create_task(memory.watch(answered))
        posted = await _post(system, body)
        answered.set()
        accepting_ms = neighbour.within_ms(0.99)
        await _until_all_delivered(system, posted.message_id)
        stop.set()
    after = read_cpu(system)
    ends = await system.database.fetchrow(_READ_ENDS, posted.message_id)
    assert ends is not None
    return Sample(
        figures={
            "accepted_per_second": round(count / posted.seconds, 1),
            "stored_per_second": round(
                ends["delivered"] / (ends["ended_at"] - posted.started_at), 1
            ),
            "neighbour_p99_ms": neighbour.within_ms(0.99),
            "neighbour_p50_ms": neighbour.within_ms(0.50),
            "accepting_p99_ms": accepting_ms,
            "memory_growth_mb": round((memory.most - memory.before) / _MEGABYTE, 1),
            "refused": len(neighbour.refusals),
            "lost": count - ends["delivered"],
        },
        cpu_us=cpu_us_a_message(before, after, 0.0, count),
        notes={
            "recipients": count,
            "body_octets": len(body),
            "memory_before_mb": round(memory.before / _MEGABYTE, 1),
            "neighbour_requests": len(neighbour.latencies),
            "refusals": neighbour.refusals[:5],
        },
    )


def _body(serial: int, count: int) -> bytes:
    return msgspec.json.encode(
        {
            "sender": "Staffetta",
            "body": "Gentile cliente, i saldi cominciano domani alle 9. Vi aspettiamo in negozio.",
            "recipients": dashed_recipients(serial * _RECIPIENTS, count),
        }
    )


async def _post(system: System, body: bytes) -> _Posted:
    headers = {"Authorization": f"Bearer {system.token}", "Content-Type": "application/json"}
    timeout = aiohttp.ClientTimeout(total=_ANSWER_SECONDS_MAX)
    url = f"http://{HOST}:{system.port}/v1/messages/"
    async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
        started_at = time.time()
        async with session.post(url, data=body) as answer:
            said = await answer.json()
    if answer.status != 201:
        raise SystemFailed(f"the message was refused: {answer.status} {said}")
    return _Posted(bytes.fromhex(said["data"][0]["id"]), started_at, time.time())


async def _until_all_delivered(system: System, message_id: bytes) -> None:
    """Wait until no recipient of the message is open."""
    try:
        async with asyncio.timeout(_DRAIN_SECONDS_MAX):
            while await system.database.fetchval(_IS_OPEN, message_id):  # noqa: ASYNC110
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError:
        raise SystemFailed(f"recipients stay open:\n{system.log('serve')}") from None


BENCHMARK = Benchmark(
    name="bulk",
    title=f"One v1 POST with {_RECIPIENTS:,} recipients, and its neighbours",
    figures=(
        Figure("accepted_per_second", "recipients accepted", "/s", at_least=25_000),
        Figure("stored_per_second", "all the way to stored reports", "/s", at_least=10_000),
        Figure("neighbour_p99_ms", "another account's 201, 99 of 100", "ms", below=100),
        Figure("neighbour_p50_ms", "another account's 201, half of them", "ms"),
        Figure("accepting_p99_ms", "99 of 100 while the many are accepted", "ms"),
        Figure("memory_growth_mb", "memory that the API process grew by", "MB"),
        Figure("refused", "another account's answers other than 201", below=1),
        Figure("lost", "accepted and not delivered", below=1),
    ),
    run=_run,
)
