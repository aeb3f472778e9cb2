"""An account as it manages itself through OAuth v2: with its e-mail and API key, in one world."""

import itertools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
from contract_site import Customer, Site, serving
from installation import Installation

WORLDS: Final = ("production", "sandbox")
PREFIXES: Final = {"production": "/oauth/v2", "sandbox": "/sandbox/oauth/v2"}
SMS_PREFIXES: Final = {"production": "/v2", "sandbox": "/sandbox/v2"}
SMS_HOSTS: Final = {"production": "sms.openapi.com", "sandbox": "test.sms.openapi.com"}
ENVELOPE: Final = {"data", "success", "message", "error"}
TOKEN_FIELDS: Final = {
    *("token", "name", "createdAt", "expireAt", "updatedAt"),
    *("scopes", "refreshToken", "limits", "stats"),
}
_COUNT = itertools.count(1)


def scope_in(world: str, segment: str = "messages", method: str = "GET") -> str:
    """A scope of v2 in one world."""
    return f"{method}:{SMS_HOSTS[world]}/{segment}"


def data_of(answer: httpx.Response) -> Any:
    """What a success holds; fails on any other shape."""
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert ENVELOPE <= set(body), body
    assert (body["success"], body["error"]) == (True, None), body
    return body["data"]


def refusal_of(answer: httpx.Response) -> tuple[int, Any]:
    """Status and number of a refusal; fails on any other shape than the envelope."""
    body = answer.json()
    assert set(body) == ENVELOPE, body
    assert (body["data"], body["success"]) == (None, False), body
    assert isinstance(body["message"], str), body
    assert body["message"], body
    return answer.status_code, body["error"]


def moment(text: str) -> datetime:
    """A time as the service writes it."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def since(then: datetime) -> timedelta:
    """How far it is from now to a moment."""
    return then - datetime.now(UTC)


@dataclass(frozen=True)
class OAuthAccount:
    """One account in one world."""

    installation: Installation
    email: str
    api_key: str
    world: str
    client: httpx.Client  # of OAuth v2, with Basic
    stranger: httpx.Client  # of the same, without credentials

    @property
    def sms_url(self) -> str:
        return f"{self.installation.url}{SMS_PREFIXES[self.world]}"

    def scope(self, segment: str = "messages", method: str = "GET") -> str:
        return scope_in(self.world, segment, method)

    def make(self, *scopes: str, **body: Any) -> dict[str, Any]:
        """A new token; for GET /messages unless scopes are given."""
        given = {"scopes": list(scopes) or [self.scope()], **body}
        token: dict[str, Any] = data_of(self.client.post("/tokens", json=given))
        return token

    def read(self, path: str, **query: Any) -> Any:
        """The data of a GET."""
        return data_of(self.client.get(path, params=query))

    def still_has(self, made: dict[str, Any]) -> bool:
        """Whether a token is as it was told when it was made; who told kept another clock."""
        told = self.read(f"/tokens/{made['token']}")
        return bool({**told, "updatedAt": made["updatedAt"]} == made)

    def refused(self, method: str, path: str, **given: Any) -> tuple[int, Any]:
        """Status and number of a call that is refused."""
        return refusal_of(self.client.request(method, path, **given))

    def renew(self, token: str, refresh_token: str, body: bytes = b"{}") -> httpx.Response:
        """PATCH with the refresh token as Bearer."""
        headers = {"Authorization": f"Bearer {refresh_token}"}
        return self.stranger.patch(f"/tokens/{token}", headers=headers, content=body)

    def status_with(self, token: str, path: str = "/messages") -> int:
        """What the SMS service says to a token."""
        headers = {"Authorization": f"Bearer {token}"}
        return self.stranger.get(f"{self.sms_url}{path}", headers=headers).status_code

    def send(self, token: str, market: str = "IT", **body: Any) -> httpx.Response:
        """A send with a token."""
        headers = {"Authorization": f"Bearer {token}"}
        return self.stranger.post(f"{self.sms_url}/{market}-messages", headers=headers, json=body)

    def other_world(self) -> str:
        return next(world for world in WORLDS if world != self.world)


@contextmanager
def oauth_accounts(
    installation: Installation, name: str = "account"
) -> Iterator[dict[str, OAuthAccount]]:
    """A new account, by world."""
    email = f"{name}{next(_COUNT)}@example.com"
    keys = installation.json("account", "create", "--email", email)["api_keys"]
    with ExitStack() as clients:

        def client(world: str, auth: tuple[str, str] | None) -> httpx.Client:
            url = f"{installation.url}{PREFIXES[world]}"
            return clients.enter_context(httpx.Client(base_url=url, auth=auth, timeout=30))

        yield {
            world: OAuthAccount(
                installation,
                email,
                keys[world],
                world,
                client(world, (email, keys[world])),
                client(world, None),
            )
            for world in WORLDS
        }


@dataclass(frozen=True)
class Cast:
    """Two accounts, each by world, on one installation."""

    site: Site
    anna: dict[str, OAuthAccount]
    bruno: dict[str, OAuthAccount]

    @property
    def installation(self) -> Installation:
        return self.site.installation


@contextmanager
def oauth_cast(directory: Path, **settings: str) -> Iterator[Cast]:
    """An installation with two accounts for as long as the block runs."""
    with (
        serving(directory, **settings) as site,
        oauth_accounts(site.installation, "anna") as anna,
        oauth_accounts(site.installation, "bruno") as bruno,
    ):
        yield Cast(site, anna, bruno)


def as_customer(site: Site, account: OAuthAccount, token: str) -> Customer:
    """The same account as the tests of v2 use it, with one of its tokens."""
    client = site.clients.enter_context(site.installation.client(token, account.world))
    return Customer(site, account.email, account.world, token, client)
