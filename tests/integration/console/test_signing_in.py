"""Signing in and out of the console, and what guards its pages."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import pytest
from console_browser import SIGN_IN, SITE, Browser, browser_of, let_in, open_console, sign_in
from hand_gateway import make_gateway
from litestar import get, post
from people_desk import OLGA, OTHER

from staffetta.accounts.people import Role
from staffetta.accounts.sessions import IDLE_MAX
from staffetta.accounts.sign_in import TRIES, Guard
from staffetta.console.forms import read_form
from staffetta.console.guards import for_accounts, for_operators, for_signed_in
from staffetta.console.rendering import PageRequest
from staffetta.console.visitors import AGAIN
from staffetta.db.pool import Database


@get("/probe", guards=[for_signed_in])
async def probe(request: PageRequest) -> dict[str, str]:
    person = request.user.person
    assert person is not None
    return {"email": person.email, "token": request.user.form_token}


@post("/probe", guards=[for_signed_in], status_code=200)
async def change(request: PageRequest) -> str:
    return (await read_form(request)).text("word")


@get("/operators", guards=[for_operators])
async def operators() -> str:
    return "operators"


@get("/accounts", guards=[for_accounts])
async def accounts() -> str:
    return "accounts"


@get("/broken")
async def broken() -> str:
    raise RuntimeError("the secret of the house")


@pytest.fixture
async def browser(database: Database, clock: Any) -> AsyncIterator[Browser]:
    """Makes browsers. Olga is an operator."""
    await let_in(database, clock, OLGA, Role.OPERATOR)
    async with open_console(await make_gateway(database, clock)) as console:
        for page in (probe, change, operators, accounts, broken):
            console.register(page)
        yield browser_of(console)


async def test_who_signs_in_has_a_session_that_no_script_can_read(browser: Browser) -> None:
    async with browser() as one:
        answer = await sign_in(one, OLGA, next="/console/probe")
        cookie = answer.headers["set-cookie"]
        assert (answer.status_code, answer.headers["location"]) == (303, "/console/probe")
        assert {"HttpOnly", "Secure", "Path=/console", "SameSite=lax"} <= set(cookie.split("; "))
        assert (await one.get("/console/probe")).json()["email"] == OLGA.text


async def test_a_session_given_beforehand_is_never_taken_up(browser: Browser) -> None:
    async with browser() as one:
        one.cookies.set(
            "staffetta_session", "chosen-by-a-stranger", path="/console", domain="console.test"
        )
        await sign_in(one, OLGA)
        assert "chosen-by-a-stranger" not in [cookie.value for cookie in one.cookies.jar]
        assert (await one.get("/console/probe")).status_code == 200


async def test_a_wrong_password_says_no_more_than_that(browser: Browser) -> None:
    async with browser() as one:
        answer = await sign_in(one, OLGA, OTHER.text)
        unknown = await one.post(SIGN_IN, data={"email": "no@example.com", "password": "x"})
    assert answer.status_code == unknown.status_code == 401
    assert "set-cookie" not in answer.headers
    sentence = "do not belong together"
    assert sentence in answer.text
    assert sentence in unknown.text
    assert OTHER.text not in answer.text


async def test_guessing_is_stopped(browser: Browser) -> None:
    async with browser() as one:
        for _ in range(TRIES[Guard.EMAIL].count):
            assert (await sign_in(one, OLGA, OTHER.text)).status_code == 401
        answer = await sign_in(one, OLGA)
    assert answer.status_code == 429
    assert "Too many tries" in answer.text


async def test_signing_out_ends_the_session_for_good(browser: Browser) -> None:
    async with browser() as one:
        await sign_in(one, OLGA)
        kept = dict(one.cookies)
        token = (await one.get("/console/probe")).json()["token"]
        answer = await one.post("/console/sign-out", data={"form_token": token})
        assert answer.headers["location"] == SIGN_IN
    async with browser() as again:
        again.cookies.update(kept)
        assert (await again.get("/console/probe")).status_code == 302


@pytest.mark.parametrize("is_alone", [True, False])
async def test_a_page_left_open_that_looks_again_keeps_nobody_signed_in(
    browser: Browser, clock: Any, is_alone: bool
) -> None:
    header = {AGAIN: "yes"} if is_alone else {}
    async with browser() as one:
        await sign_in(one, OLGA)
        for _ in range(2):
            clock.advance(IDLE_MAX.total_seconds() * 0.6)
            answer = await one.get("/console/probe", headers=header)
    assert answer.status_code == (302 if is_alone else 200)


async def test_whoever_did_not_sign_in_is_asked_to_and_led_back(browser: Browser) -> None:
    async with browser() as one:
        answer = await one.get("/console/probe")
    assert answer.status_code == 302
    assert answer.headers["location"] == f"{SIGN_IN}?next=%2Fconsole%2Fprobe"


@pytest.mark.parametrize(
    ("page", "back"),
    [
        ("https://console.test/console/sandbox/messages?q=x", "/console/sandbox/messages"),
        ("https://evil.test/console/me", "/console/me"),
        ("https://[", "/console"),
        ("", "/console"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_part_of_a_page_leads_all_of_it_to_the_sign_in_when_the_session_is_over(
    browser: Browser, page: str, back: str, method: str
) -> None:
    async with browser() as one:
        headers = {"hx-request": "true", "hx-current-url": page}
        answer = await one.request(method, "/console/probe", headers=headers)
        assert (answer.status_code, answer.text) == (401, "")
        assert answer.headers["hx-redirect"] == f"{SIGN_IN}?{urlencode({'next': back})}"
        assert answer.headers["cache-control"] == "no-store"
        assert "location" not in answer.headers
        assert f'value="{back}"' in (await one.get(answer.headers["hx-redirect"])).text


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.test/", "//evil.test", "/console/\\evil", "/consoles", "javascript:alert(1)"],
)
async def test_nobody_is_led_elsewhere(browser: Browser, elsewhere: str) -> None:
    async with browser() as one:
        answer = await sign_in(one, OLGA, next=elsewhere)
        assert answer.headers["location"] == "/console"
        chosen = await one.get("/console/language/it", params={"next": elsewhere})
        assert chosen.headers["location"] == "/console"


async def test_roles_are_kept_apart(browser: Browser) -> None:
    async with browser() as one:
        assert (await one.get("/console/operators")).status_code == 302
        await sign_in(one, OLGA)
        assert (await one.get("/console/operators")).text == "operators"
        refused = await one.get("/console/accounts")
    assert refused.status_code == 403
    assert "This is not for you" in refused.text


@pytest.mark.parametrize(
    ("headers", "with_token", "status"),
    [
        ({}, True, 200),
        ({"sec-fetch-site": "same-origin"}, True, 200),
        ({"origin": SITE}, True, 200),
        ({}, False, 403),
        ({"sec-fetch-site": "cross-site"}, True, 403),
        ({"sec-fetch-site": "same-site"}, True, 403),
        ({"origin": "https://evil.test"}, True, 403),
        ({"origin": "null"}, True, 403),
    ],
)
async def test_a_form_is_taken_from_pages_of_this_session_alone(
    browser: Browser, headers: dict[str, str], with_token: bool, status: int
) -> None:
    async with browser() as one:
        await sign_in(one, OLGA)
        token = (await one.get("/console/probe")).json()["token"]
        form = {"word": "hello", **({"form_token": token} if with_token else {})}
        answer = await one.post("/console/probe", data=form, headers=headers)
    assert answer.status_code == status
    assert ("hello" in answer.text) == (status == 200)


async def test_the_token_of_another_session_is_refused(browser: Browser) -> None:
    async with browser() as one, browser() as other:
        await sign_in(one, OLGA)
        await sign_in(other, OLGA)
        token = (await other.get("/console/probe")).json()["token"]
        answer = await one.post("/console/probe", data={"form_token": token})
    assert answer.status_code == 403


async def test_somebody_can_only_be_signed_in_from_here(browser: Browser) -> None:
    async with browser(**{"sec-fetch-site": "cross-site"}) as one:
        assert (await sign_in(one, OLGA)).status_code == 403


async def test_every_page_forbids_what_is_not_from_here(browser: Browser) -> None:
    async with browser() as one:
        for path in (SIGN_IN, "/console/nothing", "/console/broken"):
            answer = await one.get(path)
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["cache-control"] == "no-store"
            assert "<script>" not in answer.text
            assert " style=" not in answer.text


async def test_a_fault_shows_a_page_and_no_insides(browser: Browser) -> None:
    async with browser() as one:
        answer = await one.get("/console/broken")
    assert answer.status_code == 500
    assert "Something went wrong here" in answer.text
    assert "secret of the house" not in answer.text


async def test_static_files_have_addresses_that_may_be_kept(browser: Browser) -> None:
    async with browser() as one:
        page = (await one.get(SIGN_IN)).text
        path = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
        answer = await one.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
