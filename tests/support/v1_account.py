"""An account as clients of v1 see it, and what every answer of v1 must look like."""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx
from contract_site import Customer, Site
from installation import wait_for

ROME: Final = ZoneInfo("Europe/Rome")
WORLDS: Final = ("sandbox", "production")
HOSTS: Final = {"sandbox": "test.ws.messaggisms.com", "production": "ws.messaggisms.com"}
PREFIXES: Final = {"sandbox": "/sandbox/v1", "production": "/v1"}
UNKNOWN: Final = "0123456789abcdef01234567"
FINISHED: Final = frozenset({2, 3, 4})
ABSENT: Final = type("Absent", (), {"__repr__": lambda _: "absent"})()
_STEMS: Final = {"IT": "+39-334", "FR": "+33-61", "ES": "+34-61"}
_CREDIT: Final = re.compile(r"-?[0-9]+\.[0-9]{2,6}")
_COUNT = itertools.count()


def in_days(count: int) -> str:
    """A date so many days ahead, as `timestamp_send` takes it."""
    return (datetime.now(ROME) + timedelta(days=count)).strftime("%Y-%m-%d")


def new_number(country: str = "IT", ending: str = "0001") -> str:
    """A number as v1 writes it, that no other test uses; its ending says what becomes of it."""
    rounds, place = divmod(next(_COUNT), 900)
    stem = _STEMS[country]
    return f"{stem[:-1]}{int(stem[-1]) + rounds}{100 + place}{ending}"


def data_of(answer: httpx.Response, status: int, sentence: str) -> Any:
    """The data of a success with exactly this sentence; fails on any other envelope."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) == {"data", "message", "credit", "success", "error"}, body
    assert (body["success"], body["error"], body["message"]) == (True, None, sentence), body
    if "/recipients" in answer.request.url.path:
        assert isinstance(body["credit"], int | float), body
    else:
        assert _CREDIT.fullmatch(body["credit"]), body
    return body["data"]


def refusal_of(answer: httpx.Response) -> tuple[int, int]:
    """Status and number of a refusal; fails on any other envelope."""
    body = answer.json()
    assert set(body) == {"data", "success", "message", "error"}, body
    assert (body["data"], body["success"]) == (None, False), body
    assert isinstance(body["error"], int), body
    assert body["message"], body
    return answer.status_code, body["error"]


@dataclass(frozen=True)
class V1Account:
    """An account in one environment, and its client."""

    customer: Customer
    client: httpx.Client

    @property
    def world(self) -> str:
        return self.customer.environment

    @property
    def scope_host(self) -> str:
        return HOSTS[self.world]

    def body(self, **changed: Any) -> dict[str, Any]:
        """A good body with some fields changed; ABSENT leaves one out."""
        body = {"sender": "alberto", "body": "test", "recipients": None, **changed}
        if body["recipients"] is None and "recipients" not in changed:
            body["recipients"] = new_number()
        return {name: value for name, value in body.items() if value is not ABSENT}

    def post(self, **changed: Any) -> httpx.Response:
        """POST /messages/."""
        return self.client.post("/messages/", json=self.body(**changed))

    def send(self, **changed: Any) -> dict[str, Any]:
        """The Message of a POST that is taken."""
        (message,) = data_of(self.post(**changed), 201, "Message Queued")
        shown: dict[str, Any] = message
        return shown

    def put(self, message_id: str, **body: Any) -> httpx.Response:
        """PUT /messages/{id}."""
        return self.client.put(f"/messages/{message_id}", json=body)

    def change(self, message_id: str, **body: Any) -> dict[str, Any]:
        """The Message of a PUT that is taken: an object."""
        message: dict[str, Any] = data_of(self.put(message_id, **body), 200, "Updated")
        return message

    def delete(self, message_id: str) -> httpx.Response:
        """DELETE /messages/{id}."""
        return self.client.delete(f"/messages/{message_id}")

    def read(self, message_id: str) -> dict[str, Any]:
        """The Message as it is now."""
        (message,) = data_of(self.client.get(f"/messages/{message_id}"), 200, "1 Result")
        shown: dict[str, Any] = message
        return shown

    def recipients(self, message_id: str) -> list[dict[str, Any]]:
        """The Recipients as they are now."""
        answer = self.client.get(f"/messages/{message_id}/recipients/")
        found: list[dict[str, Any]] = answer.json()["data"]
        count = len(found)
        assert data_of(answer, 200, "1 Result" if count == 1 else f"{count} Results") == found
        return found

    def recipient(self, message_id: str, number: str) -> dict[str, Any]:
        """One Recipient as it is now."""
        answer = self.client.get(f"/messages/{message_id}/recipients/{number}")
        (found,) = data_of(answer, 200, "1 Result")
        shown: dict[str, Any] = found
        return shown

    def wait(
        self, message_id: str, ready: Callable[[dict[str, Any]], bool], what: str
    ) -> dict[str, Any]:
        """The Message once `ready` says so."""
        return wait_for(lambda: (now := self.read(message_id)) and ready(now) and now, what=what)

    def final(self, message_id: str) -> dict[str, Any]:
        """The Message once nothing can happen to it any more."""
        return self.wait(message_id, lambda now: now["state"] in FINISHED, "finished")

    @property
    def credit(self) -> str:
        """What the account has, as every answer says it."""
        answer = self.client.get("/messages/")
        if answer.status_code == 404:
            self.send(test=True)
            answer = self.client.get("/messages/")
        credit: str = answer.json()["credit"]
        return credit


def v1_of(customer: Customer) -> V1Account:
    """The same account through v1's door, by path."""
    site: Site = customer.site
    client = httpx.Client(
        base_url=f"{site.installation.url}{PREFIXES[customer.environment]}",
        headers={"Authorization": f"Bearer {customer.token}"},
        timeout=30,
    )
    return V1Account(customer, site.clients.enter_context(client))
