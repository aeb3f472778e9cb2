"""A database that is busy, or goes away: what the console's pages say of it."""

import pytest
from console_browser import browser_of, open_console
from database_proxy import cut_before_the_answer, database_proxy, proxied
from hand_gateway import Gateway, make_gateway
from operator_desk import OPERATE, hidden_fields, make_account, operating

from staffetta.db.pool import Database, Limits

IMPATIENT = Limits(statement_seconds=0.5)


@pytest.fixture
async def gateway(database: Database, clock) -> Gateway:
    return await make_gateway(database, clock)


async def test_a_page_that_takes_too_long_says_so_in_the_readers_language(
    gateway, database_url
) -> None:
    anna = await make_account(gateway)
    page = f"{OPERATE}/accounts/{anna.account_id}/money/production"
    patient = gateway.database
    async with operating(gateway) as desk:  # nothing but the page itself may take too long
        gateway.database = await Database.connect(database_url, limits=IMPATIENT)
        async with (
            open_console(gateway) as hurried,
            browser_of(hurried)() as browser,
            patient.transaction() as locking,
        ):
            browser.cookies.update(desk.browser.cookies)
            await locking.execute("LOCK TABLE wallet IN ACCESS EXCLUSIVE MODE")
            for language, said in (
                ("en", "look again in a moment"),
                ("it", "riprova tra un momento"),
                ("fr", "réessayez dans un instant"),
            ):
                answer = await browser.get(page, headers={"accept-language": language})
                assert answer.status_code == 503
                assert said in answer.text
        await gateway.database.close()


async def test_money_that_may_have_moved_is_not_said_to_have_failed(clock, database_url) -> None:
    with database_proxy(database_url) as proxy:
        async with proxied(database_url, proxy) as cut:
            gateway = await make_gateway(cut, clock)
            anna = await make_account(gateway)
            here = f"{OPERATE}/accounts/{anna.account_id}/money/production"
            async with operating(gateway) as desk:
                first = hidden_fields((await desk.browser.get(here)).text, f"{here}/check")
                typed = {**first, "amount": "5"}
                checked = await desk.browser.post(f"{here}/check", data=typed)
                form = hidden_fields(checked.text, f"{here}/topup")
                cut_before_the_answer(proxy)
                lost = await desk.browser.post(f"{here}/topup", data=form)
                assert lost.status_code == 503
                assert "Nobody knows whether this was done" in lost.text
                again = await desk.browser.post(f"{here}/check", data=typed)
                assert again.headers["location"].endswith("?done=again")
