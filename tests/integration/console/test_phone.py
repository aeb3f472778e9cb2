"""The phone of the sandbox: what became of messages, as a handset shows it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from console_account import Account, opened_account
from console_browser import sign_in
from hand_gateway import ITALIAN, request
from people_desk import OTTO

from staffetta.domain.environments import Environment
from staffetta.messaging.inspection import Space
from staffetta.messaging.masked_codes import seal_code

HOSTILE = "<script>alert(1)</script> <b>bold</b> {{ 7 * 7 }}"
PHONE = "/console/sandbox/phone"
OTHER_PHONE = "+393337654321"


@pytest.fixture
async def account(database, clock) -> AsyncIterator[Account]:
    async with opened_account(database, clock) as one:
        yield one


async def sent(account: Account, state: str = "delivered", **changes) -> bytes:
    """A message of the sandbox that has come so far."""
    gateway = account.gateway
    space = Space(account.sandbox_id, Environment.SANDBOX, gateway.space.terms)
    accepted = await gateway.acceptor.accept(space, request(**changes), gateway.clock.now())
    await gateway.rows(
        "UPDATE recipient SET state = $2::text::recipient_state, sent_at = $3, delivered_at = $3"
        " WHERE id = $1 RETURNING id",
        accepted.message.id,
        state,
        gateway.clock.now() + timedelta(seconds=1),
    )
    return accepted.message.id


async def test_a_delivered_message_is_a_bubble_that_leads_to_the_message(account) -> None:
    message_id = await sent(account, text="Il pacco arriva oggi")
    shown = (await account.olga.get(PHONE)).text
    assert '<p class="said">Il pacco arriva oggi</p>' in shown
    assert ITALIAN in shown
    assert f"/console/sandbox/messages/{message_id.hex()}" in shown


async def test_a_long_message_is_one_bubble(account) -> None:
    await sent(account, text="long text " * 40)
    shown = (await account.olga.get(PHONE)).text
    assert shown.count('<p class="said">') == 1
    assert "3 segments joined" in shown


async def test_what_did_not_arrive_is_a_note_and_no_text(account) -> None:
    for state in ("undeliverable", "rejected", "expired", "queued", "cancelled"):
        await sent(account, state, text="never seen on a phone")
    shown = (await account.olga.get(PHONE)).text
    assert "never seen on a phone" not in shown
    assert shown.count('<p class="note">') == 5


async def test_what_has_no_report_is_marked(account) -> None:
    await sent(account, "submitted", text="on its way")
    assert "no report yet" in (await account.olga.get(PHONE)).text


async def test_a_flash_message_is_shown_as_one(account) -> None:
    message_id = await sent(account, text="Now!")
    await account.gateway.rows(
        "UPDATE message SET flash = true WHERE id = $1 RETURNING id", message_id
    )
    shown = (await account.olga.get(PHONE)).text
    assert '<article class="flash">' in shown


async def test_each_number_has_its_conversation(account) -> None:
    await sent(account, text="to the first")
    await sent(account, text="to the other", recipient=OTHER_PHONE)
    newest = (await account.olga.get(PHONE)).text.split('class="handset"', 1)[1]
    assert "to the other" in newest
    assert "to the first" not in newest
    chosen = (await account.olga.get(PHONE, params={"number": ITALIAN})).text
    assert "to the first" in chosen.split('class="handset"', 1)[1]


async def test_a_one_time_code_is_read_as_the_phone_shows_it(account) -> None:
    gateway = account.gateway
    message_id = gateway.ids.make(gateway.clock.now())
    code = seal_code(gateway.keyring, account.sandbox_id, message_id, "481516")
    await sent(account, text="Your code is 481516", code=code)
    assert "Your code is 481516" in (await account.olga.get(PHONE)).text
    page = (await account.olga.get(f"/console/sandbox/messages/{message_id.hex()}")).text
    assert "481516" not in page


async def test_a_text_is_shown_and_never_run(account) -> None:
    await sent(account, text=HOSTILE)
    shown = (await account.olga.get(PHONE)).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<script>alert" not in shown


async def test_a_number_that_is_none_shows_an_empty_phone(account) -> None:
    for number in ("<script>alert(1)</script>", "+", "\0", "x" * 500):
        answer = await account.olga.get(PHONE, params={"number": number})
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text


async def test_it_is_sent_again_only_when_something_changed(account) -> None:
    await sent(account)
    page = (await account.olga.get(PHONE)).text
    seen = page.split("seen=", 1)[1].split('"', 1)[0]
    screen = f"{PHONE}/screen"
    assert (await account.olga.get(screen, params={"seen": seen})).status_code == 204
    await sent(account, text="news")
    again = await account.olga.get(screen, params={"seen": seen})
    assert again.status_code == 200
    assert "news" in again.text


async def test_production_has_no_phone_to_look_at(account) -> None:
    await account.gateway.accept(text="a real one")
    answer = await account.olga.get("/console/production/phone")
    assert "only their owners see" in answer.text
    assert "a real one" not in answer.text
    assert (await account.olga.get("/console/production/phone/screen")).status_code == 204


async def test_another_accounts_phones_are_its_own(account) -> None:
    await sent(account, text="only for Olga")
    async with account.browser() as otto:
        await sign_in(otto, OTTO)
        shown = (await otto.get(PHONE, params={"number": ITALIAN})).text
    assert "only for Olga" not in shown
