"""The audit trail in the console: who changed what, searched and paged."""

import re
from pathlib import Path

import pytest
from operator_desk import Desk, make_account
from people_desk import HOME

import staffetta
from staffetta.accounts.audit import Actor, record, was_obeyed
from staffetta.accounts.create_account import NewAccount
from staffetta.console.pages.operate.audit import KINDS
from staffetta.domain.environments import Environment

ROOT = Actor.command_line("root")
MIA = Actor("mia@example.com", 7, "192.0.2.99")
NUMBER = "0123456789abcdef01234567"


@pytest.fixture
async def anna(desk: Desk) -> NewAccount:
    return await make_account(desk.gateway)


async def note(desk: Desk, actor: Actor, action: str, subject, details, **more) -> None:
    async with desk.gateway.database.transaction() as connection:
        now = desk.gateway.clock.now()
        await record(connection, actor, action, subject, details, now, **more)


async def test_a_change_says_who_when_from_where_and_about_whom(desk, anna) -> None:
    await note(desk, MIA, "person.add", anna, {"person": "<b>bob</b>", "keys": [1, 2]})
    shown = await desk.see("/audit")
    for said in ("mia@example.com", "192.0.2.99", "person.add", "anna@example.com", "1, 2"):
        assert said in shown
    assert "2026-03-14 09:26:53 UTC" in shown
    assert "&lt;b&gt;bob&lt;/b&gt;" in shown
    assert "<b>bob" not in shown


async def test_changes_are_searched(desk, anna) -> None:
    await note(desk, ROOT, "account.close", anna, {"mark": "closed-1"})
    await note(desk, MIA, "person.add", anna.spaces[Environment.SANDBOX], {"mark": "added-2"})
    await note(desk, ROOT, "connector.add", None, {"mark": "told-3"})
    everything = {"closed-1", "added-2", "told-3"}
    for search, found in (
        ({}, everything),
        ({"who": "MIA@"}, {"added-2"}),
        ({"account": "Anna@example"}, {"closed-1", "added-2"}),
        ({"kind": "person"}, {"added-2"}),
        ({"from": "2026-03-14", "until": "2026-03-14"}, everything),
        ({"from": "2026-03-15"}, set()),
        ({"until": "2026-03-13"}, set()),
        ({"who": "mia\0"}, set()),
        ({"account": "nobody"}, set()),
        ({"until": "9999-12-31"}, everything),
    ):
        shown = await desk.see("/audit", **search)
        assert {one for one in everything if one in shown} == found
        assert ("Nothing was changed" in shown) == (not found)


async def test_a_search_that_cannot_be_made_says_why(desk) -> None:
    for search in ({"from": "yesterday"}, {"before": "-1"}, {"before": "9" * 30}):
        assert 'role="alert"' in await desk.see("/audit", **search)


async def test_older_changes_are_a_page_further(desk, anna) -> None:
    for number in range(60):
        await note(desk, ROOT, "account.close", anna, {"mark": f"n{number:02}."})
    first = await desk.see("/audit", account="anna")
    link = first.partition('rel="next" href="?')[2].partition('"')[0].replace("&amp;", "&")
    asked = dict(pair.split("=") for pair in link.split("&"))
    second = await desk.see("/audit", **asked)
    assert [f"n{n:02}." in first for n in (59, 10, 9, 0)] == [True, True, False, False]
    assert [f"n{n:02}." in second for n in (59, 10, 9, 0)] == [False, False, True, True]


async def test_a_form_is_obeyed_once(desk, anna) -> None:
    await note(desk, MIA, "topup", anna.spaces[Environment.SANDBOX], {}, form=NUMBER)
    async with desk.gateway.database.transaction() as connection:
        assert await was_obeyed(connection, anna, NUMBER)
        assert not await was_obeyed(connection, anna, NUMBER[::-1])
    assert NUMBER not in await desk.see("/audit")


async def test_what_is_done_in_the_console_says_from_which_address(desk) -> None:
    await desk.send("/accounts/new", {"email": "bob@example.com", "currency": "EUR"})
    shown = await desk.see("/audit")
    assert "account.create" in shown
    assert f'olga@example.com <span class="quiet">{HOME}</span>' in shown


def test_what_is_offered_to_search_for_is_what_changes_are_called() -> None:
    root = Path(staffetta.__file__).parent
    actions = {
        action
        for module in root.rglob("*.py")
        for action in re.findall(r'"([a-z]+)\.(?!html")[a-z_]+"', module.read_text())
    }
    assert set(KINDS) - {"topup"} <= actions  # which is an action by itself
