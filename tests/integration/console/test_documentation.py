"""The page of documentation: where the references are, and lines that call this server."""

import re
import shlex
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from console_people import AccountConsole, account_console, found_in
from hand_gateway import make_gateway
from litestar.testing import RequestFactory

from staffetta.accounts.find_tokens import list_tokens
from staffetta.accounts.tokens import TokenRecord
from staffetta.console.examples import examples_of
from staffetta.console.hosts import own_address
from staffetta.db.pool import Database
from staffetta.domain.environments import Environment
from staffetta.domain.scopes import all_scopes

PAGE = "/console/sandbox/documentation"
LIVE_PAGE = "/console/production/documentation"
TOKEN = re.compile(r"Bearer ([0-9a-f]{24})")
FIELD = re.compile(r'name="form_token" value="([^"]+)"')


@pytest.fixture
async def console(database: Database, clock: Any) -> AsyncIterator[AccountConsole]:
    async with account_console(await make_gateway(database, clock)) as one:
        yield one


async def live(console: AccountConsole) -> tuple[TokenRecord, ...]:
    found: tuple[TokenRecord, ...] = ()
    async with console.gateway.database.acquire() as connection:
        for space in console.spaces.values():
            found += await list_tokens(connection, space, console.gateway.clock.now())
    return found


@pytest.mark.parametrize(("language", "service"), [("en", "v2"), ("it", "v1"), ("fr", "oauth-v2")])
async def test_references_are_linked_in_the_readers_language(
    console: AccountConsole, language: str, service: str
) -> None:
    await console.owner.get(f"/console/language/{language}")
    shown = (await console.owner.get(PAGE)).text
    for path in (service, f"{service}/try", f"{service}.openapi.json"):
        assert f'href="/docs/{language}/{path}"' in shown


async def test_lines_call_this_server_without_a_token_of_anybody(console: AccountConsole) -> None:
    shown = (await console.owner.get(PAGE)).text
    assert "curl &#39;https://console.test/sandbox/v2/IT-messages&#39;" in shown
    assert "Bearer $TOKEN" in shown
    assert "https://test-receiver.invalid/sms" in shown
    assert await live(console) == ()


async def test_a_token_for_trying_is_of_the_sandbox_and_for_a_day(
    console: AccountConsole,
) -> None:
    answer = await console.send(console.owner, PAGE)
    token = found_in(TOKEN, answer.text)
    assert answer.text.count(f"Bearer {token}") == len(examples_of(""))
    assert answer.headers["cache-control"] == "no-store"
    (record,) = await live(console)
    assert set(record.scopes) == set(all_scopes(Environment.SANDBOX))
    now = console.gateway.clock.now()
    assert record.expire_at == now.replace(microsecond=0) + timedelta(days=1)
    assert token not in (await console.owner.get(PAGE)).text


async def test_a_page_that_is_loaded_again_makes_no_other(console: AccountConsole) -> None:
    shown = (await console.owner.get(PAGE)).text
    form = {
        "form_token": found_in(FIELD, shown),
        "once": found_in(re.compile(r'name="once" value="([^"]+)"'), shown),
    }
    first = await console.owner.post(PAGE, data=form)
    again = await console.owner.post(PAGE, data=form)
    assert (first.status_code, again.status_code) == (200, 409)
    assert not TOKEN.search(again.text)
    assert len(await live(console)) == 1


async def test_in_production_none_is_made(console: AccountConsole) -> None:
    shown = (await console.owner.get(LIVE_PAGE)).text
    assert "cost credit" in shown
    assert "Make a token for trying" not in shown
    answer = await console.send(console.owner, PAGE, LIVE_PAGE)
    assert answer.status_code == 404
    assert await live(console) == ()


async def test_a_member_is_given_none(console: AccountConsole) -> None:
    shown = await console.member.get(PAGE)
    assert shown.status_code == 200
    assert "Make a token for trying" not in shown.text
    refused = await console.member.post(
        PAGE, data={"form_token": found_in(FIELD, shown.text), "once": "0" * 24}
    )
    assert refused.status_code == 403
    assert await live(console) == ()


@pytest.mark.parametrize("environment", list(Environment))
@pytest.mark.parametrize("number", range(len(examples_of(""))))
def test_a_line_is_one_command(number: int, environment: Environment) -> None:
    line = examples_of("https://test-receiver.invalid/sms")[number].line(
        "http://127.0.0.1:8025", environment, "$TOKEN"
    )
    words = shlex.split(line)
    assert words[0] == "curl"
    assert "\\" not in "".join(words).replace("\\\n", "")
    assert [word for word in words if word.startswith("http://127.0.0.1:8025/")]


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("sms.example.com", "http://sms.example.com"),
        ("127.0.0.1:8025", "http://127.0.0.1:8025"),
        ("[::1]:8025", "http://[::1]:8025"),
        ("evil.com'; rm -rf /; '", "http://test.org:3000"),
        ("$(reboot)", "http://test.org:3000"),
        ("", "http://test.org:3000"),
    ],
)
def test_a_host_that_is_none_is_in_no_line(host: str, address: str) -> None:
    request = RequestFactory().get("/", headers={"host": host})
    assert own_address(request) == address
