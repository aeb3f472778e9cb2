"""The page of tokens: made and shown once, changed, revoked, by those who may."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from console_people import AccountConsole, account_console, found_in
from hand_gateway import make_gateway

from staffetta.accounts.audit import list_entries
from staffetta.accounts.create_token import TOKENS_MAX
from staffetta.accounts.find_tokens import find_token, list_tokens
from staffetta.accounts.tokens import TokenRecord
from staffetta.console.token_words import CALL_WORDS, PRESETS, TOO_MANY_TOKENS, scopes_of_preset
from staffetta.db.pool import Database
from staffetta.domain.environments import Environment
from staffetta.domain.scopes import CALLS, all_scopes, expand

TOKENS = "/console/sandbox/tokens"
NEW = f"{TOKENS}/new"
MADE = re.compile(r"<code>([0-9a-f]{24})</code>")
FULL = """
INSERT INTO token (hash, space_id, scopes, hint, created_at, updated_at, expire_at)
SELECT sha256(number::text::bytea), $1, '{}', '', now(), now(), $2::timestamptz + interval '1 day'
  FROM generate_series(1, $3::int) AS number
"""
FORM = {"name": "web shop", "access": "everything", "lifetime": "86400"}


@pytest.fixture
async def console(database: Database, clock: Any) -> AsyncIterator[AccountConsole]:
    async with account_console(await make_gateway(database, clock)) as one:
        yield one


async def live(console: AccountConsole) -> tuple[TokenRecord, ...]:
    async with console.gateway.database.acquire() as connection:
        return await list_tokens(
            connection, console.spaces[Environment.SANDBOX], console.gateway.clock.now()
        )


async def make(console: AccountConsole, **fields: object) -> str:
    """A token made by the form, as the page shows it."""
    answer = await console.send(console.owner, NEW, **{**FORM, **fields})
    assert answer.status_code == 200, answer.text
    return found_in(MADE, answer.text)


def address(record: TokenRecord) -> str:
    return f"{TOKENS}/{record.token_hash.hex()[:12]}"


async def test_a_token_is_made_and_shown_with_a_line_to_paste(console: AccountConsole) -> None:
    answer = await console.send(console.owner, NEW, **FORM)
    token = found_in(MADE, answer.text)
    async with console.gateway.database.acquire() as connection:
        space, now = console.spaces[Environment.SANDBOX], console.gateway.clock.now()
        found = await find_token(connection, space, token, now)
    assert found is not None
    assert set(found.scopes) == set(all_scopes(Environment.SANDBOX))
    assert found.name == "web shop"
    assert found.expire_at == now.replace(microsecond=0) + timedelta(days=1)
    assert answer.headers["cache-control"] == "no-store"
    assert "curl &#39;https://console.test/sandbox/v2/IT-messages&#39;" in answer.text
    assert f"Bearer {token}" in answer.text


async def test_a_page_that_is_loaded_again_shows_no_token_and_makes_none(
    console: AccountConsole,
) -> None:
    shown = (await console.owner.get(NEW)).text
    form = {
        **FORM,
        "form_token": found_in(re.compile(r'name="form_token" value="([^"]+)"'), shown),
        "once": found_in(re.compile(r'name="once" value="([^"]+)"'), shown),
    }
    first = await console.owner.post(NEW, data=form)
    again = await console.owner.post(NEW, data=form)
    assert (first.status_code, again.status_code) == (200, 409)
    assert found_in(MADE, first.text) not in again.text
    assert not MADE.search(again.text)
    assert "made already" in again.text
    assert len(await live(console)) == 1


async def test_no_later_page_shows_the_token(console: AccountConsole) -> None:
    token = await make(console)
    (record,) = await live(console)
    for path in (TOKENS, address(record)):
        shown = (await console.owner.get(path)).text
        assert token not in shown
        assert f"…{token[-4:]}" in shown


@pytest.mark.parametrize("preset", list(PRESETS))
async def test_a_choice_grants_what_it_says(console: AccountConsole, preset: str) -> None:
    await make(console, access=preset)
    (record,) = await live(console)
    wanted = expand(scopes_of_preset(preset, Environment.SANDBOX), Environment.SANDBOX)
    assert set(record.scopes) == set(wanted)
    assert PRESETS[preset][0] in (await console.owner.get(TOKENS)).text


async def test_what_is_ticked_and_written_is_granted(console: AccountConsole) -> None:
    ticked = ["POST:test.sms.openapi.com/otp", "GET:test.sms.openapi.com/messages"]
    written = "*:test.ws.messaggisms.com/*\nPOST:console.test/IT-messages"
    await make(console, access="chosen", scope=ticked, other=written)
    (record,) = await live(console)
    assert set(record.scopes) == {
        *ticked,
        *(f"{method}:test.ws.messaggisms.com/messages" for method, _ in CALLS["v1"]),
        "POST:console.test/IT-messages",
    }
    shown = (await console.owner.get(address(record))).text
    assert "POST:console.test/IT-messages</textarea>" in shown


async def test_limits_are_kept_and_shown_as_what_is_left(console: AccountConsole) -> None:
    limits = {"totalRequests": "1000", "walletAmount": "20,50", "ip": "192.0.2.7\n192.0.2.64/28"}
    await make(console, **limits)
    (record,) = await live(console)
    assert record.limits.as_object() == {
        "totalRequests": 1000,
        "walletAmount": 20.5,
        "ip": ["192.0.2.7", "192.0.2.64/28"],
    }
    shown = (await console.owner.get(TOKENS)).text
    assert "1,000 requests" in shown
    assert "€20.5" in shown


@pytest.mark.parametrize(
    ("fields", "marked"),
    [
        ({"name": "x" * 101}, "name"),
        ({"access": "chosen"}, "scope"),
        ({"access": ""}, "scope"),
        ({"access": "everything", "scope": "POST:test.sms.openapi.com/otp"}, "scope"),
        ({"access": "read", "other": "POST:test.sms.openapi.com/otp"}, "other"),
        ({"access": "chosen", "other": "POST:sms.openapi.com/IT-messages"}, "other"),
        ({"access": "chosen", "other": "<b>all</b>"}, "other"),
        ({"lifetime": "date", "until": "2026-03-13"}, "until"),
        ({"lifetime": "date", "until": "2027-03-16"}, "until"),
        ({"lifetime": "date", "until": "soon"}, "until"),
        ({"lifetime": "forever"}, "lifetime"),
        ({"totalRequests": "-1"}, "totalRequests"),
        ({"walletAmount": "a lot"}, "walletAmount"),
        ({"walletAmount": "1,000"}, "walletAmount"),
        ({"walletAmount": "1,000.50"}, "walletAmount"),
        ({"ip": "192.0.2.1/24"}, "ip"),
    ],
)
async def test_what_cannot_be_is_said_beside_its_field(
    console: AccountConsole, fields: dict[str, str], marked: str
) -> None:
    answer = await console.send(console.owner, NEW, **{**FORM, **fields})
    assert answer.status_code == 422
    assert f'id="{marked}-problem"' in answer.text
    assert "<b>all" not in answer.text
    assert await live(console) == ()


@pytest.mark.parametrize(("until", "days"), [("2026-03-14", 0), ("2027-03-14", 365)])
async def test_a_token_lives_to_the_end_of_a_day(
    console: AccountConsole, until: str, days: int
) -> None:
    await make(console, lifetime="date", until=until)
    (record,) = await live(console)
    now = console.gateway.clock.now()
    if days == 0:
        assert record.expire_at.isoformat() == "2026-03-15T00:00:00+00:00"
    else:
        assert record.expire_at == now.replace(microsecond=0) + timedelta(days=days)


async def test_a_token_is_narrowed_and_renewed(console: AccountConsole) -> None:
    await make(console, totalRequests="5")
    (before,) = await live(console)
    console.gateway.clock.advance(3600)
    fields = {"name": "narrow", "access": "otp", "lifetime": "604800", "totalRequests": ""}
    answer = await console.send(console.owner, address(before), **fields)
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"{address(before)}?done=changed",
    )
    (after,) = await live(console)
    assert after.scopes == ("POST:test.sms.openapi.com/otp",)
    assert after.name == "narrow"
    assert after.limits.as_object() == {}
    assert after.expire_at - before.expire_at == timedelta(days=6, hours=1)


async def test_a_token_that_is_only_renamed_stays_as_it_is(console: AccountConsole) -> None:
    await make(console, access="chosen", scope=["POST:test.sms.openapi.com/otp"], ip="192.0.2.7")
    (before,) = await live(console)
    shown = (await console.owner.get(address(before))).text
    assert 'value="keep" checked' in shown
    fields = {"name": "other", "access": "otp", "lifetime": "keep", "ip": "192.0.2.7"}
    await console.send(console.owner, address(before), **fields)
    (after,) = await live(console)
    assert (after.scopes, after.expire_at) == (before.scopes, before.expire_at)
    assert (after.limits, after.name) == (before.limits, "other")


async def test_nothing_is_chosen_for_anybody(console: AccountConsole) -> None:
    shown = (await console.owner.get(NEW)).text
    assert not re.search(r'name="(?:access|scope)"[^>]* checked', shown)


async def test_a_choice_with_its_own_boxes_is_that_choice(console: AccountConsole) -> None:
    await make(console, access="otp", scope=["POST:test.sms.openapi.com/otp"])
    (record,) = await live(console)
    assert record.scopes == ("POST:test.sms.openapi.com/otp",)


async def test_scopes_of_another_host_stay_while_the_rest_changes(
    console: AccountConsole,
) -> None:
    written = "POST:console.test/IT-messages"
    await make(console, access="chosen", other=written)
    (before,) = await live(console)
    elsewhere = {"host": "sms.example.org", "origin": "https://sms.example.org"}
    shown = await console.owner.get(address(before))
    names = ("form_token", "shown")
    hidden = {
        name: found_in(re.compile(f'name="{name}" value="([^"]+)"'), shown.text) for name in names
    }
    form = {"name": "other", "access": "chosen", "other": written, "lifetime": "keep", **hidden}
    answer = await console.owner.post(address(before), data=form, headers=elsewhere)
    assert answer.status_code == 303, answer.text
    (after,) = await live(console)
    assert (after.name, after.scopes) == ("other", (written,))


async def test_an_old_page_overwrites_nothing(console: AccountConsole) -> None:
    await make(console, totalRequests="5")
    (record,) = await live(console)
    page = address(record)
    old = (await console.owner.get(page)).text
    narrowed = {"name": "web shop", "access": "otp", "lifetime": "keep", "totalRequests": "5"}
    await console.send(console.owner, page, **narrowed)
    (narrow,) = await live(console)
    names = ("form_token", "shown")
    hidden = {name: found_in(re.compile(f'name="{name}" value="([^"]+)"'), old) for name in names}
    form = {**narrowed, "name": "renamed", "access": "everything", **hidden}
    for one in (form, {**form, "shown": ""}):
        answer = await console.owner.post(page, data=one)
        assert answer.status_code == 409
        assert "not any more what this page showed" in answer.text
        assert 'value="otp" checked' in answer.text
    assert await live(console) == (narrow,)


async def test_a_full_account_is_told_in_the_readers_language(console: AccountConsole) -> None:
    space = console.spaces[Environment.SANDBOX]
    async with console.gateway.database.acquire() as connection:
        await connection.execute(FULL, space.space_id, console.gateway.clock.now(), TOKENS_MAX)
    answer = await console.send(console.owner, NEW, **FORM)
    assert answer.status_code == 409
    assert TOO_MANY_TOKENS in answer.text
    assert 'id="name-problem"' not in answer.text
    trying = await console.send(console.owner, "/console/sandbox/documentation")
    assert TOO_MANY_TOKENS in trying.text


async def test_a_revoked_token_is_gone(console: AccountConsole) -> None:
    await make(console)
    (record,) = await live(console)
    answer = await console.send(console.owner, address(record), f"{address(record)}/revoke")
    assert answer.headers["location"] == f"{TOKENS}?done=revoked"
    assert await live(console) == ()
    assert (await console.owner.get(address(record))).status_code == 404
    assert "There is no token here yet" in (await console.owner.get(TOKENS)).text


async def test_who_did_what_is_noted(console: AccountConsole) -> None:
    await make(console)
    (record,) = await live(console)
    await console.send(console.owner, address(record), name="x", access="otp", lifetime="keep")
    await console.send(console.owner, address(record), f"{address(record)}/revoke")
    async with console.gateway.database.acquire() as connection:
        entries = await list_entries(connection)
    assert [one.action for one in entries] == ["token.revoke", "token.change", "token.create"]
    assert {one.actor for one in entries} == {"olga@example.com"}
    assert {one.environment for one in entries} == {Environment.SANDBOX}


async def test_a_member_looks_and_changes_nothing(console: AccountConsole) -> None:
    await make(console)
    (record,) = await live(console)
    listed = await console.member.get(TOKENS)
    one = await console.member.get(address(record))
    assert (listed.status_code, one.status_code) == (200, 200)
    assert "web shop" in listed.text
    assert NEW not in listed.text
    assert "/revoke" not in one.text
    token = found_in(re.compile(r'name="form_token" value="([^"]+)"'), listed.text)
    assert (await console.member.get(NEW)).status_code == 403
    for path in (NEW, address(record), f"{address(record)}/revoke"):
        refused = await console.member.post(path, data={**FORM, "form_token": token})
        assert refused.status_code == 403
    assert len(await live(console)) == 1


async def test_another_account_and_environment_have_none_of_it(console: AccountConsole) -> None:
    await make(console)
    (record,) = await live(console)
    assert (await console.stranger.get(address(record))).status_code == 404
    assert "web shop" not in (await console.stranger.get(TOKENS)).text
    elsewhere = address(record).replace("sandbox", "production")
    assert (await console.owner.get(elsewhere)).status_code == 404
    for path in (address(record)[:-4], f"{TOKENS}/{record.hint}"):
        assert (await console.owner.get(path)).status_code == 404
    answer = await console.send(console.stranger, NEW, f"{address(record)}/revoke")
    assert answer.status_code == 404
    assert len(await live(console)) == 1


async def test_a_name_is_shown_and_never_run(console: AccountConsole) -> None:
    await make(console, name="<script>alert(1)</script>")
    shown = (await console.owner.get(TOKENS)).text
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert" not in shown


def test_every_call_has_words() -> None:
    assert {service: set(words) for service, words in CALL_WORDS.items()} == {
        service: set(calls) for service, calls in CALLS.items()
    }
