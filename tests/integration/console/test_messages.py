"""An account's messages in the console: its own, as they are, and nothing that a text says runs."""

from collections.abc import AsyncIterator

import httpx
import pytest
from console_browser import Browser, browser_of, let_in, open_console, sign_in
from hand_gateway import ITALIAN, Gateway, accepted, make_gateway, make_space
from people_desk import OLGA, OTTO

from staffetta.accounts.people import Role
from staffetta.db.pool import Database

HOSTILE = "<script>alert(1)</script> & {{ 7 * 7 }}"
OTHER_PHONE = "+393337654321"
LIST = "/console/production/messages"


@pytest.fixture
async def gateway(database: Database, clock) -> Gateway:
    return await make_gateway(database, clock)


@pytest.fixture
async def browser(gateway: Gateway) -> AsyncIterator[Browser]:
    """Makes browsers. Olga is of the gateway's account, Otto of another."""
    database, clock = gateway.database, gateway.clock
    other = await make_space(database, "other@example.com")
    for person, space_id in ((OLGA, gateway.space_id), (OTTO, other)):
        async with database.acquire() as connection:
            account_id = await connection.fetchval(
                "SELECT account_id FROM space WHERE id = $1", space_id
            )
            await connection.execute(
                "INSERT INTO space (account_id, environment, created_at)"
                " VALUES ($1, 'sandbox', $2)",
                account_id,
                clock.now(),
            )
        await let_in(database, clock, person, Role.OWNER, account_id)
    async with open_console(gateway) as console:
        yield browser_of(console)


@pytest.fixture
async def olga(browser: Browser) -> AsyncIterator[httpx.AsyncClient]:
    async with browser() as one:
        await sign_in(one, OLGA)
        yield one


async def test_a_message_is_listed_and_shown_as_it_stands(gateway, olga) -> None:
    claim = await gateway.accept_and_claim(text="Il pacco arriva oggi")
    shown = (await olga.get(LIST)).text
    assert ITALIAN in shown
    assert "Il pacco arriva oggi" in shown
    assert ">waiting<" in shown
    await gateway.settle(claim, accepted("a1"))
    assert ">sent<" in (await olga.get(f"{LIST}/rows")).text
    await gateway.report(gateway.delivered("a1"))
    page = await olga.get(f"{LIST}/{claim.recipient_id.hex()}")
    assert page.status_code == 200
    assert ">delivered<" in page.text


async def test_what_a_text_says_is_shown_and_never_run(gateway, olga) -> None:
    made = await gateway.accept(text=HOSTILE)
    for path in (LIST, f"{LIST}/rows", f"{LIST}/{made.message.id.hex()}"):
        shown = (await olga.get(path)).text
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; {{ 7 * 7 }}" in shown
        assert "<script>alert" not in shown


async def test_another_account_learns_nothing(gateway, browser) -> None:
    made = await gateway.accept(text="only for Olga")
    async with browser() as otto:
        await sign_in(otto, OTTO)
        assert "only for Olga" not in (await otto.get(LIST)).text
        theirs = await otto.get(f"{LIST}/{made.message.id.hex()}")
        nobodys = await otto.get(f"{LIST}/{'0' * 24}")
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.text.replace(made.message.id.hex(), "0" * 24) == nobodys.text


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ({}, {ITALIAN, OTHER_PHONE}),
        ({"number": ITALIAN}, {ITALIAN}),
        ({"group": "waiting"}, {ITALIAN}),
        ({"group": "sent"}, {OTHER_PHONE}),
        ({"group": "delivered"}, set()),
        ({"day": "2026-03-14"}, {ITALIAN, OTHER_PHONE}),
        ({"day": "2026-03-01"}, set()),
    ],
)
async def test_messages_are_searched(gateway, olga, search, found) -> None:
    await gateway.accept()
    claim = await gateway.accept_and_claim(recipient=OTHER_PHONE)
    await gateway.settle(claim, accepted("f1"))
    shown = (await olga.get(f"{LIST}/rows", params=search)).text
    assert {number for number in (ITALIAN, OTHER_PHONE) if number in shown} == found


@pytest.mark.parametrize(
    "search", [{"number": "hello"}, {"day": "yesterday"}, {"number": "<b>+39</b>"}]
)
async def test_a_search_that_cannot_be_made_says_why(olga, search) -> None:
    answer = await olga.get(LIST, params=search)
    assert answer.status_code == 200
    assert 'role="alert"' in answer.text
    assert "<b>+39" not in answer.text


@pytest.mark.parametrize("path", ["/console/staging/messages", f"{LIST}/xyz"])
async def test_what_does_not_exist_is_not_there(olga, path) -> None:
    assert (await olga.get(path)).status_code == 404


async def test_the_environment_stands_on_every_page(olga) -> None:
    production, sandbox = [
        (await olga.get(f"/console/{name}/messages")).text for name in ("production", "sandbox")
    ]
    assert 'class="in production"' in production
    assert "real money" in production
    assert 'class="in sandbox"' in sandbox


async def test_the_first_page_is_of_the_sandbox(olga) -> None:
    answer = await olga.get("/console")
    assert answer.headers["location"] == "/console/sandbox/overview"
