"""The load generator: a process of its own that posts messages over HTTP keep-alive connections.

Cheap on purpose, since it shares the machine with what it measures: raw protocols on uvloop, the
constant parts of a request made once, and of an answer only its status, length and message id are
read. Each connection has one request under way. It takes its plan as JSON on standard input and
answers with JSON on standard output; latencies and ids go to files, because they are many.
"""

import asyncio
import json
import resource
import sys
import time
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import uvloop

from bench.messages import Requests

_REFUSALS_SHOWN_MAX = 5
_REFUSAL_BYTES_SHOWN_MAX = 300
_ANSWER_SECONDS_MAX = 30.0
_ID_MARK = b'"id":"'
_LENGTH_MARK = b"content-length: "
_END_OF_HEAD = b"\r\n\r\n"
_CREATED = b"201"


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """What to send, where to, and for how long."""

    host: str
    port: int
    path: str
    token: str
    connections: int
    seconds: float
    requests_max: int
    first_number: int  # the serial number of the first message; texts and recipients follow from it
    latencies_file: str  # pairs of float64: seconds since the start at the answer, latency
    ids_file: str  # 12 bytes for each message accepted
    callback_url: str = ""  # "": nobody is called back
    requests_per_second: float = 0.0  # offered at most; 0: as many as are answered


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What happened. Times are Unix seconds."""

    started_at: float
    ended_at: float
    sent: int
    accepted: int
    statuses: dict[str, int]
    refusals: list[str]  # the first answers other than 201
    broken: list[str]  # connections that ended, and why
    cpu_seconds: float


class _Load:
    """What the connections share."""

    def __init__(self, plan: LoadPlan) -> None:
        self.plan = plan
        self.requests = Requests(plan.first_number, plan.callback_url)
        self.latencies = array("d")
        self.ids = bytearray()
        self.statuses: Counter[bytes] = Counter()
        self.refusals: list[str] = []
        self.broken: list[str] = []
        self.sent = 0
        self.started = 0.0
        self.stop_at = 0.0
        self.open_count = 0
        self.all_ended = asyncio.Event()

    def pause(self, now: float) -> float:
        """How long to wait before the next request, for the rate that is offered."""
        rate = self.plan.requests_per_second
        return max(0.0, self.started + self.sent / rate - now) if rate else 0.0

    def take(self, now: float) -> bool:
        """Whether one more request may be sent."""
        if now >= self.stop_at or self.sent >= self.plan.requests_max:
            return False
        self.sent += 1
        return True

    def ended(self, reason: str | None) -> None:
        """A connection sends no more; `reason` says what broke it."""
        if reason is not None:
            self.broken.append(reason)
        self.open_count -= 1
        if self.open_count == 0:
            self.all_ended.set()

    def refused(self, status: bytes, answer: bytes) -> None:
        """Keep the first answers that are not a 201."""
        if len(self.refusals) < _REFUSALS_SHOWN_MAX:
            text = answer[:_REFUSAL_BYTES_SHOWN_MAX].decode("utf-8", "replace")
            self.refusals.append(f"{status.decode()}: {text}")


class _Connection(asyncio.Protocol):
    """One keep-alive connection with one request under way."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._head = load.requests.head(
            load.plan.path, load.plan.host, load.plan.port, load.plan.token
        )
        self._transport: asyncio.WriteTransport
        self._sent_at = 0.0
        self._partial = b""
        self._done = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A cast: uvloop has transports of its own.
        self._transport = cast("asyncio.WriteTransport", transport)

    def send(self, now: float) -> None:
        """Send the next request, or end."""
        load = self._load
        pause = load.pause(now)
        if not load.take(now):
            self._end(None)
        elif pause:
            asyncio.get_running_loop().call_later(pause, self._send_now)
        else:
            self._write(now)

    def _send_now(self) -> None:
        if not self._done:
            self._write(time.perf_counter())

    def _write(self, now: float) -> None:
        self._sent_at = now
        self._transport.write(self._load.requests.next(self._head))

    def data_received(self, data: bytes) -> None:
        if self._partial:
            data = self._partial + data
        body_at = body_of_whole_answer(data)
        if body_at < 0:
            self._partial = data
            return
        self._partial = b""
        now = time.perf_counter()
        load = self._load
        status = data[9:12]
        load.statuses[status] += 1
        if status == _CREATED:
            load.latencies.append(now - load.started)
            load.latencies.append(now - self._sent_at)
            id_at = data.index(_ID_MARK, body_at) + len(_ID_MARK)
            load.ids += bytes.fromhex(data[id_at : id_at + 24].decode("ascii"))
        else:
            load.refused(status, data[body_at:])
        self.send(now)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done:
            self._end(f"closed by the server: {exc}")

    def _end(self, reason: str | None) -> None:
        self._done = True
        self._transport.close()
        self._load.ended(reason)


def body_of_whole_answer(data: bytes) -> int:
    """Where the body begins when all of it has come; -1 while it has not."""
    head_end = data.find(_END_OF_HEAD)
    if head_end < 0:
        return -1
    length_at = data.index(_LENGTH_MARK, 0, head_end + 2) + len(_LENGTH_MARK)
    length = int(data[length_at : data.index(b"\r", length_at)])
    body_at = head_end + len(_END_OF_HEAD)
    return body_at if len(data) >= body_at + length else -1


async def run_load(plan: LoadPlan) -> LoadReport:
    """Open the connections, send until the time or the count is over, await the last answers."""
    load = _Load(plan)
    connections = await _connect(load)
    cpu_before = _cpu_seconds()
    started_at = time.time()
    load.started = time.perf_counter()
    load.stop_at = load.started + plan.seconds
    for connection in connections:
        connection.send(load.started)
    async with asyncio.timeout(plan.seconds + _ANSWER_SECONDS_MAX):
        await load.all_ended.wait()
    ended_at = started_at + time.perf_counter() - load.started
    cpu_seconds = _cpu_seconds() - cpu_before
    _write_files(load)
    return LoadReport(
        started_at=started_at,
        ended_at=ended_at,
        sent=load.sent,
        accepted=load.statuses[_CREATED],
        statuses={status.decode(): count for status, count in load.statuses.items()},
        refusals=load.refusals,
        broken=load.broken[:_REFUSALS_SHOWN_MAX],
        cpu_seconds=cpu_seconds,
    )


async def _connect(load: _Load) -> Sequence[_Connection]:
    loop = asyncio.get_running_loop()
    plan = load.plan
    connections = []
    for _ in range(plan.connections):
        connection = _Connection(load)
        await loop.create_connection(lambda made=connection: made, plan.host, plan.port)  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        connections.append(connection)
        load.open_count += 1
    return connections


def _write_files(load: _Load) -> None:
    Path(load.plan.latencies_file).write_bytes(load.latencies.tobytes())
    Path(load.plan.ids_file).write_bytes(load.ids)


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Run the plan on standard input."""
    plan = LoadPlan(**json.load(sys.stdin))
    json.dump(asdict(uvloop.run(run_load(plan))), sys.stdout)


if __name__ == "__main__":
    main()
