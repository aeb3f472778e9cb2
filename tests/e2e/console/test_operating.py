"""What operators do: money, blocks, words, connectors, numbers, dead letters, and who did what."""

import re
from pathlib import Path

from carrier import running_carrier
from console_site import OPERATOR, OWNER, ConsoleSite
from contract_site import new_number
from playwright.sync_api import Browser, Page, Route, expect

OPERATE = "/console/operate"


def open_account(page: Page, email: str) -> None:
    page.goto(f"{OPERATE}/accounts")
    page.get_by_role("link", name=email).click()


def test_an_account_is_made_and_its_owner_sees_the_money(
    console: ConsoleSite, browser: Browser
) -> None:
    with console.visit(browser, OPERATOR) as one:
        page = one.page
        one.go(f"{OPERATE}/accounts/new")
        page.locator("#email").fill("ines@example.com")
        one.take_screenshots("operate-account-new")
        page.get_by_role("button", name="Make the account").click()
        one.take_screenshots("operate-account-made")
        owner = console.add_person("ivo@example.com", "owner", "ines@example.com")
        open_account(page, "ines@example.com")
        one.take_screenshots("operate-account")
        page.get_by_role("link", name="Money").click()
        page.get_by_label("Amount").first.fill("25")
        page.get_by_label("Note").first.fill("invoice 7 <b>")
        one.take_screenshots("operate-money")
        page.get_by_role("button", name="Check, then add").click()
        one.take_screenshots("operate-money-check")
        page.get_by_role("button", name=re.compile("^Add")).click()
        expect(page.get_by_role("status").first).to_be_visible()
        expect(page.get_by_text("invoice 7 <b>")).to_be_visible()
    with console.visit(browser, owner.email) as one:
        one.go("/console/production/credit")
        expect(one.page.get_by_text("€25.00").first).to_be_visible()
        one.take_screenshots("credit-topped-up")


def test_a_block_is_lifted_with_a_reason(console: ConsoleSite, browser: Browser) -> None:
    blocked = console.site.customer("bea")
    assert blocked.post(message="win the JACKPOT").status_code == 422
    console.wait(lambda: blocked.post().status_code == 403, "blocked")
    with console.visit(browser, OPERATOR) as one:
        page = one.page
        open_account(page, blocked.email)
        page.get_by_role("link", name="Blocks").click()
        one.take_screenshots("operate-blocks")
        page.get_by_label("Why it may send again").fill("spoke with them")
        page.get_by_role("button", name="Let it send again").click()
        expect(page.get_by_role("status").first).to_be_visible()
        console.wait(lambda: blocked.post().status_code == 201, "sending again")
        one.go(f"{OPERATE}/audit")
        expect(page.get_by_text("spoke with them")).to_be_visible()


def test_a_text_is_tried_against_the_words(console: ConsoleSite, browser: Browser) -> None:
    with console.visit(browser, OPERATOR) as one:
        one.go(f"{OPERATE}/words")
        one.page.locator("#message").fill("the J.A.C.K.P.O.T is yours")
        one.page.get_by_role("button", name="Try", exact=True).click()
        expect(one.page.locator("#tested mark")).to_have_text("J.A.C.K.P.O.T")
        one.take_screenshots("operate-words-tried")


def test_a_connector_is_stopped_and_started(console: ConsoleSite, browser: Browser) -> None:
    with console.visit(browser, OPERATOR) as one:
        page = one.page
        one.go(f"{OPERATE}/connectors")
        page.get_by_role("link", name="unreachable").click()
        one.take_screenshots("operate-connector")
        page.once("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name=re.compile("^Stop")).click()
        expect(page.locator(".badge").first).to_contain_text("stopped")
        page.get_by_role("button", name="Start").click()
        expect(page.locator(".badge").first).not_to_contain_text("stopped")


def test_a_page_that_looks_again_says_that_nobody_need_be_there(
    console: ConsoleSite, browser: Browser
) -> None:
    with console.visit(browser, OPERATOR) as one:
        with one.page.expect_request(lambda asked: asked.url.endswith("/live")) as looked:
            one.go(f"{OPERATE}/connectors")
        assert looked.value.headers["x-again"] == "yes"


def test_a_double_click_does_not_lose_what_is_shown_once(
    console: ConsoleSite, browser: Browser
) -> None:
    with console.visit(browser, OPERATOR) as one:
        page = one.page
        open_account(page, "empty@example.com")
        page.get_by_role("link", name="Keys and tokens").click()
        asked: list[Route] = []

        def hold(one: Route) -> None:
            asked.append(one)

        page.route("**/rotate", hold)
        button = page.get_by_role("button", name="Make a key")
        button.scroll_into_view_if_needed()
        box = button.bounding_box()
        assert box is not None
        with page.expect_request("**/rotate"):
            page.mouse.click(box["x"] + 5, box["y"] + 5)
        page.mouse.click(box["x"] + 5, box["y"] + 5)
        asked[0].continue_()
        expect(page.get_by_text("The key is shown here and never again")).to_be_visible()
        assert len(asked) == 1


def test_a_number_is_asked_about(console: ConsoleSite, browser: Browser) -> None:
    with console.visit(browser, OPERATOR) as one:
        one.go(f"{OPERATE}/numbers")
        one.page.get_by_label(re.compile("Number")).first.fill(new_number())
        one.page.keyboard.press("Enter")
        expect(one.page.locator("main")).to_contain_text("unreachable")
        one.take_screenshots("operate-number")


def test_a_carrier_is_added_with_the_wizard(
    console: ConsoleSite, browser: Browser, tmp_path: Path
) -> None:
    with running_carrier(tmp_path) as carrier, console.visit(browser, OPERATOR) as one:
        page = one.page
        one.go(f"{OPERATE}/connectors")
        page.get_by_role("link", name="Add a carrier").click()
        one.take_screenshots("operate-carrier-new")
        for field, value in (("name", "acme"), ("host", "127.0.0.1"), ("port", str(carrier.port))):
            page.locator(f"#{field}").fill(value)
        page.locator("#system_id").fill("staffetta")
        page.locator("#password").fill("secret")
        page.get_by_role("button", name="Go on to the check").click()
        one.take_screenshots("operate-carrier-check")
        page.get_by_role("button", name="Begin").click()
        page.get_by_role("link", name=re.compile("Go on|routes", re.IGNORECASE)).last.click()
        one.take_screenshots("operate-carrier-open")
        page.get_by_label("Countries").fill("DE")
        page.get_by_label("Price a segment").fill("0.07")
        page.get_by_role("button", name="Finish").click()
        one.go(f"{OPERATE}/connectors")
        expect(page.locator("main")).to_contain_text("acme")


def test_a_dead_letter_is_sent_again(console: ConsoleSite, browser: Browser) -> None:
    with console.visit(browser, OPERATOR) as one:
        one.go(f"{OPERATE}/dead-letters")
        one.page.get_by_role("link", name="The message was delivered").first.click()
        one.take_screenshots("operate-dead-letter")
        one.page.get_by_role("button", name="Send again").click()
        expect(one.page.get_by_role("status").first).to_be_visible()


def test_an_owner_is_shown_nothing_of_operators(console: ConsoleSite, browser: Browser) -> None:
    with console.visit(browser, OWNER) as one:
        one.is_refusal_expected = True
        one.go(f"{OPERATE}/accounts")
        expect(one.page.get_by_role("heading", name="This is not for you")).to_be_visible()
        one.take_screenshots("refused")
