"""One campaign: an installation and a carrier, a load, kills at random moments, and the verdict."""

import asyncio
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import process_table
from carrier import Carrier, add_carrier, running_carrier
from installation import Installation, running, wait_for
from sender import Load
from verdict import Verdict, judge
from victims import VICTIMS

from staffetta.db.embedded import EmbeddedServer

EMAIL = "chaos@example.com"
_CREDIT = "1000000"
_WINDOW = 200
_PAGE = 1000
_RECOVERY_SECONDS_MAX = 90.0
_FINAL_SECONDS_MAX = 180.0
_POLL_SECONDS = 0.03
_LIVE = "('scheduled', 'queued', 'submitting', 'submitted', 'uncertain')"


@dataclass(frozen=True)
class Plan:
    """What to do; the same seed makes the same kills at the same moments of the load."""

    victims: tuple[str, ...]
    rounds: int
    seed: int
    rate: float  # requests a second
    connections: int = 16
    load_seconds: tuple[float, float] = (0.7, 2.5)  # before each kill


@dataclass
class Round:
    """One kill and what followed, in seconds since the kill."""

    victim: str
    killed: str
    silence: float = 0.0  # the longest time without a 201
    delivering: float = 0.0  # a message asked for after the kill is delivered
    settled: float = 0.0  # no claim of before the kill is open any more


class Campaign:
    """The parts of a running campaign."""

    def __init__(
        self, plan: Plan, installation: Installation, carrier: Carrier, token: str
    ) -> None:
        self._plan = plan
        self._installation = installation
        self._carrier = carrier
        self._token = token
        self._chance = random.Random(plan.seed)
        self._load = Load(installation.url, token, plan.rate, plan.connections)
        self.rounds: list[Round] = []

    def run(self) -> None:
        """All kills, under load; then wait until every message is final."""
        sender = threading.Thread(target=lambda: asyncio.run(self._load.run()))
        sender.start()
        try:
            wait_for(lambda: self._load.first_accepted_since(0), 60, "the load began")
            for victim in self._plan.victims:
                for number in range(self._plan.rounds):
                    time.sleep(self._chance.uniform(*self._plan.load_seconds))
                    self.rounds.append(self._kill(victim, number))
        finally:
            self._load.stop()
            sender.join()
        wait_for(self._all_final, _FINAL_SECONDS_MAX, "every message final")

    def judge(self) -> Verdict:
        """The verdict, once the installation is still; the books are among its faults."""
        sent, messages = self._load.sent, self._read_messages()
        verdict = judge(sent, messages, self._carrier.journal())
        books = json.loads(self._installation.run("ledger", "verify", "--json").stdout)
        verdict.fault("the books", books["faults"])
        spent = sum(round(message["totalPrice"] * 1_000_000) for message in messages)
        rows = self._rows(
            "SELECT balance_micro, held_micro FROM wallet JOIN space ON space.id = space_id"
            " JOIN account ON account.id = account_id WHERE email = $1"
            " AND environment = 'production'",
            EMAIL,
        )
        left = int(_CREDIT) * 1_000_000 - spent
        verdict.fault(
            "the wallet disagrees with the messages",
            [(tuple(row), left) for row in rows if tuple(row) != (left, 0)],
        )
        return verdict

    # A round -----------------------------------------------------------------------------------

    def _kill(self, victim: str, number: int) -> Round:
        killing = VICTIMS[victim](self._installation, self._chance, number)
        killed_at = time.time()
        found = Round(victim, killing.what)
        if killing.must_start:
            assert self._installation.process is not None
            self._installation.process.wait()
            self._installation.start(wait=False)
        message = self._await(lambda: self._load.first_accepted_since(killed_at), "accepted")
        self._await(lambda: self._is_delivered(message.recipient), "delivered")
        found.delivering = time.time() - killed_at
        self._await(lambda: self._is_settled(killed_at), "settled")
        found.settled = time.time() - killed_at
        self._installation.wait_until_healthy()
        found.silence = self._load.longest_silence(killed_at, time.time())
        return found

    def _await(self, look: Any, what: str) -> Any:
        try:
            return wait_for(look, _RECOVERY_SECONDS_MAX, what)
        except AssertionError as error:
            raise AssertionError(f"{error}; states: {self._states()}") from None

    def _is_delivered(self, recipient: str) -> bool:
        return bool(
            self._rows("SELECT FROM recipient WHERE number = $1 AND state = 'delivered'", recipient)
        )

    def _is_settled(self, killed_at: float) -> bool:
        """Whether nothing that was claimed before the kill waits for an answer still."""
        rows = self._rows(
            "SELECT FROM recipient WHERE state = 'uncertain' OR state = 'submitting'"
            " AND claimed_at < to_timestamp($1) OR state = 'queued' AND resend_count > 0 LIMIT 1",
            killed_at,
        )
        return rows is not None and not rows

    # Afterwards --------------------------------------------------------------------------------

    def _all_final(self) -> bool:
        rows = self._rows(f"SELECT FROM recipient WHERE state IN {_LIVE} LIMIT 1")
        return not (rows is None or rows)

    def _states(self) -> dict[str, int]:
        rows = self._rows("SELECT state::text, count(*) FROM recipient GROUP BY state")
        return dict(rows or [])

    def _read_messages(self) -> list[dict[str, Any]]:
        """Every message, through the API."""
        found: list[dict[str, Any]] = []
        with self._installation.client(self._token, "production") as client:
            while True:
                page = client.get("/messages", params={"skip": len(found), "limit": _PAGE})
                assert page.status_code == httpx.codes.OK, page.text
                found += page.json()["data"]
                if len(page.json()["data"]) < _PAGE:
                    return found

    def _rows(self, query: str, *arguments: object) -> list[Any] | None:
        """Rows of the installation's database; None while it is away."""
        try:
            return asyncio.run(self._fetch(query, *arguments))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            return None

    async def _fetch(self, query: str, *arguments: object) -> list[Any]:
        url = EmbeddedServer(self._installation.data_dir).url()
        connection = await asyncpg.connect(url, timeout=5, command_timeout=20)
        try:
            return list(await connection.fetch(query, *arguments))
        finally:
            connection.terminate()


def run_campaign(plan: Plan, directory: Path) -> dict[str, Any]:
    """Run it in a directory; everything that was found, as plain values."""
    started_at = time.time()
    settings = {"STAFFETTA_RATE_LIMIT_PER_MINUTE": "0"}
    data_dir = directory / "data"
    with (
        running_carrier(directory) as carrier,
        running(data_dir, is_first=True, **settings) as installation,  # as durable as any
    ):
        token = _furnish(installation, carrier)
        campaign = Campaign(plan, installation, carrier, token)
        campaign.run()
        verdict = campaign.judge()
        verdict.fault("the end", [code] if (code := installation.stop()) else [])
        verdict.fault("processes left", _left(data_dir))
        log = installation.log_path.read_text(errors="replace")
    verdict.fault("bugs logged", _bugs(log))
    return {
        "victims": list(plan.victims),
        "seed": plan.seed,
        "seconds": round(time.time() - started_at, 1),
        "rounds": [vars(one) for one in campaign.rounds],
        "counts": verdict.counts,
        "faults": verdict.faults,
        "examples": verdict.examples,
        "warnings": _events(log, "warning"),
        "errors": _events(log, "error"),
    }


def _furnish(installation: Installation, carrier: Carrier) -> str:
    account = ("--email", EMAIL)
    installation.json("account", "create", *account)
    production = (*account, "--environment", "production")
    installation.json("topup", *production, "--amount", _CREDIT)
    add_carrier(installation, carrier.port, window=_WINDOW)
    token: str = installation.json("token", "create", *production)["token"]
    with installation.client(token, "production") as client:
        wait_for(lambda: _accepts(client), 60, "the new route is known")
    return token


def _accepts(client: httpx.Client) -> bool:
    body = {"recipient": "+393331234567", "message": "ciao", "options": {"dryRun": True}}
    return client.post("/IT-messages", json=body).status_code == httpx.codes.CREATED


def _left(data_dir: Path) -> Sequence[str]:
    """The installation's processes that are there a moment after its end."""
    deadline = time.monotonic() + 30
    while (pids := process_table.all_of(data_dir)) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return [process_table.command_of(pid) for pid in pids]


def _bugs(log: str) -> list[str]:
    """Events with a traceback: only what nobody foresaw has one."""
    return [line[:2000] for line in log.splitlines() if "Traceback (most recent" in line]


def _events(log: str, level: str) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for line in log.splitlines():
        if line.startswith("{"):
            event = json.loads(line)
            if event.get("level") == level:
                counts[event["event"]] += 1
    return dict(counts.most_common())
