"""Sending one message in the console: what is shown before is what happens, and happens once."""

import re
from collections.abc import AsyncIterator

import pytest
from console_account import Account, opened_account
from console_browser import sign_in
from hand_gateway import ITALIAN
from people_desk import OTTO

HOSTILE = "<script>alert(1)</script> {{ 7 * 7 }}"
SANDBOX, PRODUCTION = "/console/sandbox/send", "/console/production/send"
GOOD = {"recipient": "+39 333 1234567", "sender": "ACME", "text": "Ciao", "key": "form-1"}


@pytest.fixture
async def account(database, clock) -> AsyncIterator[Account]:
    async with opened_account(database, clock) as one:
        yield one


async def stored(account: Account) -> list:
    return list(
        await account.gateway.rows(
            "SELECT message.space_id, number, sender, body, message.due_at, state::text AS state"
            " FROM message JOIN recipient USING (space_id, id) ORDER BY id"
        )
    )


async def test_a_message_is_sent_and_its_page_shown(account) -> None:
    answer = await account.post(SANDBOX, **GOOD)
    assert answer.status_code == 303
    (row,) = await stored(account)
    assert (row["space_id"], row["number"], row["body"]) == (
        account.sandbox_id,
        ITALIAN,
        "Ciao",
    )
    assert "Ciao" in (await account.olga.get(answer.headers["location"])).text


async def test_a_form_sent_twice_sends_once(account) -> None:
    first, second = [await account.post(SANDBOX, **GOOD) for _ in range(2)]
    assert len(await stored(account)) == 1
    assert first.headers["location"].split("?")[0] == second.headers["location"].split("?")[0]
    assert second.headers["location"].endswith("done=already")


async def test_a_changed_form_is_another_message_only_when_it_is_sent_again(account) -> None:
    await account.post(SANDBOX, **GOOD)
    changed = await account.post(SANDBOX, **GOOD | {"text": "Something else"})
    assert changed.status_code == 422
    assert "This form was sent before" in changed.text
    key = changed.text.split('name="key" value="', 1)[1].split('"', 1)[0]
    assert key != GOOD["key"]
    again = await account.post(SANDBOX, **GOOD | {"text": "Something else", "key": key})
    assert again.status_code == 303
    assert [row["body"] for row in await stored(account)] == ["Ciao", "Something else"]


async def test_production_asks_with_count_and_price_before_it_sends(account) -> None:
    asked = await account.post(PRODUCTION, **GOOD | {"text": "x" * 161})
    assert asked.status_code == 200
    assert "€0.06" in asked.text
    assert "2 segments" in asked.text
    assert await stored(account) == []
    yes = {**shown_in(asked.text), "confirmed": "yes"}
    sent = await account.post(PRODUCTION, **GOOD | {"text": "x" * 161} | yes)
    assert sent.status_code == 303
    (row,) = await stored(account)
    assert row["space_id"] == account.gateway.space_id


def shown_in(page: str) -> dict[str, str]:
    """What a page that asks has shown, as its form says it."""
    return dict(re.findall(r'name="(shown_[a-z]+)" value="([^"]*)"', page))


async def test_what_has_changed_since_it_was_shown_is_asked_again(account) -> None:
    yes = {**shown_in((await account.post(PRODUCTION, **GOOD)).text), "confirmed": "yes"}
    gateway = account.gateway
    await gateway.rows("UPDATE route SET price_micro = 2 * price_micro RETURNING connector_id")
    await gateway.snapshots.refresh_once()
    for changes in ({}, {"shown_sender": "Another"}):
        asked = await account.post(PRODUCTION, **GOOD | yes | changes)
        assert asked.status_code == 200
        assert "this is not what was shown before" in asked.text
    assert await stored(account) == []
    sent = await account.post(PRODUCTION, **GOOD | shown_in(asked.text) | {"confirmed": "yes"})
    assert sent.status_code == 303
    again = await account.post(PRODUCTION, **GOOD | yes)
    assert again.headers["location"].endswith("done=already")


REFUSED: tuple[tuple[dict[str, str], str, str], ...] = (
    ({"recipient": "hello"}, "recipient", "does not begin with a plus"),
    ({"recipient": "+39 06 69812345"}, "recipient", "not a mobile one"),
    ({"sender": "12345"}, "sender", "purely numeric"),
    ({"sender": "Città"}, "sender", "not allowed"),
    ({"text": ""}, "text", "empty"),
    ({"text": "x" * 3000}, "text", "10 are the most"),
    ({"text": "x" * 200, "one_segment": "yes"}, "text", "allows one"),
    ({"send_at": "tomorrow"}, "send_at", "This is no date"),
    ({"send_at": "2026-05-14T09:00"}, "send_at", "30 days ahead"),
)


async def test_a_refusal_stands_beside_its_field_with_what_was_typed(account) -> None:
    for changes, field, said in REFUSED:
        answer = await account.post(SANDBOX, **GOOD | changes)
        assert answer.status_code == 422, changes
        assert f'id="{field}-problem"' in answer.text, changes
        problem = answer.text.split(f'id="{field}-problem"', 1)[1].split("</div>", 1)[0]
        assert said in problem, changes
        assert 'value="form-1"' in answer.text
    assert await stored(account) == []


async def test_all_refusals_are_told_at_once(account) -> None:
    answer = await account.post(SANDBOX, **GOOD | {"recipient": "hello", "sender": "12345"})
    assert answer.status_code == 422
    for field in ("recipient", "sender"):
        assert f'id="{field}-problem"' in answer.text
    assert answer.text.count("purely numeric") == 1


async def test_credit_that_is_too_low_sends_nothing(account, database) -> None:
    async with database.acquire() as connection:
        await connection.execute(
            "UPDATE wallet SET held_micro = balance_micro WHERE space_id = $1", account.sandbox_id
        )
    answer = await account.post(SANDBOX, **GOOD)
    assert answer.status_code == 422
    assert "The credit is not enough" in answer.text
    assert await stored(account) == []


async def test_what_is_looked_at_is_not_stored(account) -> None:
    answer = await account.post(f"{SANDBOX}/look", **GOOD | {"text": "caffè… “si”"})
    assert answer.status_code == 200
    assert '<mark class="forcing">…</mark>' in answer.text
    assert "HORIZONTAL ELLIPSIS" in answer.text
    assert "€0.05" in answer.text
    assert await stored(account) == []


async def test_an_empty_form_is_not_wrong_yet(account) -> None:
    shown = (await account.post(f"{SANDBOX}/look", recipient="", text="", key="k")).text
    assert "notice bad" not in shown


async def test_characters_are_replaced_when_asked(account) -> None:
    shown = (await account.post(SANDBOX, **GOOD | {"text": "“Ciao…”", "replaces": "yes"})).text
    assert "&#34;Ciao...&#34;</textarea>" in shown
    assert await stored(account) == []


async def test_a_character_that_nobody_can_type_breaks_nothing(account) -> None:
    for field in ("recipient", "sender", "text", "send_at", "key"):
        answer = await account.post(SANDBOX, **GOOD | {field: "a\0b"})
        assert answer.status_code == (303 if field in ("key", "text") else 422), field


async def test_what_is_typed_is_shown_and_never_run(account) -> None:
    fields = dict.fromkeys(("recipient", "sender", "text", "send_at", "key"), HOSTILE)
    for path in (SANDBOX, f"{SANDBOX}/look", PRODUCTION):
        shown = (await account.post(path, **fields)).text
        assert "<script>alert" not in shown
        assert "&lt;script&gt;" in shown
        assert ">49<" not in shown


async def test_a_message_for_later_waits(account) -> None:
    later = {"send_at": "2026-03-15T10:00", "send_at_utc": "2026-03-15T09:00:00.000Z"}
    await account.post(SANDBOX, **GOOD | later)
    (row,) = await stored(account)
    assert row["state"] == "scheduled"
    assert row["due_at"].isoformat() == "2026-03-15T09:00:00+00:00"


async def test_lines_end_as_phones_end_them(account) -> None:
    await account.post(SANDBOX, **GOOD | {"text": "one\r\ntwo"})
    assert (await stored(account))[0]["body"] == "one\ntwo"


async def test_nothing_is_sent_without_the_forms_token(account) -> None:
    assert (await account.olga.post(SANDBOX, data=GOOD)).status_code == 403
    async with account.browser() as stranger:
        answer = await stranger.post(SANDBOX, data=GOOD)
        assert answer.headers["location"].startswith("/console/sign-in")
    assert await stored(account) == []


async def test_each_account_sends_its_own(account) -> None:
    async with account.browser() as otto:
        await sign_in(otto, OTTO)
        token = account.form_token((await otto.get(SANDBOX)).text)
        answer = await otto.post(SANDBOX, data=GOOD | {"form_token": token})
        assert answer.status_code == 303
    (row,) = await stored(account)
    assert row["space_id"] not in (account.sandbox_id, account.gateway.space_id)
