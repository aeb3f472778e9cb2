"""Sending from the console, and following what was sent, as people do it."""

import re

from console_site import MEMBER, OWNER, ConsoleSite
from contract_site import new_number
from hostile_texts import HOSTILE
from playwright.sync_api import Browser, Page, expect

SEND, PHONE, MESSAGES = (
    "/console/sandbox/send",
    "/console/sandbox/phone",
    "/console/sandbox/messages",
)


def fill(page: Page, number: str, text: str) -> None:
    page.get_by_label("To", exact=True).fill(number)
    page.get_by_label("Text").fill(text)


def test_a_message_is_weighed_sent_and_seen_on_the_phone(
    console: ConsoleSite, browser: Browser
) -> None:
    number = new_number()
    with console.visit(browser, MEMBER) as one:
        page = one.page
        one.go(SEND)
        fill(page, number, "Il caffè è pronto…")
        look = page.locator("#look")
        expect(look).to_contain_text("1 segment")
        expect(look.locator("mark.forcing").first).to_have_text("…")
        expect(look).to_contain_text("€0.045")
        one.take_screenshots("send-typed")
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.get_by_role("heading", name=re.compile(re.escape(number)))).to_be_visible()
        expect(page.get_by_text("delivered").first).to_be_visible()
        one.take_screenshots("message")
        one.go(f"{PHONE}?number={number.replace('+', '%2B')}")
        expect(page.get_by_label("Handset")).to_contain_text("Il caffè è pronto…")


def test_what_is_sent_meanwhile_appears_by_itself(console: ConsoleSite, browser: Browser) -> None:
    number = new_number()
    with console.visit(browser, OWNER) as phone, console.visit(browser, MEMBER) as listed:
        phone.go(PHONE)
        listed.go(MESSAGES)
        console.customer.send(recipient=number, message="came by itself")
        expect(phone.page.get_by_label("Phones").get_by_text(number)).to_be_visible()
        expect(listed.page.get_by_role("link", name=number)).to_be_visible()


def test_the_whole_task_by_keyboard(console: ConsoleSite, browser: Browser) -> None:
    number = new_number()
    with console.visit(browser, OWNER) as one:
        page = one.page
        one.go("/console/sandbox/overview")
        press_until(page, "Tab", lambda: focused(page) == "Send")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Send")).to_be_visible()
        expect(page.get_by_label("To", exact=True)).to_be_focused()
        page.keyboard.type(number)
        press_until(page, "Tab", lambda: page.evaluate("document.activeElement.id") == "text")
        page.keyboard.type("typed and never clicked")
        press_until(page, "Tab", lambda: focused(page) == "Send")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name=re.compile(re.escape(number)))).to_be_visible()


def test_the_whole_task_without_scripts(console: ConsoleSite, browser: Browser) -> None:
    number = new_number()
    with console.visit(browser, OWNER, java_script_enabled=False) as one:
        page = one.page
        one.go(SEND)
        fill(page, number, "no script was here")
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.get_by_role("heading", name=re.compile(re.escape(number)))).to_be_visible()
        expect(page.get_by_text("no script was here").first).to_be_visible()
        one.go(f"{PHONE}?number={number.replace('+', '%2B')}")
        expect(page.get_by_label("Handset")).to_contain_text("no script was here")


def test_what_cannot_be_sent_says_why_and_keeps_what_was_typed(
    console: ConsoleSite, browser: Browser
) -> None:
    with console.visit(browser, OWNER) as one:
        one.is_refusal_expected = True
        one.go(SEND)
        fill(one.page, "12345", "hello")
        one.page.get_by_role("button", name="Send", exact=True).click()
        expect(one.page.locator("#recipient-problem")).to_be_visible()
        expect(one.page.get_by_label("Text")).to_have_value("hello")
        one.take_screenshots("send-refused")


def test_what_is_for_later_is_scheduled(console: ConsoleSite, browser: Browser) -> None:
    number = new_number()
    with console.visit(browser, OWNER) as one:
        page = one.page
        one.go(SEND)
        fill(page, number, "see you later")
        page.locator("#send_at").fill(page.evaluate(_TOMORROW))
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.get_by_role("heading", name=re.compile(re.escape(number)))).to_be_visible()
        expect(page.locator("h1")).to_contain_text("waits for its time")


def test_what_costs_real_money_is_asked_for_twice_and_can_be_taken_back(
    console: ConsoleSite, browser: Browser
) -> None:
    number = new_number()
    with console.visit(browser, OWNER) as one:
        page = one.page
        one.go("/console/production/send")
        fill(page, number, "for a real phone")
        page.locator("#send_at").fill(page.evaluate(_TOMORROW))
        page.get_by_role("button", name="Check and send").click()
        expect(page.get_by_role("heading", name="Send this?")).to_be_visible()
        one.take_screenshots("send-confirm")
        page.get_by_role("button", name="Send for €0.03").click()
        expect(page.get_by_role("heading", name=re.compile(re.escape(number)))).to_be_visible()
        page.once("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Take it back").click()
        expect(page.locator("h1")).to_contain_text("cancelled")
        one.go("/console/production/credit")
        expect(page.get_by_text("€12.50").first).to_be_visible()


def test_hostile_texts_are_shown_as_they_stand_and_never_run(
    console: ConsoleSite, browser: Browser
) -> None:
    number = new_number()
    for text in HOSTILE:
        console.customer.final(console.customer.send(recipient=number, message=text)["id"])
    with console.visit(browser, OWNER) as one:
        page = one.page
        page.on("dialog", lambda dialog: one.troubles.append(f"a dialog: {dialog.message}"))
        shown = f"number={number.replace('+', '%2B')}"
        for path in (f"{PHONE}?{shown}", f"{MESSAGES}?{shown}"):
            one.go(path)
            expect(page.locator("main")).to_contain_text("<script>window.hacked")
            one.take_screenshots("phone-hostile" if "/phone" in path else "messages-hostile")
            assert page.evaluate("() => window.hacked === undefined")
        for index in range(len(HOSTILE)):
            one.go(f"{MESSAGES}?{shown}")
            page.get_by_role("link", name=number).nth(index).click()
            page.wait_for_load_state("load")
            one.measure()
            assert page.evaluate("() => window.hacked === undefined")


_TOMORROW = """() => {
    const later = new Date(Date.now() + 24 * 3600 * 1000);
    return new Date(later - later.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}"""


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def press_until(page: Page, key: str, is_there) -> None:
    for _ in range(40):
        if is_there():
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} did not lead there; the focus is on {focused(page)!r}")
