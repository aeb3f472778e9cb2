"""A running installation as contract tests use it: customers with a client of their own, phones
that nobody else was sent to, and the operator's commands, several at once.
"""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from carrier import PASSWORD_VARIABLE
from installation import Installation, running, wait_for

UNDER_WAY: Final = frozenset({"NEW", "PENDING"})
# One process for HTTP, however many cores: what one client was shown, the next one is, too.
SETTINGS: Final = {"STAFFETTA_API_PROCESSES": "1", "STAFFETTA_NETWORK_DELIVERY_SECONDS": "0.1"}
# What the simulated network charges a segment (sandbox).
IT_PRICE: Final = 0.045
ES_PRICE: Final = 0.05
WW_PRICE: Final = 0.08
_COMMANDS_AT_ONCE: Final = 3
_STEMS: Final = {
    "IT": "+39333",
    "ES": "+3461",
    "FR": "+3361",
    "DE": "+491511",
    "GB": "+447400",
    "CH": "+4179",
}
_COUNT = itertools.count()


def new_number(country: str = "IT") -> str:
    """A mobile number that no other test uses, and that is delivered to."""
    rounds, place = divmod(next(_COUNT), 900)
    digits = 3 if country == "GB" else 4
    return f"{_STEMS[country]}{100 + place}{1 + rounds:0{digits}d}"


def error_of(answer: httpx.Response) -> tuple[int, int]:
    """Status and code of a refusal of the service; fails on any other shape."""
    body = answer.json()
    assert set(body) == {"code", "message"}, body
    assert isinstance(body["message"], str), body
    return answer.status_code, body["code"]


@dataclass(frozen=True)
class Customer:
    """An account in one environment, and its client."""

    site: "Site"
    email: str
    environment: str
    token: str
    client: httpx.Client

    def post(self, market: str = "IT", **body: Any) -> httpx.Response:
        """POST a send of this market; recipient and message unless given."""
        country = "FR" if market == "WW" else market
        default = {"recipient": new_number(country), "message": "hello"}
        return self.client.post(f"/{market}-messages", json={**default, **body})

    def send(self, market: str = "IT", **body: Any) -> dict[str, Any]:
        """The Message of a 201."""
        return created(self.post(market, **body))

    def otp(self, **body: Any) -> httpx.Response:
        """POST /otp; to a phone of its own unless given."""
        return self.client.post("/otp", json={"recipient": new_number("FR"), **body})

    def read(self, message_id: str) -> dict[str, Any]:
        """The Message as it is now."""
        answer = self.client.get(f"/messages/{message_id}")
        assert answer.status_code == 200, answer.text
        message: dict[str, Any] = answer.json()["data"]
        return message

    def listed(self, **query: Any) -> list[dict[str, Any]]:
        """The messages of GET /messages."""
        answer = self.client.get("/messages", params=query)
        assert answer.status_code == 200, answer.text
        messages: list[dict[str, Any]] = answer.json()["data"]
        return messages

    def wait(
        self, message_id: str, ready: Callable[[dict[str, Any]], bool], what: str
    ) -> dict[str, Any]:
        """The Message once `ready` says so."""
        return wait_for(lambda: (now := self.read(message_id)) and ready(now) and now, what=what)

    def final(self, message_id: str) -> dict[str, Any]:
        """The Message once it is in a final state."""
        return self.wait(message_id, lambda now: now["state"] not in UNDER_WAY, "final")

    def explain(self, **body: Any) -> dict[str, Any]:
        """What POST /explain says."""
        answer = self.client.post("/explain", json=body)
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()["data"]
        return said

    @property
    def credit(self) -> float:
        """What is available, what is held left out."""
        said = self.explain(recipient="+393331234567", message="x")
        available: float = said["price"]["available"]
        return available

    def wait_for_credit(self, expected: float) -> None:
        """Until exactly this is available: money moves with the message, not before."""
        wait_for(lambda: self.credit == money(expected), what=f"{expected} available")

    def topup(self, amount: str) -> None:
        """The operator gives, or takes."""
        self.site.run("topup", *self._named, "--amount", amount)

    def guard(self, *options: str) -> None:
        """The operator sets a guard."""
        self.site.run("guard", "set", self.email, "--environment", self.environment, *options)

    def bundle(self, *options: str) -> None:
        """The operator sells a bundle."""
        self.site.run("bundle", "add", self.email, "--environment", self.environment, *options)

    def lift(self) -> None:
        """The operator lifts the block."""
        options = ("--environment", self.environment, "--reason", "a mistake")
        self.site.run("blocklist", "lift", self.email, *options)

    @property
    def _named(self) -> tuple[str, ...]:
        return ("--email", self.email, "--environment", self.environment)


def money(amount: float) -> Any:
    """What a JSON number of this amount equals: exact to the micro-unit."""
    return pytest.approx(amount, abs=5e-7, rel=0)


def created(answer: httpx.Response) -> dict[str, Any]:
    """The Message of a 201."""
    assert answer.status_code == 201, answer.text
    assert set(answer.json()) == {"data"}
    message: dict[str, Any] = answer.json()["data"]
    return message


@dataclass
class Site:
    """The installation with its customers."""

    installation: Installation
    clients: ExitStack = field(default_factory=ExitStack)
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_COMMANDS_AT_ONCE))

    def run(self, *arguments: str) -> Any:
        """One command of the operator; its JSON."""
        return self.installation.json(*arguments)

    def run_all(self, *commands: tuple[str, ...]) -> None:
        """Several commands that do not need each other, at once."""
        for _ in self.pool.map(lambda command: self.run(*command), commands):
            pass

    def connector(self, name: str, port: int, countries: str, price: str) -> None:
        """A carrier of production on this machine; its user there has its name."""
        self.installation.settings[PASSWORD_VARIABLE] = "secret"
        self.run(
            *("connector", "add", "--name", name, "--environment", "production"),
            *("--host", "127.0.0.1", "--port", str(port), "--system-id", name),
            *("--password-env", PASSWORD_VARIABLE, "--rate", "0"),
            *("--countries", countries, "--price", price),
        )

    def customer(
        self, name: str, environment: str = "sandbox", *, scopes: tuple[str, ...] = ()
    ) -> Customer:
        """A new account, seen from one environment. Scopes: all unless given."""
        self.run("account", "create", "--email", f"{name}@example.com")
        return self.enter(name, environment, scopes=scopes)

    def customers(self, *names: str) -> list[Customer]:
        """New accounts, in the sandbox."""
        return list(self.pool.map(self.customer, names))

    def enter(
        self, name: str, environment: str = "sandbox", *, scopes: tuple[str, ...] = ()
    ) -> Customer:
        """An account that is there, with a new token for one environment."""
        email = f"{name}@example.com"
        options = [part for scope in scopes for part in ("--scope", scope)]
        whose = ("--email", email, "--environment", environment)
        token = self.run("token", "create", *whose, *options)["token"]
        client = self.clients.enter_context(self.installation.client(token, environment))
        return Customer(self, email, environment, token, client)


@contextmanager
def serving(directory: Path, **settings: str) -> Iterator[Site]:
    """A site on a fresh data directory; its books are proved when it closes."""
    with running(directory / "data", **{**SETTINGS, **settings}) as installation:
        site = Site(installation)
        with site.pool, site.clients:
            yield site
            assert installation.json("ledger", "verify")["exact"] is True
