"""Operators and accounts: found, made, funded, guarded, blocked, closed; and every change noted."""

import re

import httpx
import pytest
from hand_gateway import accepted
from operator_desk import OPERATE, Desk, hidden_fields, make_account
from people_desk import OTTO

from staffetta.accounts.create_account import NewAccount
from staffetta.accounts.create_token import create_token
from staffetta.compliance.blocklist import impose_block
from staffetta.compliance.register_sender import SenderApplication, SenderRegistry
from staffetta.domain.environments import Environment
from staffetta.domain.scopes import all_scopes
from staffetta.domain.secrets import hash_secret

ANNA = "anna@example.com"
BOB = "bob@example.com"
SHOWN_ONCE = re.compile(r"<pre[^>]*><code>([^<]+)</code></pre>")


@pytest.fixture
async def anna(desk: Desk) -> NewAccount:
    return await make_account(desk.gateway, ANNA)


def at(account: NewAccount, tab: str = "") -> str:
    return f"/accounts/{account.account_id}{tab}"


def done(answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?done=")[2]


async def balance(desk: Desk, account: NewAccount, environment=Environment.PRODUCTION) -> int:
    return (await desk.gateway.wallet(account.spaces[environment].space_id))[0]


# The list ----------------------------------------------------------------------------------------


async def test_an_account_is_listed_with_its_money_its_state_and_its_last_message(desk) -> None:
    claim = await desk.gateway.accept_and_claim(text="hello")
    await desk.gateway.settle(claim, accepted("a1"))
    shown = await desk.see("/accounts")
    assert "2026-03-14 09:26:53 UTC" in shown
    assert "€" in shown
    assert ">open<" in shown


async def test_accounts_are_searched(desk, anna) -> None:
    bob = await make_account(desk.gateway, BOB)
    people = {"email": "mario@elsewhere.example", "name": "Mario Rossi", "role": "owner"}
    await desk.send(at(bob, "/people"), people)
    async with desk.gateway.database.transaction() as connection:
        space = anna.spaces[Environment.SANDBOX]
        await impose_block(connection, space.space_id, "words", None, desk.gateway.clock.now())
    for search, found in (
        ({}, {ANNA, BOB}),
        ({"search": "ANNA"}, {ANNA}),
        ({"search": "rossi"}, {BOB}),
        ({"standing": "closed"}, set()),
        ({"standing": "blocked"}, {ANNA}),
        ({"standing": "open"}, {ANNA, BOB}),
        ({"standing": "nonsense"}, {ANNA, BOB}),
        ({"after": ANNA}, {BOB}),
    ):
        shown = await desk.see("/accounts", **search)
        assert {email for email in (ANNA, BOB) if f">{email}</a>" in shown} == found


async def test_ten_thousand_accounts_are_a_page_at_a_time(desk) -> None:
    await desk.gateway.rows(
        "INSERT INTO account (email, created_at)"
        " SELECT 'n' || lpad(number::text, 5, '0') || '@example.com', now()"
        " FROM generate_series(1, 10000) AS number"
    )
    shown = await desk.see("/accounts", search="@example.com")
    assert shown.count("<tr>") <= 52
    assert 'rel="next"' in shown
    assert "n00051@" in await desk.see("/accounts", after="n00050@example.com")


# Making one --------------------------------------------------------------------------------------


async def test_an_account_is_made_with_its_keys_and_its_first_owner_shown_once(desk) -> None:
    answer = await desk.send(
        "/accounts/new",
        {"email": "New@Example.com", "currency": "eur", "owner_email": "otto@example.com"},
    )
    assert answer.status_code == 200
    production, sandbox, password = SHOWN_ONCE.findall(answer.text)
    assert len(production) == len(sandbox) == 32
    [row] = await desk.gateway.rows(
        "SELECT count(*) AS keys FROM api_key WHERE hash = ANY ($1)",
        [hash_secret(production), hash_secret(sandbox)],
    )
    assert row["keys"] == 2
    assert [one[:2] for one in await desk.audited()] == [
        ("person.add", "new@example.com"),
        ("account.create", "new@example.com"),
    ]
    assert password not in await desk.see("/audit")
    for page in ("/accounts", "/audit"):
        assert production not in await desk.see(page)


async def test_an_account_whose_form_is_sent_twice_is_said_to_be_made_and_perhaps_not_seen(
    desk,
) -> None:
    path = f"{OPERATE}/accounts/new"
    form = hidden_fields(await desk.see("/accounts/new"), path)
    form |= {"email": "new@example.com", "currency": "EUR", "owner_email": "otto@example.com"}
    assert len(SHOWN_ONCE.findall((await desk.browser.post(path, data=form)).text)) == 3
    again = await desk.browser.post(path, data=form)
    assert done(again) == "unseen"
    assert "If nobody saw it" in (await desk.browser.get(again.headers["location"])).text
    other = {**form, **hidden_fields(await desk.see("/accounts/new"), path)}
    assert (await desk.browser.post(path, data=other)).status_code == 422


async def test_a_password_is_made_once_for_each_form(desk, anna) -> None:
    here = f"{OPERATE}{at(anna, '/people')}"
    form = hidden_fields(await desk.see(at(anna, "/people")), here)
    form |= {"email": "otto@example.com", "role": "owner"}
    assert SHOWN_ONCE.findall((await desk.browser.post(here, data=form)).text)
    again = await desk.browser.post(here, data=form)
    assert done(again) == "unseen"
    assert "If nobody saw it" in (await desk.browser.get(again.headers["location"])).text
    [row] = await desk.gateway.rows("SELECT id FROM person WHERE email = $1", OTTO.text)
    renew = f"{here}/{row['id']}/password"
    number = hidden_fields(await desk.see(at(anna, "/people")), renew)
    assert SHOWN_ONCE.findall((await desk.browser.post(renew, data=number)).text)
    [kept] = await desk.gateway.rows("SELECT password_hash FROM person WHERE email = $1", OTTO.text)
    assert done(await desk.browser.post(renew, data=number)) == "unseen"
    [now] = await desk.gateway.rows("SELECT password_hash FROM person WHERE email = $1", OTTO.text)
    assert now["password_hash"] == kept["password_hash"], "what was shown is what holds"


async def test_what_cannot_be_made_is_said_beside_its_field(desk, anna) -> None:
    for fields, field in (
        ({"email": "no address"}, "email"),
        ({"email": ANNA}, "email"),
        ({"currency": "euros"}, "currency"),
        ({"owner_email": "nobody"}, "owner_email"),
        ({"owner_email": "olga@example.com"}, "owner_email"),
        ({"owner_email": "o@example.com", "owner_name": "x\ny"}, "owner_name"),
    ):
        typed = {"email": "c@example.com", "currency": "EUR", **fields}
        answer = await desk.send("/accounts/new", typed)
        assert answer.status_code == 422
        assert f'id="{field}-problem"' in answer.text
    assert await desk.audited() == []


# Money -------------------------------------------------------------------------------------------


async def test_a_top_up_is_shown_exactly_before_it_is_done_and_done_once(desk, anna) -> None:
    here = at(anna, "/money/production")
    checked = await desk.send(f"{here}/check", {"amount": "12,50", "note": "invoice 7"}, here)
    assert checked.status_code == 200
    assert "€12.50" in checked.text
    assert ANNA in checked.text
    assert await balance(desk, anna) == 0
    form = hidden_fields(checked.text, f"{OPERATE}{here}/topup")
    for word in ("topup", "again"):
        assert done(await desk.browser.post(f"{OPERATE}{here}/topup", data=form)) == word
    assert await balance(desk, anna) == 12_500_000
    assert await desk.audited() == [("topup", ANNA, {"amount": 12.5, "note": "invoice 7"})]


async def test_a_top_up_whose_first_form_is_sent_again_is_not_paid_twice(desk, anna) -> None:
    here = at(anna, "/money/production")
    first = hidden_fields(await desk.see(here), f"{OPERATE}{here}/check")
    typed = {**first, "amount": "12.50", "note": "invoice 7"}
    checked = await desk.browser.post(f"{OPERATE}{here}/check", data=typed)
    paid = hidden_fields(checked.text, f"{OPERATE}{here}/topup")
    assert done(await desk.browser.post(f"{OPERATE}{here}/topup", data=paid)) == "topup"
    assert done(await desk.browser.post(f"{OPERATE}{here}/check", data=typed)) == "again"
    assert await balance(desk, anna) == 12_500_000


async def test_a_top_up_and_a_bundle_of_one_page_are_two_forms(desk, anna) -> None:
    shown = await desk.see(at(anna, "/money/sandbox"))
    first, second = (
        hidden_fields(shown, f"{OPERATE}{at(anna, '/money/sandbox')}/{path}")["once"]
        for path in ("check", "bundles")
    )
    assert first != second


async def test_an_amount_that_cannot_be_added_is_said_so(desk, anna) -> None:
    here = at(anna, "/money/sandbox")
    for amount in ("", "0", "1,000", "ten", "1e30", "0.0000001", "nan"):
        answer = await desk.send(f"{here}/check", {"amount": amount}, here)
        assert answer.status_code == 422
        assert 'id="amount-problem"' in answer.text


async def test_a_top_up_without_a_number_of_its_own_is_not_done(desk, anna) -> None:
    here = at(anna, "/money/production")
    form = hidden_fields(await desk.see(here), f"{OPERATE}{here}/check")
    sent = {"form_token": form["form_token"], "amount": "5"}
    answer = await desk.browser.post(f"{OPERATE}{here}/topup", data=sent)
    assert answer.status_code == 422
    assert await balance(desk, anna) == 0


async def test_an_account_may_be_lent_money_and_owes_before_it_is_lent_less(desk, anna) -> None:
    here = at(anna, "/money/production")
    lent = await desk.send(f"{here}/limit", {"limit": "500", "limit_note": "contract"}, here)
    assert done(lent) == "limit"
    async with desk.gateway.database.transaction() as connection:
        await connection.execute(
            "UPDATE wallet SET balance_micro = -20000000 WHERE floor_micro < 0"
        )
    refused = await desk.send(f"{here}/limit", {"limit": "10"}, here)
    assert refused.status_code == 422
    assert 'name="force"' in refused.text
    assert done(await desk.send(f"{here}/limit", {"limit": "10", "force": "yes"}, here)) == "limit"
    assert [details["limit"] for _, _, details in await desk.audited()] == [10.0, 500.0]


async def test_a_bundle_is_sold_once_sold_again_and_ended(desk, anna) -> None:
    here = at(anna, "/money/sandbox")
    terms = {"segments": "1000", "price": "25", "days": "30", "autorenew": "yes", "country": "it"}
    form = hidden_fields(await desk.see(here), f"{OPERATE}{here}/bundles")
    for word in ("sold", "again"):
        sent = await desk.browser.post(f"{OPERATE}{here}/bundles", data={**form, **terms})
        assert done(sent) == word
    assert await balance(desk, anna, Environment.SANDBOX) == 975_000_000
    [row] = await desk.gateway.rows("SELECT id FROM bundle")
    again = await desk.see(f"{here}/bundles/{row['id']}/again")
    assert 'value="1000"' in again
    assert 'value="25.00"' in again
    ended = await desk.send(f"{here}/bundles/{row['id']}/end", {"reason": "by mistake"}, here)
    assert done(ended) == "ended"
    assert "by mistake" in await desk.see(here)
    assert [action for action, _, _ in await desk.audited()] == ["bundle.end", "bundle.add"]


async def test_a_bundle_that_cannot_be_sold_says_why(desk, anna) -> None:
    here = at(anna, "/money/sandbox")
    for fields, field in (
        ({"segments": "many"}, "segments"),
        ({"price": "2000"}, "bundle"),
        ({"price": "cheap"}, "price"),
        ({"days": "0"}, "days"),
        ({"country": "XX"}, "country"),
    ):
        terms = {"segments": "10", "price": "1", "days": "30", **fields}
        answer = await desk.send(f"{here}/bundles", terms, here)
        assert answer.status_code == 422
        assert f'id="{field}-problem"' in answer.text


async def test_a_statement_is_a_file_of_the_months_entries(desk, anna) -> None:
    here = f"{OPERATE}{at(anna, '/money/sandbox')}/statement.csv"
    answer = await desk.browser.get(here, params={"month": "2026-03"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "anna@example.com-sandbox-2026-03.csv" in answer.headers["content-disposition"]
    [_, line] = answer.text.splitlines()
    assert "sandbox credit" in line
    for month in ("2026-13", "", "0000-01", "9999-12"):
        unread = await desk.browser.get(here, params={"month": month})
        assert "Name a month like 2026-03." in unread.text, month
    unread = await desk.browser.get(here, params={"month": "2026-3x"})
    assert "staffetta ledger export --email anna@example.com" in unread.text


async def test_a_statement_is_whole_however_long_it_is(desk, anna) -> None:
    gateway = desk.gateway
    [space] = await gateway.rows(
        "SELECT space.id FROM space JOIN account ON account.id = account_id"
        " WHERE email = 'anna@example.com' AND environment = 'sandbox'"
    )
    await gateway.rows(
        "INSERT INTO ledger_entry (space_id, sequence, id, at, kind, amount_micro,"
        " balance_after_micro, counter_account)"
        " SELECT $1, n, decode(lpad(to_hex(1773480413 + n), 8, '0') || lpad(to_hex(n), 16, '0'),"
        " 'hex'), $2, 'charge', -1, 10000000 - n, 'revenue' FROM generate_series(2, 60001) AS n",
        space["id"],
        gateway.clock.now(),
    )
    here = f"{OPERATE}{at(anna, '/money/sandbox')}/statement.csv"
    lines = (await desk.browser.get(here, params={"month": "2026-03"})).text.splitlines()
    assert [line.split(",")[3] for line in lines[1:]] == [str(n) for n in range(1, 60_002)]


async def test_the_books_are_proved_on_request(desk, anna) -> None:
    answer = await desk.send("/accounts/books", {})
    assert "The books are exact." in answer.text
    await desk.gateway.rows("UPDATE wallet SET balance_micro = balance_micro + 1")
    answer = await desk.send("/accounts/books", {})
    assert "The books are not exact." in answer.text


# The whole account -------------------------------------------------------------------------------


async def test_an_account_is_closed_and_reopened(desk, anna) -> None:
    assert done(await desk.send(at(anna, "/close"), {}, at(anna))) == "closed"
    assert "Reopen the account" in await desk.see(at(anna))
    assert done(await desk.send(at(anna, "/reopen"), {}, at(anna))) == "reopened"
    assert await desk.audited() == [("account.reopen", ANNA, {}), ("account.close", ANNA, {})]


async def test_an_account_is_renamed_unless_the_address_is_taken(desk, anna) -> None:
    await make_account(desk.gateway, BOB)
    taken = await desk.send(at(anna, "/rename"), {"email": BOB}, at(anna))
    assert taken.status_code == 422
    assert 'id="email-problem"' in taken.text
    assert done(await desk.send(at(anna, "/rename"), {"email": "a@b.example"}, at(anna))) == (
        "renamed"
    )
    [(action, _, details)] = await desk.audited()
    assert (action, details) == ("account.rename", {"from": ANNA, "to": "a@b.example"})


async def test_an_account_is_recorded_for_a_while(desk, anna) -> None:
    path = at(anna, "/record/sandbox")
    assert done(await desk.send(path, {"span": "2h"}, at(anna))) == "recording"
    assert "2026-03-14 11:26:53 UTC" in await desk.see(at(anna))
    assert done(await desk.send(path, {"span": ""}, at(anna))) == "recorded"
    assert "11:26:53" not in await desk.see(at(anna))
    assert [action for action, _, _ in await desk.audited()] == ["account.trace"] * 2


async def test_what_is_not_there_is_not_found(desk, anna) -> None:
    for path in (
        "/accounts/999999",
        "/accounts/99999999999999",
        "/accounts/-99999999999999",
        f"/accounts/{'9' * 5000}",
        "/accounts/0",
        "/words/99999999999999",
        "/words/-99999999999999",
        at(anna, "/money/sandbox/bundles/99999999999999/again"),
        "/accounts/999999/people",
        at(anna, "/money/staging"),
        at(anna, "/guards/staging"),
        at(anna, "/access/staging"),
    ):
        assert (await desk.browser.get(f"{OPERATE}{path}")).status_code == 404


# Guards, blocks, senders -------------------------------------------------------------------------


GUARDS = {
    "countries_allowed": "it, FR",
    "otp_per_recipient": "5/600",
    "otp_per_prefix": "",
    "otp_per_account": "100 / 60",
    "day_spend_max_micro": "100",
    "alert_below_micro": "5.50",
    "alert_url": "https://anna.example/low",
    "callback_retry": "3",
}


async def test_guards_are_set_noted_and_reset(desk, anna) -> None:
    here = at(anna, "/guards/production")
    assert done(await desk.send(here, GUARDS)) == "set"
    shown = await desk.see(here)
    for value in ("FR, IT", "100/60", "100.00", "5.50", "https://anna.example/low"):
        assert f'value="{value}"' in shown
    assert done(await desk.send(f"{here}/reset", {}, here)) == "reset"
    reset, was_set = await desk.audited()
    assert reset[0] == "guard.reset"
    assert was_set[2]["countries_allowed"] == "FR, IT"
    assert "otp_per_recipient" not in was_set[2], "it stayed as it was"
    assert reset[2]["countries_allowed"] == "none"


async def test_what_another_operator_set_meanwhile_is_not_undone(desk, anna) -> None:
    here = at(anna, "/guards/production")
    await desk.send(here, {"day_spend_max_micro": "100"})
    old = hidden_fields(await desk.see(here), f"{OPERATE}{here}")
    await desk.send(here, {"day_spend_max_micro": "20"})
    typed = {**old, "day_spend_max_micro": "100.00", "callback_retry": "4"}
    assert done(await desk.browser.post(f"{OPERATE}{here}", data=typed)) == "set"
    assert (await desk.audited())[0][2] == {"callback_retry": "4"}
    assert 'value="20.00"' in await desk.see(here)
    clash = await desk.browser.post(
        f"{OPERATE}{here}", data={**typed, "day_spend_max_micro": "500", "callback_retry": "5"}
    )
    assert clash.status_code == 422
    assert 'id="day_spend_max_micro-problem"' in clash.text
    assert len(await desk.audited()) == 3, "nothing of it was set"


async def test_a_guard_that_cannot_be_is_said_beside_its_field(desk, anna) -> None:
    here = at(anna, "/guards/sandbox")
    for field, text in (
        ("countries_allowed", "Italy"),
        ("otp_per_recipient", "five"),
        ("otp_per_prefix", "5/0"),
        ("otp_per_account", "5/999999999"),
        ("day_spend_max_micro", "-1"),
        ("alert_below_micro", "0"),
        ("alert_url", "ftp://x"),
        ("alert_url", "https://user:secret@x.example"),
        ("callback_retry", "6"),
        ("callback_retry", "a"),
    ):
        answer = await desk.send(here, {**GUARDS, field: text})
        assert answer.status_code == 422
        assert f'id="{field}-problem"' in answer.text
        assert answer.text.count('class="field-problem"') == 1
    assert await desk.audited() == []


async def test_a_block_is_lifted_for_a_reason_and_says_who_lifted_it(desk, anna) -> None:
    space = anna.spaces[Environment.PRODUCTION]
    async with desk.gateway.database.transaction() as connection:
        now = desk.gateway.clock.now()
        await impose_block(connection, space.space_id, 'forbidden word "x"', None, now)
    here, path = at(anna, "/blocks"), at(anna, "/blocks/production/lift")
    assert 'id="production-problem"' in (await desk.send(path, {"reason": " "}, here)).text
    assert done(await desk.send(path, {"reason": "a quotation"}, here)) == "lifted"
    shown = await desk.see(here)
    for said in ("a quotation", "olga@example.com", "forbidden word &#34;x&#34;"):
        assert said in shown
    assert await desk.audited() == [("blocklist.lift", ANNA, {"reason": "a quotation"})]


@pytest.mark.parametrize("whose", ["one", "all"])
async def test_a_sender_is_approved_or_refused_with_a_reason(desk, anna, whose) -> None:
    gateway, space = desk.gateway, anna.spaces[Environment.PRODUCTION]
    registry = SenderRegistry(gateway.database)
    asked = SenderApplication("IT", "ACME <b>", traffic_type="invoices")
    await registry.register(space.space_id, space.environment, asked, gateway.clock.now())
    here = at(anna, "/senders") if whose == "one" else "/accounts/senders"
    shown = await desk.see(here)
    assert "ACME &lt;b&gt;" in shown
    assert "invoices" in shown
    fields = {"sender": "ACME <b>", "reason": ""}
    refused = await desk.send(here, {**fields, "decision": "reject"})
    assert refused.status_code == 422
    assert "write why" in refused.text
    assert done(await desk.send(here, {**fields, "decision": "approve"})) == "approved"
    [sender] = await registry.list(space.space_id)
    assert sender.state.value == "APPROVED"
    fields["reason"] = "not theirs"
    assert done(await desk.send(here, {**fields, "decision": "reject"})) == "rejected"
    assert [action for action, _, _ in await desk.audited()] == ["sender.reject", "sender.approve"]


async def test_a_country_may_need_approved_senders(desk) -> None:
    path, page = "/accounts/senders/rules", "/accounts/senders"
    assert (await desk.send(path, {"country": "XX", "rule": "require"}, page)).status_code == 422
    assert done(await desk.send(path, {"country": "it", "rule": "require"}, page)) == "required"
    assert done(await desk.send(path, {"country": "IT", "rule": "free"}, page)) == "freed"
    assert [one[0] for one in await desk.audited()] == ["sender.free", "sender.require"]


# People, keys, tokens ----------------------------------------------------------------------------


async def test_people_are_let_in_changed_and_shut_out(desk, anna) -> None:
    here = at(anna, "/people")
    first = await desk.send(here, {"email": "otto@example.com", "role": "member"})
    assert 'id="role-problem"' in first.text, "the first of an account is an owner"
    added = await desk.send(here, {"email": "otto@example.com", "role": "owner"})
    [password] = SHOWN_ONCE.findall(added.text)
    [row] = await desk.gateway.rows("SELECT id FROM person WHERE email = $1", OTTO.text)
    one = f"{here}/{row['id']}"
    for path, fields in ((f"{one}/role", {"role": "member"}), (f"{one}/disable", {})):
        assert "last owner" in (await desk.send(path, fields, here)).text
    await desk.send(here, {"email": "mia@example.com", "role": "owner"})
    assert done(await desk.send(f"{one}/role", {"role": "member"}, here)) == "role"
    assert done(await desk.send(f"{one}/disable", {}, here)) == "disabled"
    assert done(await desk.send(f"{one}/enable", {}, here)) == "enabled"
    renewed = await desk.send(f"{one}/password", {}, here)
    assert SHOWN_ONCE.findall(renewed.text) not in ([], [password])
    assert done(await desk.send(f"{one}/remove", {}, here)) == "removed"
    assert [action for action, _, _ in await desk.audited()] == [
        "person.remove",
        "person.password",
        "person.enable",
        "person.disable",
        "person.role",
        "person.add",
        "person.add",
    ]


async def test_people_of_another_account_are_not_found_here(desk, anna) -> None:
    bob = await make_account(desk.gateway, BOB)
    await desk.send(at(bob, "/people"), {"email": "otto@example.com", "role": "owner"})
    [row] = await desk.gateway.rows("SELECT id FROM person WHERE email = $1", OTTO.text)
    form = hidden_fields(await desk.see(at(anna)), f"{OPERATE}{at(anna, '/close')}")
    answer = await desk.browser.post(
        f"{OPERATE}{at(anna, '/people')}/{row['id']}/remove", data=form
    )
    assert answer.status_code == 404


async def test_a_key_is_rotated_once_and_revoked_unless_it_is_the_last(desk, anna) -> None:
    here = at(anna, "/access/production")
    form = hidden_fields(await desk.see(here), f"{OPERATE}{here}/rotate")
    made = await desk.browser.post(f"{OPERATE}{here}/rotate", data={**form, "overlap": "1h"})
    [key] = SHOWN_ONCE.findall(made.text)
    assert len(key) == 32
    assert key not in await desk.see(here)
    again = await desk.browser.post(f"{OPERATE}{here}/rotate", data={**form, "overlap": "1h"})
    assert done(again) == "unseen", "it was made, and perhaps nobody saw it"
    assert "a key was made once" in await desk.see(here, done="unseen")
    [row] = await desk.gateway.rows("SELECT id FROM api_key WHERE hash = $1", hash_secret(key))
    path = f"{here}/keys/{row['id']}/revoke"
    insists = await desk.send(path, {}, here)
    assert 'name="even_last"' in insists.text
    form = hidden_fields(await desk.see(here), f"{OPERATE}{path}")
    assert done(await desk.send(path, {"even_last": "yes"}, here)) == "revoked"
    for never in (path, f"{here}/keys/999999/revoke"):
        assert done(await desk.browser.post(f"{OPERATE}{never}", data=form)) == "over"
    assert [action for action, _, _ in await desk.audited()] == ["apikey.revoke", "apikey.rotate"]


async def test_a_token_is_looked_at_and_revoked_but_never_shown(desk, anna) -> None:
    space = anna.spaces[Environment.SANDBOX]
    async with desk.gateway.database.transaction() as connection:
        made = await create_token(
            connection,
            space,
            all_scopes(space.environment),
            desk.gateway.clock.now(),
            name="<i>shop</i>",
            keyring=desk.gateway.keyring,
        )
    here = at(anna, "/access/sandbox")
    shown = await desk.see(here)
    assert "&lt;i&gt;shop&lt;/i&gt;" in shown
    assert made.token not in shown
    path = f"{here}/tokens/{hash_secret(made.token).hex()[:12]}/revoke"
    assert done(await desk.send(path, {}, here)) == "token"
    assert "shop" not in await desk.see(here)
    assert [one[0] for one in await desk.audited()] == ["token.revoke"]
