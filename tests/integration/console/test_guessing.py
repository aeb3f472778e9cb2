"""Guessing at the door of the console: from one address, and with a browser's own tricks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx
import pytest
from console_browser import SIGN_IN, SITE, let_in, open_console, sign_in
from hand_gateway import make_gateway
from litestar import Litestar
from people_desk import OLGA, OTHER

from staffetta.accounts.email import Email
from staffetta.accounts.people import Role
from staffetta.accounts.sign_in import TRIES, Guard

HERE, ELSEWHERE = "192.0.2.7", "198.51.100.9"


@pytest.fixture
async def console(database, clock) -> AsyncIterator[Litestar]:
    await let_in(database, clock, OLGA, Role.OPERATOR)
    async with open_console(await make_gateway(database, clock)) as one:
        yield one


@asynccontextmanager
async def browser_at(console: Litestar, address: str, **headers: str):
    transport = httpx.ASGITransport(cast("Any", console), client=(address, 4711))
    async with httpx.AsyncClient(transport=transport, base_url=SITE, headers=headers) as one:
        yield one


async def test_one_address_that_guesses_is_stopped_and_no_other(console: Litestar, clock) -> None:
    async with browser_at(console, HERE) as here, browser_at(console, ELSEWHERE) as elsewhere:
        for number in range(TRIES[Guard.ADDRESS].count):
            guess = Email.parse(f"nobody{number}@example.com")
            assert (await sign_in(here, guess, OTHER.text)).status_code == 401
        assert (await sign_in(here, OLGA)).status_code == 429
        assert (await sign_in(elsewhere, OLGA)).status_code == 303
        clock.advance(TRIES[Guard.ADDRESS].step.total_seconds())
        assert (await sign_in(here, OLGA)).status_code == 303


async def test_an_address_is_the_connections_and_no_headers(console: Litestar) -> None:
    async with browser_at(console, HERE, **{"x-forwarded-for": ELSEWHERE}) as here:
        for number in range(TRIES[Guard.ADDRESS].count):
            await sign_in(here, Email.parse(f"nobody{number}@example.com"), OTHER.text)
        answer = await sign_in(here, OLGA)
    assert answer.status_code == 429


async def test_each_sign_in_begins_a_session_of_its_own(console: Litestar) -> None:
    async with browser_at(console, HERE) as one:
        sessions = []
        for _ in range(3):
            one.cookies.clear()
            answer = await sign_in(one, OLGA)
            sessions.append(answer.headers["set-cookie"].partition(";")[0])
    assert len(set(sessions)) == 3


@pytest.mark.parametrize(
    "wanted",
    [
        "///evil.test",
        "/console\r\nlocation: https://evil.test",
        "/console/\tevil",
        "https:/console",
        "/console@evil.test",
        "/console.evil.test",
        " //evil.test",
        "%2f%2fevil.test",
        "/\\evil.test",
        "\u202e/console",
    ],
)
async def test_nobody_is_led_out_of_the_console(console: Litestar, wanted: str) -> None:
    async with browser_at(console, HERE) as one:
        shown = await one.get(SIGN_IN, params={"next": wanted})
        led = await sign_in(one, OLGA, next=wanted)
    assert 'name="next" value="/console"' in shown.text
    assert led.headers["location"] == "/console"
