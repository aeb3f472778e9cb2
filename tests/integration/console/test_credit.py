"""An account's credit: what there is, what moved it, a statement as a file, and the alert."""

import csv
import io
import re
from collections.abc import AsyncIterator
from datetime import date

import httpx
import pytest
from console_browser import browser_of, open_console
from console_people import AccountConsole, account_console
from hand_gateway import FRENCH, Gateway, accepted

from staffetta.accounts.audit import EntryFilter, list_entries
from staffetta.accounts.set_terms import read_terms
from staffetta.db.pool import Database, Limits
from staffetta.domain.environments import Environment, Market
from staffetta.ledger.bundle import BundleTerms
from staffetta.ledger.export import COLUMNS
from staffetta.ledger.sell_bundle import buy_bundle, end_bundle
from staffetta.ledger.topup import top_up
from staffetta.ledger.wallet_guards import (
    WalletGuardChanges,
    read_wallet_guards,
    set_wallet_guards,
)

HERE = "/console/production/credit"
ALERT = f"{HERE}/alert"
CSV = f"{HERE}/statement.csv"
CARD = re.compile(r"<dt>([^<]+)</dt><dd[^>]*>([^<]+)</dd>")
BODY = re.compile(r'<table class="entries">.*<tbody>(.*?)</tbody>', re.DOTALL)
OLDER = re.compile(r'rel="next" href="([^"]+)#moved"')


@pytest.fixture
async def console(gateway: Gateway) -> AsyncIterator[AccountConsole]:
    async with account_console(gateway) as one:
        await gateway.rows(
            "INSERT INTO wallet (space_id, updated_at) SELECT id, now() FROM space"
            " ON CONFLICT DO NOTHING"
        )
        yield one


async def guards(gateway: Gateway) -> tuple[int | None, str | None]:
    """The threshold and the URL of the alert."""
    async with gateway.database.acquire() as connection:
        wallet = await read_wallet_guards(connection, gateway.space_id, gateway.clock.now())
        terms = await read_terms(connection, gateway.space_id)
    return wallet.alert_below_micro, terms.alert_url


def entries_of(answer: httpx.Response) -> str:
    """The rows of the list."""
    found = BODY.search(answer.text)
    return found[1] if found else ""


async def test_what_there_is_stands_first(console: AccountConsole, gateway: Gateway) -> None:
    await gateway.accept()
    await gateway.accept(market=Market.WORLD, recipient=FRENCH)
    await gateway.rows(
        "UPDATE wallet SET floor_micro = -5000000 WHERE space_id = $1", gateway.space_id
    )
    async with gateway.database.transaction() as connection:
        changes = WalletGuardChanges(day_spend_max_micro=3_000_000)
        await set_wallet_guards(connection, gateway.space_id, changes)
    shown = dict(CARD.findall((await console.member.get(HERE)).text))
    assert shown["Balance"] == "€9.97"
    assert shown["Held"] == "€0.08"
    assert shown["Available"] == "€14.89"
    assert shown["Credit limit"] == "€5.00"
    assert shown["Spent today"] == "€0.03"


async def test_what_moved_it_names_its_message(console: AccountConsole, gateway: Gateway) -> None:
    made = await gateway.accept()
    shown = entries_of(await console.owner.get(HERE))
    message = made.message.id.hex()
    assert f'<a href="/console/production/messages/{message}">' in shown
    assert "-€0.03" in shown
    assert "+€10.00" in shown
    assert "for the test" in shown


async def test_entries_are_searched_by_month_and_kind(
    console: AccountConsole, gateway: Gateway
) -> None:
    await gateway.accept()

    async def found(**asked: str) -> tuple[bool, bool]:
        """Whether the charge is shown, and whether the top-up is."""
        shown = entries_of(await console.owner.get(HERE, params=asked))
        return ("-€0.03" in shown, "for the test" in shown)

    assert await found() == (True, True)
    assert await found(kind="charge") == (True, False)
    assert await found(kind="top_up", month="2026-03") == (False, True)
    assert await found(month="2026-02") == (False, False)
    assert await found(kind="nonsense", month="soon", before="x") == (True, True)
    nothing = await console.owner.get(HERE, params={"kind": "penalty"})
    assert "Nothing like this here." in nothing.text


async def test_pages_lead_back_to_the_first_entry(
    console: AccountConsole, gateway: Gateway
) -> None:
    for _ in range(30):
        await gateway.accept()
    first = await console.owner.get(HERE, params={"kind": "charge"})
    older = OLDER.search(first.text)
    assert older is not None
    second = await console.owner.get(f"{HERE}{older[1].replace('&amp;', '&')}")
    assert entries_of(first).count("<tr>") == 25
    assert entries_of(second).count("<tr>") == 5
    assert OLDER.search(second.text) is None


async def test_the_statement_has_every_entry_of_its_days(
    console: AccountConsole, gateway: Gateway
) -> None:
    await gateway.settle(await gateway.accept_and_claim(), accepted("a1"))
    async with gateway.database.transaction() as connection:
        await top_up(
            connection, gateway.space_id, 1_000_000, 'in "cash", late', gateway.clock.now()
        )
    answer = await console.member.get(CSV, params={"from": "2026-03-01", "to": "2026-03-31"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    name = 'filename="statement-production-2026-03-01-2026-03-31.csv"'
    assert name in answer.headers["content-disposition"]
    head, *lines = csv.reader(io.StringIO(answer.text))
    assert head == list(COLUMNS)
    rows = [dict(zip(head, line, strict=True)) for line in lines]
    assert [(row["kind"], row["wallet_amount"], row["balance_after"]) for row in rows] == [
        ("top_up", "10.00", "10.00"),
        ("charge", "-0.03", "9.97"),
        ("top_up", "1.00", "10.97"),
    ]
    assert rows[-1]["note"] == 'in "cash", late'
    assert {row["account"] for row in rows} == {"alice@example.com"}
    elsewhere = await console.owner.get(CSV, params={"from": "2026-02-01", "to": "2026-02-28"})
    assert elsewhere.text.count("\r\n") == 1


async def test_days_that_are_none_are_refused_beside_the_form(console: AccountConsole) -> None:
    answer = await console.owner.get(CSV, params={"from": "2026-03-31", "to": "2026-03-01"})
    assert answer.status_code == 422
    assert 'id="period-problem"' in answer.text
    assert 'value="2026-03-31"' in answer.text


async def test_bundles_say_what_is_left_and_until_when(
    console: AccountConsole, gateway: Gateway
) -> None:
    async with gateway.database.transaction() as connection:
        for name, autorenew in (("Italy", True), ("once", False)):
            terms = BundleTerms(10, 1_000_000, 30, autorenew=autorenew, name=name)
            bundle = await buy_bundle(
                connection, gateway.space_id, terms, gateway.ids, gateway.clock.now()
            )
        await end_bundle(
            connection, gateway.space_id, bundle.id, "sold by mistake", gateway.clock.now()
        )
    await gateway.accept()
    shown = (await console.member.get(HERE)).text
    assert "9 of 10 SMS left" in shown
    assert "Renews itself on" in shown
    assert 'datetime="2026-04-13T09:26:53+00:00"' in shown
    assert "sold by mistake" in shown


async def test_an_owner_sets_the_alert_and_takes_it_away(
    console: AccountConsole, gateway: Gateway
) -> None:
    url = "https://example.com/low"
    answer = await console.send(console.owner, HERE, ALERT, below="5,50", url=url)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{HERE}?done=alert")
    assert await guards(gateway) == (5_500_000, url)
    assert 'value="5.50"' in (await console.owner.get(HERE)).text
    assert url in (await console.member.get(HERE)).text
    await console.send(console.owner, HERE, ALERT, below="", url="")
    assert await guards(gateway) == (None, None)
    async with gateway.database.acquire() as connection:
        newest, oldest = await list_entries(connection, EntryFilter(action="guard"))
    assert (oldest.actor, oldest.environment) == ("olga@example.com", Environment.PRODUCTION)
    assert oldest.details["alert_below"] == "5.50"
    assert newest.details["alert_below"] is None


async def test_an_alert_that_cannot_be_is_refused_beside_its_fields(
    console: AccountConsole, gateway: Gateway
) -> None:
    answer = await console.send(console.owner, HERE, ALERT, below="much", url="ftp://x")
    assert answer.status_code == 422
    assert 'id="below-problem"' in answer.text
    assert 'id="url-problem"' in answer.text
    assert 'value="much"' in answer.text
    assert await guards(gateway) == (None, None)


async def test_a_member_looks_and_changes_nothing(
    console: AccountConsole, gateway: Gateway
) -> None:
    shown = (await console.member.get(HERE)).text
    assert "An owner of the account can set one." in shown
    assert f'action="{ALERT}"' not in shown
    # The member's page has no such form, but its own token.
    refused = await console.send(console.member, "/console/me", ALERT, below="5", url="")
    assert refused.status_code == 403
    assert await guards(gateway) == (None, None)


async def test_another_account_sees_its_own_money_alone(
    console: AccountConsole, gateway: Gateway
) -> None:
    await gateway.accept()
    shown = (await console.stranger.get(HERE)).text
    assert "Nothing has moved the credit yet." in shown
    assert dict(CARD.findall(shown))["Balance"] == "€0.00"
    statement = (await console.stranger.get(CSV)).text
    assert "alice@example.com" not in statement


async def test_the_sandbox_says_what_its_money_is(console: AccountConsole) -> None:
    shown = (await console.owner.get("/console/sandbox/credit")).text
    assert "This is play money. Once a day it is brought back to €1,000.00" in shown
    assert "play money" not in (await console.owner.get(HERE)).text


async def test_a_statement_that_takes_too_long_says_so_before_it_begins(
    gateway: Gateway, database_url: str
) -> None:
    patient = gateway.database
    impatient = await Database.connect(database_url, limits=Limits(statement_seconds=0.5))
    try:
        async with account_console(gateway) as console:
            gateway.database = impatient
            async with (
                open_console(gateway) as hurried,
                browser_of(hurried)() as owner,
                patient.transaction() as locking,
            ):
                owner.cookies.update(console.owner.cookies)
                await locking.execute("LOCK TABLE ledger_entry IN ACCESS EXCLUSIVE MODE")
                answer = await owner.get(CSV)
                assert answer.status_code == 503
                assert "content-disposition" not in answer.headers
    finally:
        gateway.database = patient
        await impatient.close()


async def test_a_statement_longer_than_a_page_is_whole(
    console: AccountConsole, gateway: Gateway
) -> None:
    await gateway.rows(
        "INSERT INTO ledger_entry (space_id, sequence, id, at, kind, amount_micro,"
        " balance_after_micro, counter_account)"
        " SELECT $1, n, decode(lpad(to_hex(1773480413 + n), 8, '0') || lpad(to_hex(n), 16, '0'),"
        " 'hex'), $2, 'charge', -1, 10000000 - n, 'revenue' FROM generate_series(2, 5001) AS n",
        gateway.space_id,
        gateway.clock.now(),
    )
    day = date(2026, 3, 14).isoformat()
    answer = await console.owner.get(CSV, params={"from": day, "to": day})
    lines = list(csv.reader(io.StringIO(answer.text)))
    assert [line[3] for line in lines[1:]] == [str(number) for number in range(1, 5002)]
