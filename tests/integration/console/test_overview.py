"""An account's overview: right numbers, errors in words, and what to do first."""

import re
from collections.abc import AsyncIterator

import msgspec
import pytest
from console_people import AccountConsole, account_console
from hand_gateway import Gateway, accepted

from staffetta.console.causes import ADVICE, WORDS
from staffetta.db.pool import Connection
from staffetta.messaging.connector import ReportMeaning
from staffetta.messaging.failures import Cause

HERE = "/console/production/overview"
CARD = re.compile(r"<dt>([^<]+)</dt><dd[^>]*>([^<]+)</dd>")
ROW = re.compile(r'<tr><th scope="row"><time datetime="([^"]+)">.*?</tr>', re.DOTALL)
VALUE = re.compile(r'data-v="([^"]+)"')


@pytest.fixture
async def console(gateway: Gateway) -> AsyncIterator[AccountConsole]:
    async with account_console(gateway) as one:
        async with gateway.database.transaction() as connection:
            await add_wallets(connection)
        yield one


async def add_wallets(connection: Connection) -> None:
    """The spaces that a test's account was given have none."""
    await connection.execute(
        "INSERT INTO wallet (space_id, updated_at) SELECT id, now() FROM space"
        " ON CONFLICT DO NOTHING"
    )


async def deliver(gateway: Gateway, key: str, seconds: float = 2.0) -> None:
    await gateway.settle(await gateway.accept_and_claim(), accepted(key))
    gateway.clock.advance(seconds)
    await gateway.report(gateway.delivered(key))


async def fail(gateway: Gateway, key: str, error: str) -> None:
    await gateway.settle(await gateway.accept_and_claim(), accepted(key))
    failed = gateway.delivered(key, ReportMeaning.UNDELIVERABLE)
    await gateway.report(msgspec.structs.replace(failed, error=error))


def cards(page: str) -> dict[str, str]:
    return dict(CARD.findall(page))


async def test_a_new_account_sees_what_to_do_first(console: AccountConsole) -> None:
    sandbox = (await console.owner.get("/console/sandbox/overview")).text
    assert "Send your first message" in sandbox
    for path in ("/send", "/phone", "/documentation"):
        assert f'href="/console/sandbox{path}"' in sandbox
    production = (await console.owner.get(HERE)).text
    assert "Nothing was sent here yet" in production
    assert 'href="/console/sandbox/overview"' in production
    assert "€10.00" in production


async def test_the_numbers_are_what_happened(console: AccountConsole, gateway: Gateway) -> None:
    for number in range(19):
        await deliver(gateway, f"d{number}")
    await fail(gateway, "f1", "001")
    await gateway.accept()
    page = (await console.owner.get(f"{HERE}?window=hour")).text
    shown = cards(page)
    assert (shown["Messages"], shown["Arrived"], shown["Failed"]) == ("21", "19", "1")
    assert shown["Delivery delay"] == "2 sec"
    assert (shown["Spent"], shown["Credit"]) == ("€0.63", "€9.37")
    assert "It works: 95% of the messages" in page
    assert "1 waiting, 0 with a carrier" in page
    assert "Italy" in page


async def test_the_table_has_what_the_charts_are_drawn_from(
    console: AccountConsole, gateway: Gateway
) -> None:
    await deliver(gateway, "t1")
    await fail(gateway, "t2", "001")
    page = (await console.owner.get(f"{HERE}?window=day")).text
    rows = [(row[1], VALUE.findall(row[0])) for row in ROW.finditer(page)]
    assert len(rows) == 24
    begin, (arrived, failed, under_way, median, p95, spent, credit) = rows[-1]
    assert begin == "2026-03-14T09:00:00+00:00"
    assert (arrived, failed, under_way) == ("1", "1", "0")
    assert float(median) == float(p95) == pytest.approx(2, rel=0.02)
    assert (float(spent), float(credit)) == (0.06, 9.94)
    assert 'data-chart="messages"' in page
    assert "charts.js" in page


async def test_what_failed_is_told_in_words_with_what_to_do(
    console: AccountConsole, gateway: Gateway
) -> None:
    await deliver(gateway, "w1")
    await fail(gateway, "w2", "001")
    await fail(gateway, "w3", "006")
    page = (await console.owner.get(HERE)).text
    assert "66.7% of the messages whose end is known did not arrive." in page
    for cause in (Cause.UNKNOWN_NUMBER, Cause.OUT_OF_REACH):
        assert WORDS[cause] in page
        assert ADVICE[cause] in page
    assert "error 006" not in page
    italian = await console.owner.get(HERE, headers={"accept-language": "it"})
    assert "Il numero non esiste" in italian.text


async def test_what_carriers_say_is_for_operators(
    console: AccountConsole, gateway: Gateway
) -> None:
    await gateway.settle(await gateway.accept_and_claim(), accepted("h1"))
    hostile = gateway.delivered("h1", ReportMeaning.UNDELIVERABLE)
    await gateway.report(msgspec.structs.replace(hostile, state_word="<b onclick=x>"))
    page = (await console.owner.get(HERE)).text
    assert "Why messages did not arrive" in page
    assert "onclick" not in page
    assert 'href="/console/production/messages?group=failed&amp;since=2026-03-13"' in page


async def test_refused_requests_are_among_the_errors(
    console: AccountConsole, gateway: Gateway
) -> None:
    await deliver(gateway, "r1")
    for sentence in ("'+39' is not a mobile number", "'+39' is not a mobile number", "too old"):
        at = gateway.clock.now()
        if sentence == "too old":
            at = at.replace(year=2025)
        await gateway.rows(
            "INSERT INTO request_error (space_id, id, at, scope, domain, http_status, error,"
            " message, ip) VALUES ($1, $2, $3, 'POST:sms.openapi.com/IT-messages',"
            " 'sms.openapi.com', 422, 2011, $4, '192.0.2.1')",
            gateway.space_id,
            gateway.ids.make(at),
            at,
            sentence,
        )
    page = (await console.owner.get(HERE)).text
    assert "&#39;+39&#39; is not a mobile number" in page
    assert "422 / 2011" in page
    assert "too old" not in page


async def test_an_open_page_is_given_its_parts_anew(
    console: AccountConsole, gateway: Gateway
) -> None:
    await deliver(gateway, "n1")
    whole = (await console.member.get(HERE)).text
    assert f'hx-get="{HERE}/numbers?window=day"' in whole
    gateway.clock.advance(30)
    await deliver(gateway, "n2")
    parts = (await console.member.get(f"{HERE}/numbers?window=day")).text
    assert "<html" not in parts
    for place in ("verdict", "cards", "series", "reasons"):
        assert f'id="{place}" hx-swap-oob="innerHTML"' in parts
        assert f'id="{place}"' in whole
    assert cards(parts)["Arrived"] == "2"


async def test_every_time_can_be_chosen_and_says_which_it_is(
    console: AccountConsole, gateway: Gateway
) -> None:
    await deliver(gateway, "c1")
    for window in ("hour", "day", "week", "month", "", "nonsense"):
        answer = await console.owner.get(HERE, params={"window": window})
        assert answer.status_code == 200
        chosen = window if window in {"hour", "day", "week", "month"} else "day"
        assert f'<a href="?window={chosen}" aria-current="true">' in answer.text
        assert cards(answer.text)["Arrived"] == "1"


async def test_another_account_sees_nothing_of_it(
    console: AccountConsole, gateway: Gateway
) -> None:
    await deliver(gateway, "x1")
    assert "Nothing was sent here yet" in (await console.stranger.get(HERE)).text


async def test_a_time_in_which_nothing_was_sent_says_so(
    console: AccountConsole, gateway: Gateway
) -> None:
    await deliver(gateway, "q1")
    gateway.clock.advance(3 * 3600)
    page = (await console.owner.get(f"{HERE}?window=hour")).text
    assert "Nothing was sent in this time." in page
    assert "No message failed in this time." in page
