"""What the examples of the references name, in a running installation: for samples to be run.

A sample holds the examples of its document. A world says what stands for them, made anew for each
call that is made: a message to cancel cannot be cancelled twice.
"""

import base64
import itertools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import httpx
import v1_account
from contract_site import Customer, Site, new_number
from installation import wait_for

MESSAGE: Final = "65f2c1a05e1f9b0c4d7a8e21"  # the id of every message in v2's examples
V1_MESSAGE: Final = "69b529dd5e1f9b0c4d7a8e21"  # and in v1's
V1_NUMBER: Final = "39-3331234567"  # behind a plus, which some samples write %2B
TOKEN: Final = "5f2c9e0b7d41a8c36e1f0a94"
CALLBACK: Final = "65f2c1a1840be6d35f19c207"
SUBSCRIPTION: Final = f"{7:024}"
SENDER: Final = {
    "countryCode": "IT",
    "sender": "ACME",
    "trafficType": "orders",
    "companyWebsite": "https://example.com",
    "industry": "retail",
}
_COUNT: Final = itertools.count(1)


class World(Protocol):
    """A customer of a service, and what they have."""

    def credentials(self) -> Mapping[str, str]:
        """What stands in a sample for tokens and keys, and what they are."""

    def places(self, call: str) -> Mapping[str, str]:
        """The examples in a call's sample, and what is put in their places."""

    def variables(self) -> Mapping[str, str]:
        """What a Postman environment is filled in with."""

    # Calls, by what they do, that a whole collection may come too late for.
    may_be_refused: frozenset[str]


class V2World:
    """A customer of v2's sandbox."""

    may_be_refused = frozenset({"Cancel a message that waits"})  # it went out meanwhile

    def __init__(self, site: Site) -> None:
        self._customer: Customer = site.customer(f"sampler{next(_COUNT)}")
        self._customer.client.post("/senders/alias", json=SENDER).raise_for_status()

    def credentials(self) -> Mapping[str, str]:
        return {"REPLACE_BEARER_TOKEN": self._customer.token}

    def places(self, call: str) -> Mapping[str, str]:
        phones = {
            "+393331234567": new_number("IT"),
            "+34612345678": new_number("ES"),
            "+33612345678": new_number("FR"),
            '"ACME"': f'"ACME {next(_COUNT)}"',
        }
        match call:
            case "cancelMessage":
                later = datetime.now(UTC) + timedelta(days=1)
                return {MESSAGE: str(self._customer.send(sendAt=later.isoformat())["id"])}
            case "getMessage":
                return {MESSAGE: str(self._customer.send()["id"])}
            case "verifyOtp":
                return {MESSAGE: str(self._customer.otp().json()["data"]["id"])}
        return phones

    def variables(self) -> Mapping[str, str]:
        return {"token": self._customer.token}


class V1World:
    """A customer of v1's sandbox."""

    # What is sent at once is no transaction, and does not wait; and one call is never granted.
    may_be_refused = frozenset(
        {
            "Add recipients, change the time, close a transaction",
            "Cancel a message that waits",
            "Cancel without an id",
        }
    )

    def __init__(self, site: Site) -> None:
        self._customer = site.customer(f"sampler{next(_COUNT)}")
        self._account = v1_account.v1_of(self._customer)
        self._account.send()  # a list of no messages is refused

    def credentials(self) -> Mapping[str, str]:
        return {"REPLACE_BEARER_TOKEN": self._customer.token}

    def places(self, call: str) -> Mapping[str, str]:
        match call:
            case "changeMessage":
                return {V1_MESSAGE: self._account.send(transaction=True)["id"]}
            case "cancelMessage":
                later = {"timestamp_send": v1_account.in_days(2)}
                return {V1_MESSAGE: self._account.send(options=later)["id"]}
        number = v1_account.new_number()
        sent = self._account.send(recipients=number)
        return {V1_MESSAGE: sent["id"], V1_NUMBER: number.removeprefix("+")}

    def variables(self) -> Mapping[str, str]:
        return {"token": self._customer.token}


class _KeyHolder:
    """An account of the sandbox, with its API key."""

    may_be_refused: frozenset[str] = frozenset()

    def __init__(self, site: Site, path: str) -> None:
        self.site, self.email = site, f"keyholder{next(_COUNT)}@example.com"
        self._key = site.run("account", "create", "--email", self.email)["api_keys"]["sandbox"]
        url = f"{site.installation.url}/sandbox{path}"
        client = httpx.Client(base_url=url, auth=(self.email, self._key), timeout=30)
        self.client = site.clients.enter_context(client)

    def credentials(self) -> Mapping[str, str]:
        pair = f"{self.email}:{self._key}".encode()
        return {"REPLACE_BASIC_CREDENTIALS": base64.b64encode(pair).decode()}

    def variables(self) -> Mapping[str, str]:
        return {"email": self.email, "apiKey": self._key}

    def make(self, path: str) -> str:
        """A token with every scope."""
        answer = self.client.post(path, json={"scopes": ["*:*/*"]}).raise_for_status()
        return str(answer.json()["token"])


class OauthV1World(_KeyHolder):
    """An account with a token."""

    def __init__(self, site: Site) -> None:
        super().__init__(site, "/oauth/v1")
        self.make("/token")  # a list of none has no body

    def places(self, call: str) -> Mapping[str, str]:
        return {TOKEN: self.make("/token")} if call.endswith("Token") else {}


class OauthV2World(_KeyHolder):
    """An account that looks back at a bundle and a callback."""

    def __init__(self, site: Site) -> None:
        super().__init__(site, "/oauth/v2")
        whose = (self.email, "--environment", "sandbox")
        site.run("bundle", "add", *whose, "--segments", "10", "--price", "1")
        with site.installation.client(self.make("/tokens"), "sandbox") as client:
            body = {
                "recipient": new_number(),
                "message": "hello",
                "callback": {"url": site.installation.url},
            }
            client.post("/IT-messages", json=body).raise_for_status()
        wait_for(lambda: self._first("/callbacks"), what="a callback")

    def _first(self, path: str) -> str | None:
        listed = self.client.get(path).raise_for_status().json()["data"]
        return str(listed[0]["id"]) if listed else None

    def places(self, call: str) -> Mapping[str, str]:
        match call:
            case "getToken" | "changeToken" | "endToken":
                return {TOKEN: self.make("/tokens")}
            case "getCallback":
                return {CALLBACK: self._first("/callbacks") or ""}
            case "getSubscription":
                return {SUBSCRIPTION: self._first("/subscriptions") or ""}
        return {}


WORLDS: Final[Mapping[str, Callable[[Site], World]]] = {
    "v1": V1World,
    "v2": V2World,
    "oauth-v1": OauthV1World,
    "oauth-v2": OauthV2World,
}
