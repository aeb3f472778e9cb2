"""Every call, every kind of wrong caller, every object of somebody else.

The calls are taken from the rooms themselves: one that is added later is tried too. The answer to a
method that no path has says which methods it has.
"""

import re
from base64 import b64encode
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

import pytest

from staffetta.accounts.create_account import NewAccount, create_account
from staffetta.accounts.create_token import create_token
from staffetta.accounts.email import Email
from staffetta.accounts.token_limits import TokenLimits
from staffetta.api.doors import Room
from staffetta.api.oauth.v1.room import oauth_v1_room
from staffetta.api.oauth.v2.room import oauth_v2_room
from staffetta.api.v1.room import v1_room
from staffetta.api.v2.room import v2_room
from staffetta.domain.environments import Environment
from staffetta.domain.scopes import HOSTS, Service, all_scopes
from staffetta.domain.secrets import hash_secret
from staffetta.ledger.bundle import BundleTerms
from staffetta.ledger.sell_bundle import buy_bundle
from staffetta.ledger.topup import grant

ROOMS = {
    Room.V1: v1_room,
    Room.V2: v2_room,
    Room.OAUTH_V1: oauth_v1_room,
    Room.OAUTH_V2: oauth_v2_room,
}
PREFIX = {Environment.PRODUCTION: "", Environment.SANDBOX: "/sandbox"}
OTHER = {
    Environment.PRODUCTION: Environment.SANDBOX,
    Environment.SANDBOX: Environment.PRODUCTION,
}
WRONG_TOKEN = {Room.V1: 125, Room.V2: 125.22}
WRONG_SCOPE = {Room.V1: 126, Room.V2: 125.23}
WRONG_ADDRESS = {Room.V1: 127, Room.V2: 125.24}
STATE = (
    "SELECT id, state, updated_at FROM recipient WHERE space_id = ANY($1) ORDER BY id",
    "SELECT hash, scopes, expire_at, revoked_at FROM token WHERE space_id = ANY($1) ORDER BY hash",
    "SELECT id, status, attempt FROM callback WHERE space_id = ANY($1) ORDER BY id",
    "SELECT id, is_open, recipient_count FROM v1_message WHERE space_id = ANY($1) ORDER BY id",
    "SELECT space_id, balance_micro, sequence FROM wallet WHERE space_id = ANY($1) ORDER BY 1",
    "SELECT id, tries_left, used_at FROM otp_code WHERE space_id = ANY($1) ORDER BY id",
    "SELECT id, remaining_count, ended_at FROM bundle WHERE space_id = ANY($1) ORDER BY id",
)
NOBODYS = "0123456789abcdef01234567"


@dataclass
class Matrix:
    """The API, two accounts, and what the first one owns."""

    site: Any  # conftest.Site
    owner: NewAccount
    stranger: NewAccount

    async def ask(self, method: str, url: str, **headers: str) -> Any:
        return await self.site.production.request(
            method,
            f"http://127.0.0.1:8080{url}",
            headers={"Authorization": "", **headers},
            content=b"{}",
        )

    async def calls(self, room: Room, environment: Environment) -> list[tuple[str, str]]:
        """Each method with each path template of a room."""
        found = []
        for template in ROOMS[room](self.site.context).templates:
            url = PREFIX[environment] + filled(template, NOBODYS)
            refused = await self.ask("BREW", url)
            assert refused.status_code == 405, template
            found += [(method, template) for method in refused.headers["allow"].split(", ")]
        return found

    async def make_token(
        self,
        account: NewAccount,
        environment: Environment,
        scopes: tuple[str, ...] | None = None,
        limits: TokenLimits | None = None,
        seconds: int = 3600,
    ) -> str:
        clock = self.site.gateway.clock
        async with self.site.gateway.database.transaction() as connection:
            made = await create_token(
                connection,
                account.spaces[environment],
                all_scopes(environment) if scopes is None else scopes,
                clock.now(),
                lifetime_seconds=seconds,
                keyring=self.site.gateway.keyring,
                **({} if limits is None else {"limits": limits}),
            )
        return made.token


def filled(template: str, identifier: str) -> str:
    """A path with an id, or a number, in its variable parts."""
    path = template.replace("{number}", "+39-3331234567").replace("{date}", "2026-03-14")
    return re.sub(r"\{\w+\}", identifier, path)


def is_item(template: str) -> bool:
    return re.search(r"\{(message_id|token|id)\}", template) is not None


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}


@pytest.fixture
async def matrix(site: Any) -> Matrix:
    async with site.gateway.database.transaction() as connection:
        now = site.gateway.clock.now()
        people = [
            await create_account(connection, Email(f"{name}@example.com"), "EUR", grant, now)
            for name in ("owner", "stranger")
        ]
    return Matrix(site, *people)


# Who calls ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("environment", list(Environment))
@pytest.mark.parametrize("room", [Room.V1, Room.V2])
async def test_no_call_of_the_service_answers_a_wrong_token(
    matrix: Matrix, room: Room, environment: Environment
) -> None:
    account, gateway = matrix.owner, matrix.site.gateway
    right = await matrix.make_token(account, environment)
    expired = await matrix.make_token(account, environment, seconds=1)
    revoked = await matrix.make_token(account, environment)
    async with gateway.database.transaction() as connection:
        await connection.execute(
            "UPDATE token SET revoked_at = now() WHERE hash = $1", hash_secret(revoked)
        )
    gateway.clock.advance(2)
    wrong = {
        "no header": {"Authorization": ""},
        "not a bearer": basic(account.email, account.api_keys[environment]),
        "no token": bearer(""),
        "not a token": bearer("x" * 24),
        "upper case": bearer(right.upper()),
        "unknown": bearer(NOBODYS),
        "API key": bearer(account.api_keys[environment]),
        "expired": bearer(expired),
        "revoked": bearer(revoked),
        "other environment": bearer(await matrix.make_token(account, OTHER[environment])),
    }
    for method, template in await matrix.calls(room, environment):
        url = PREFIX[environment] + filled(template, NOBODYS)
        for kind, headers in wrong.items():
            if kind == "upper case" and right.upper() == right:
                continue
            answer = await matrix.ask(method, url, **headers)
            said = (answer.status_code, answer.json()["error"])
            assert said == (401, WRONG_TOKEN[room]), (kind, method, url)
            assert "WWW-Authenticate" in answer.headers
            assert answer.json()["success"] is False


@pytest.mark.parametrize("environment", list(Environment))
@pytest.mark.parametrize("room", [Room.V1, Room.V2])
async def test_a_token_does_only_what_its_scopes_say_from_where_and_as_often_as_it_may(
    matrix: Matrix, room: Room, environment: Environment
) -> None:
    host = HOSTS[Service(room.value.strip("/")), environment]
    elsewhere = await matrix.make_token(
        matrix.owner, environment, limits=TokenLimits(networks=(ip_network("203.0.113.7"),))
    )
    for method, template in await matrix.calls(room, environment):
        url = PREFIX[environment] + filled(template, NOBODYS)
        needed = f"{method}:{host}/{template.removeprefix(room).split('/')[1]}"
        others = tuple(one for one in all_scopes(environment) if one != needed)
        assert len(others) == len(all_scopes(environment)) - 1, needed
        lacking = await matrix.ask(
            method, url, **bearer(await matrix.make_token(matrix.owner, environment, others))
        )
        said = (lacking.status_code, lacking.json()["error"])
        assert said == (403, WRONG_SCOPE[room]), (method, url)
        assert needed in lacking.json()["message"]

        allowed = await matrix.ask(
            method, url, **bearer(await matrix.make_token(matrix.owner, environment, (needed,)))
        )
        assert allowed.status_code not in {401, 403}, (method, url, allowed.text)

        away = await matrix.ask(method, url, **bearer(elsewhere))
        said = (away.status_code, away.json()["error"])
        assert said == (403, WRONG_ADDRESS[room]), (method, url)

        used_up = await matrix.make_token(
            matrix.owner, environment, limits=TokenLimits(request_count_max=0)
        )
        answer = await matrix.ask(method, url, **bearer(used_up))
        assert answer.status_code == 429, (method, url)


@pytest.mark.parametrize("environment", list(Environment))
@pytest.mark.parametrize("room", [Room.OAUTH_V1, Room.OAUTH_V2])
async def test_no_call_of_oauth_answers_wrong_credentials(
    matrix: Matrix, room: Room, environment: Environment
) -> None:
    owner, stranger = matrix.owner, matrix.stranger
    key = owner.api_keys[environment]
    wrong = {
        "no header": {"Authorization": ""},
        "a token": bearer(await matrix.make_token(owner, environment)),
        "no password": basic(owner.email, ""),
        "wrong password": basic(owner.email, "x" * 32),
        "another's password": basic(owner.email, stranger.api_keys[environment]),
        "another's name": basic(stranger.email, key),
        "nobody's name": basic("nobody@example.com", key),
        "other environment": basic(owner.email, owner.api_keys[OTHER[environment]]),
        "not base64": {"Authorization": "Basic ###"},
    }
    for method, template in await matrix.calls(room, environment):
        url = PREFIX[environment] + filled(template, NOBODYS)
        for kind, headers in wrong.items():
            answer = await matrix.ask(method, url, **headers)
            assert answer.status_code == 401, (kind, method, url, answer.text)
            assert answer.json()["success"] is False
            assert "data" not in answer.json() or answer.json()["data"] is None


# Whose object -------------------------------------------------------------------------------------


@pytest.mark.parametrize("environment", list(Environment))
@pytest.mark.parametrize("room", list(ROOMS))
async def test_anothers_object_is_answered_as_one_that_does_not_exist(
    matrix: Matrix, room: Room, environment: Environment
) -> None:
    """By the same status, and the same words but for the id that was asked for."""
    objects = await own(matrix, environment)
    stranger = matrix.stranger
    if room in {Room.V1, Room.V2}:
        headers = bearer(await matrix.make_token(stranger, environment))
    else:
        headers = basic(stranger.email, stranger.api_keys[environment])
    before = await state_of(matrix)
    tried = 0
    for method, template in await matrix.calls(room, environment):
        if not is_item(template):
            continue
        for identifier in objects:
            nobodys = ("0" if identifier[0] != "0" else "1") + identifier[1:]
            if len(identifier) < 24:
                nobodys = str(int(identifier) + 1000)
            answers = [
                await matrix.ask(method, PREFIX[environment] + filled(template, one), **headers)
                for one in (identifier, nobodys)
            ]
            theirs, missing = answers
            assert theirs.status_code == missing.status_code, (method, template, theirs.text)
            assert theirs.status_code >= 400 or theirs.status_code == 204, (method, theirs.text)
            assert without(identifier, theirs.text) == without(nobodys, missing.text)
            tried += 1
    assert tried > 0
    assert await state_of(matrix) == before


def without(identifier: str, text: str) -> str:
    return re.sub(rf"\b{identifier}\b", "", text)


async def own(matrix: Matrix, environment: Environment) -> list[str]:
    """The ids of one object of each kind that the first account owns."""
    site, space = matrix.site, matrix.owner.spaces[environment]
    gateway = site.gateway
    now = gateway.clock.now()
    async with gateway.database.transaction() as connection:
        await grant(connection, space.space_id, 1_000_000_000, "test", now)
        terms = BundleTerms(segment_count=10, price_micro=0, period_days=30)
        bundle = await buy_bundle(connection, space.space_id, terms, gateway.ids, now)
    token = await matrix.make_token(matrix.owner, environment)
    prefix = f"http://127.0.0.1:8080{PREFIX[environment]}"
    callback = {"url": "https://example.com/sms"}
    later = "2026-03-20T10:00:00+00:00"
    v2 = await site.production.post(
        f"{prefix}/v2/IT-messages",
        headers=bearer(token),
        json={
            "recipient": "+393331234567",
            "message": "x",
            "sendAt": later,
            "callback": callback,
        },
    )
    assert v2.status_code == 201, v2.text
    cancelled = await site.production.delete(
        f"{prefix}/v2/messages/{v2.json()['data']['id']}", headers=bearer(token)
    )
    assert cancelled.status_code == 200  # a callback is owed for it
    waiting = await site.production.post(
        f"{prefix}/v2/WW-messages",
        headers=bearer(token),
        json={"recipient": "+393331234567", "message": "x", "sendAt": later},
    )
    otp = await site.production.post(
        f"{prefix}/v2/otp", headers=bearer(token), json={"recipient": "+393331234567"}
    )
    v1 = await site.production.post(
        f"{prefix}/v1/messages",
        headers=bearer(token),
        json={
            "sender": "Anna",
            "body": "x",
            "recipients": "+39-3331234567",
            "transaction": True,
        },
    )
    for answer in (waiting, otp, v1):
        assert answer.status_code == 201, answer.text
    async with gateway.database.acquire() as connection:
        owed = await connection.fetchval(
            "SELECT encode(id, 'hex') FROM callback WHERE space_id = $1", space.space_id
        )
    return [
        v2.json()["data"]["id"],
        waiting.json()["data"]["id"],
        otp.json()["data"]["id"],
        v1.json()["data"][0]["id"],
        token,
        owed,
        str(bundle.id),
    ]


async def state_of(matrix: Matrix) -> list[Any]:
    """All that a stranger could have changed."""
    space_ids = [space.space_id for space in matrix.owner.spaces.values()]
    async with matrix.site.gateway.database.acquire() as connection:
        return [
            [tuple(row) for row in await connection.fetch(statement, space_ids)]
            for statement in STATE
        ]
