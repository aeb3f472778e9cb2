"""A person's own page, and an account's people in the hands of its owners."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
import pytest
from console_browser import browser_of, let_in, open_console, sign_in
from console_people import STRANGER, AccountConsole, account_console, found_in
from hand_gateway import START, Gateway, make_gateway
from people_desk import OLGA, OTHER, OTTO, PASSWORD

from staffetta.accounts.audit import EntryFilter, list_entries
from staffetta.accounts.email import Email
from staffetta.accounts.people import Person, Role, list_people
from staffetta.accounts.sign_in import TRIES, Guard
from staffetta.db.pool import Database
from staffetta.domain.environments import Environment

ME = "/console/me"
SIGN_IN = "/console/sign-in"
MADE = re.compile(r"<code>([a-z0-9]{5}(?:-[a-z0-9]{5}){4})</code>")
SESSION = re.compile(r'name="session" value="([0-9a-f]{64})"')
MIA = Email.parse("mia@example.com")
NEW = {"old": PASSWORD.text, "new": OTHER.text, "again": OTHER.text}
FIREFOX = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}


@pytest.fixture
async def console(gateway: Gateway) -> AsyncIterator[AccountConsole]:
    async with account_console(gateway) as one:
        yield one


async def people(console: AccountConsole) -> dict[str, Person]:
    async with console.gateway.database.acquire() as connection:
        found = await list_people(connection, console.spaces[Environment.PRODUCTION].account_id)
    return {person.email: person for person in found}


async def address(console: AccountConsole, email: Email, way: str) -> str:
    return f"{ME}/people/{(await people(console))[email.text].person_id}/{way}"


async def another_browser(
    console: AccountConsole, email: Email, password: str = PASSWORD.text
) -> httpx.AsyncClient:
    """Somebody signed in once more; the caller's client goes to the same console."""
    transport = console.owner._transport
    one = httpx.AsyncClient(
        transport=transport, base_url=str(console.owner.base_url), headers=FIREFOX
    )
    await sign_in(one, email, password)
    return one


async def is_in(one: httpx.AsyncClient) -> bool:
    return (await one.get(ME)).status_code == 200


async def test_everybody_has_a_page(console: AccountConsole, gateway: Gateway) -> None:
    owner, member = [(await one.get(ME)).text for one in (console.owner, console.member)]
    assert "olga@example.com · owner · account alice@example.com" in owner
    assert "otto@example.com · member" in member
    assert "Let somebody in" in owner
    assert "Let somebody in" not in member
    assert "An owner of the account can add and remove people." in member


async def test_an_operator_has_one_without_an_account(gateway: Gateway) -> None:
    await let_in(gateway.database, gateway.clock, OLGA, Role.OPERATOR)
    async with open_console(gateway) as application, browser_of(application)() as one:
        await sign_in(one, OLGA)
        shown = (await one.get(ME)).text
    assert "olga@example.com · operator" in shown
    assert "People of the account" not in shown
    assert 'href="/console/operate/connectors"' in shown


async def test_sessions_are_listed_and_ended_one_by_one(console: AccountConsole) -> None:
    other = await another_browser(console, OLGA)
    shown = (await console.owner.get(ME)).text
    assert shown.count("this one") == 1
    assert "Firefox, Linux" in shown
    assert len(SESSION.findall(shown)) == 1
    name = found_in(SESSION, shown)
    answer = await console.send(console.owner, ME, f"{ME}/sessions/end", session=name)
    assert answer.headers["location"] == f"{ME}?done=session"
    assert await is_in(console.owner)
    assert not await is_in(other)


async def test_nobody_ends_a_session_of_somebody_else(console: AccountConsole) -> None:
    await another_browser(console, OLGA)
    name = found_in(SESSION, (await console.owner.get(ME)).text)
    for session in (name, "zz", ""):
        answer = await console.send(console.stranger, ME, f"{ME}/sessions/end", session=session)
        assert answer.status_code == 303
    assert name in (await console.owner.get(ME)).text


async def test_signing_out_everywhere_ends_every_session(console: AccountConsole) -> None:
    other = await another_browser(console, OLGA)
    answer = await console.send(console.owner, ME, f"{ME}/sign-out-everywhere")
    assert (answer.status_code, answer.headers["location"]) == (303, SIGN_IN)
    assert not await is_in(console.owner)
    assert not await is_in(other)
    assert await is_in(console.member)


async def test_a_new_password_ends_every_other_session(console: AccountConsole) -> None:
    other = await another_browser(console, OLGA)
    before = console.owner.cookies["staffetta_session"]
    answer = await console.send(console.owner, ME, f"{ME}/password", **NEW)
    assert answer.headers["location"] == f"{ME}?done=password"
    assert console.owner.cookies["staffetta_session"] != before
    assert await is_in(console.owner)
    assert not await is_in(other)
    assert await is_in(await another_browser(console, OLGA, OTHER.text))
    assert not await is_in(await another_browser(console, OLGA, PASSWORD.text))
    async with console.gateway.database.acquire() as connection:
        entries = await list_entries(connection, EntryFilter(action="person.password"))
    assert [(one.actor, one.account) for one in entries] == [
        ("olga@example.com", "alice@example.com")
    ]
    assert OTHER.text not in str(entries)


@dataclass
class RunningClock:
    """Never tells the same moment twice, as the clock of a machine."""

    at: datetime = START

    def now(self) -> datetime:
        self.at += timedelta(microseconds=7)
        return self.at

    def monotonic(self) -> float:
        return (self.at - START).total_seconds()

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


async def test_who_changes_the_password_stays_signed_in_while_time_goes_on(
    database: Database,
) -> None:
    gateway = await make_gateway(database, RunningClock())
    async with account_console(gateway) as running:
        answer = await running.send(running.owner, ME, f"{ME}/password", **NEW)
        assert answer.headers["location"] == f"{ME}?done=password"
        assert await is_in(running.owner)


NOT_SO = {
    "wrong old": ({"old": "battery staple"}, "old"),
    "nothing old": ({"old": ""}, "old"),
    "two ways": ({"again": "something else"}, "again"),
    "short": ({"new": "short", "again": "short"}, "new"),
    "the address": ({"new": OLGA.text, "again": OLGA.text}, "new"),
}


async def test_a_password_is_not_changed_so(console: AccountConsole) -> None:
    for why, (changes, field) in NOT_SO.items():
        answer = await console.send(console.owner, ME, f"{ME}/password", **{**NEW, **changes})
        assert answer.status_code == 422, why
        assert f'id="{field}-problem"' in answer.text, why
        assert "battery staple" not in answer.text
    assert await is_in(await another_browser(console, OLGA))


async def test_the_old_password_cannot_be_guessed_in_an_open_session(
    console: AccountConsole,
) -> None:
    wrong = {**NEW, "old": "not the password"}
    for _ in range(TRIES[Guard.EMAIL].count):
        answer = await console.send(console.owner, ME, f"{ME}/password", **wrong)
        assert "This is not your password." in answer.text
    answer = await console.send(console.owner, ME, f"{ME}/password", **NEW)
    assert "Too many tries." in answer.text
    assert await is_in(console.owner)


async def test_an_owner_lets_somebody_in_with_a_password_shown_once(
    console: AccountConsole,
) -> None:
    fields = {"email": "Mia@Example.com", "name": "Mia <b>", "role": "member"}
    answer = await console.send(console.owner, ME, f"{ME}/people", **fields)
    assert answer.status_code == 200
    assert "Mia &lt;b&gt;" in answer.text
    password = found_in(MADE, answer.text)
    assert password not in (await console.owner.get(ME)).text
    mia = await another_browser(console, MIA, password)
    assert "mia@example.com" in (await mia.get(ME)).text
    assert (await people(console))[MIA.text].role is Role.MEMBER
    async with console.gateway.database.acquire() as connection:
        (entry,) = await list_entries(connection, EntryFilter(action="person.add"))
    assert (entry.actor, entry.account) == ("olga@example.com", "alice@example.com")
    assert entry.details["person"] == MIA.text
    assert password not in str(entry.details)


NOT_LET_IN = {
    "no address": ({"email": "nobody"}, "email"),
    "in it already": ({"email": OTTO.text}, "email"),
    "of another account": ({"email": STRANGER.text}, "email"),
    "a long name": ({"email": MIA.text, "name": "x" * 101}, "name"),
}


async def test_who_cannot_be_let_in_is_told_beside_the_field(console: AccountConsole) -> None:
    for why, (fields, field) in NOT_LET_IN.items():
        answer = await console.send(console.owner, ME, f"{ME}/people", **fields)
        assert answer.status_code == 422, why
        assert f'id="{field}-problem"' in answer.text, why
    assert set(await people(console)) == {OLGA.text, OTTO.text}


async def test_an_owner_changes_the_people_of_the_account(console: AccountConsole) -> None:
    async def change(way: str) -> str:
        answer = await console.send(console.owner, ME, await address(console, OTTO, way))
        assert answer.status_code == 303
        return answer.headers["location"].partition("done=")[2]

    assert await change("owner") == "role"
    assert (await people(console))[OTTO.text].role is Role.OWNER
    assert await change("member") == "role"
    assert await change("disable") == "disabled"
    assert not await is_in(console.member)
    assert await change("enable") == "enabled"
    renewed = await console.send(console.owner, ME, await address(console, OTTO, "password"))
    assert await is_in(await another_browser(console, OTTO, found_in(MADE, renewed.text)))
    assert await change("remove") == "removed"
    assert set(await people(console)) == {OLGA.text}
    async with console.gateway.database.acquire() as connection:
        entries = await list_entries(connection, EntryFilter(action="person"))
    assert [one.action.partition(".")[2] for one in reversed(entries)] == [
        *("role", "role", "disable", "enable", "password", "remove")
    ]


async def test_an_account_keeps_an_owner(console: AccountConsole) -> None:
    for way in ("member", "disable", "remove"):
        answer = await console.send(console.owner, ME, await address(console, OLGA, way))
        assert answer.status_code == 422
        assert "This is the last owner who can sign in" in answer.text
    assert (await people(console))[OLGA.text].role is Role.OWNER


async def test_an_owner_changes_the_own_password_with_the_old_one_alone(
    console: AccountConsole,
) -> None:
    answer = await console.send(console.owner, ME, await address(console, OLGA, "password"))
    assert answer.status_code == 404
    assert await is_in(console.owner)


async def test_people_of_another_account_are_not_there(console: AccountConsole) -> None:
    for way in ("owner", "member", "disable", "enable", "remove", "password"):
        path = await address(console, OTTO, way)
        assert (await console.send(console.stranger, ME, path)).status_code == 404
    assert OTTO.text not in (await console.stranger.get(ME)).text
    assert await is_in(console.member)


async def test_a_member_changes_nobody(console: AccountConsole) -> None:
    for way in ("owner", "disable", "remove", "password"):
        path = await address(console, OTTO, way)
        assert (await console.send(console.member, ME, path)).status_code == 403
    fields = {"email": MIA.text, "role": "owner"}
    refused = await console.send(console.member, ME, f"{ME}/people", **fields)
    assert refused.status_code == 403
    assert set(await people(console)) == {OLGA.text, OTTO.text}
    assert (await people(console))[OTTO.text].role is Role.MEMBER
