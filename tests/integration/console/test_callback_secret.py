"""The secret of callbacks: shown to owners who ask, and rotated by who knows what that ends."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from console_people import AccountConsole, account_console, found_in
from hand_gateway import make_gateway

from staffetta.accounts.audit import list_entries
from staffetta.callbacks.secret import read_secrets
from staffetta.db.pool import Database

CALLBACKS = "/console/production/callbacks"
SECRET = f"{CALLBACKS}/secret"
SHOWN_SECRET = re.compile(r"<code>(whsec_[^<]+)</code>")


@pytest.fixture
async def console(database: Database, clock: Any) -> AsyncIterator[AccountConsole]:
    async with account_console(await make_gateway(database, clock)) as one:
        yield one


async def shown_secret(console: AccountConsole) -> str:
    return found_in(SHOWN_SECRET, (await console.send(console.owner, SECRET)).text)


async def test_the_secret_is_shown_to_an_owner_who_asks(console: AccountConsole) -> None:
    assert "whsec_" not in (await console.owner.get(SECRET)).text
    secret = await shown_secret(console)
    assert await shown_secret(console) == secret
    async with console.gateway.database.acquire() as connection:
        entries = await list_entries(connection)
    assert [one.action for one in entries] == ["callback.show_secret"] * 2
    assert secret not in str(entries)


async def test_a_member_gets_no_secret(console: AccountConsole) -> None:
    assert SECRET not in (await console.member.get(CALLBACKS)).text
    assert (await console.member.get(SECRET)).status_code == 403
    for path in (SECRET, f"{SECRET}/rotate"):
        assert (await console.send(console.member, CALLBACKS, path)).status_code == 403


async def test_a_rotation_is_told_with_its_end(console: AccountConsole) -> None:
    before = await shown_secret(console)
    answer = await console.send(console.owner, SECRET, f"{SECRET}/rotate", rotated_at="never")
    assert answer.headers["location"] == f"{SECRET}?done=rotated"
    shown = (await console.owner.get(SECRET)).text
    assert (console.gateway.clock.now() + timedelta(hours=24)).isoformat() in shown
    assert "The last rotation is not over" in shown
    assert await shown_secret(console) != before
    console.gateway.clock.advance(24 * 3600 + 1)
    assert "The last rotation is not over" not in (await console.owner.get(SECRET)).text


async def rotation_form(console: AccountConsole) -> dict[str, str]:
    """The form that makes a new secret, as a page shows it now."""
    shown = (await console.owner.get(SECRET)).text
    names = ("form_token", "once", "rotated_at")
    return {name: found_in(re.compile(f'name="{name}" value="([^"]+)"'), shown) for name in names}


async def secrets_of(console: AccountConsole) -> tuple[str, ...]:
    gateway = console.gateway
    async with gateway.database.acquire() as connection:
        found = await read_secrets(
            connection, gateway.keyring, gateway.space_id, gateway.clock.now()
        )
    assert found is not None
    return found.secrets


async def test_a_rotation_that_is_sent_twice_rotates_once(console: AccountConsole) -> None:
    before = await shown_secret(console)
    form = await rotation_form(console)
    first = await console.owner.post(f"{SECRET}/rotate", data=form)
    again = await console.owner.post(f"{SECRET}/rotate", data=form)
    assert first.headers["location"] == again.headers["location"] == f"{SECRET}?done=rotated"
    assert (await secrets_of(console))[1:] == (before,)


async def test_an_old_page_ends_no_secret(console: AccountConsole) -> None:
    before = await shown_secret(console)
    old = await rotation_form(console)
    fresh = await rotation_form(console)
    await console.owner.post(f"{SECRET}/rotate", data=fresh)
    answer = await console.owner.post(f"{SECRET}/rotate", data=old)
    assert answer.status_code == 409
    assert "The last rotation is not over" in answer.text
    assert (await secrets_of(console))[1:] == (before,)
    for text in ("", "soon", "2026-03-14"):
        form = {**(await rotation_form(console)), "rotated_at": text}
        assert (await console.owner.post(f"{SECRET}/rotate", data=form)).status_code == 409
    assert (await secrets_of(console))[1:] == (before,)
    again = await rotation_form(console)
    assert (await console.owner.post(f"{SECRET}/rotate", data=again)).status_code == 303
    assert before not in await secrets_of(console)
