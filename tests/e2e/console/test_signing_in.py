"""Signing in and out, as a person does it."""

from console_site import OWNER, ConsoleSite
from playwright.sync_api import Browser, expect


def test_somebody_signs_in_changes_the_environment_and_signs_out(
    console: ConsoleSite, browser: Browser
) -> None:
    person = console.people[OWNER]
    with console.visit(browser) as one:
        page = one.page
        one.go("/console/sandbox/messages")
        page.get_by_label("E-mail address").fill(person.email)
        page.get_by_label("Password").fill(person.password)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Messages")).to_be_visible()
        expect(page.get_by_text("Sandbox: simulated phones, no money")).to_be_visible()
        page.get_by_role("link", name="production").click()
        expect(page.get_by_text("Production: real phones, real money")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        one.go("/console/sandbox/messages")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_wrong_password_is_told_so(console: ConsoleSite, browser: Browser) -> None:
    with console.visit(browser) as one:
        one.is_refusal_expected = True
        one.go("/console/sign-in")
        one.page.get_by_label("E-mail address").fill("somebody@example.com")
        one.page.get_by_label("Password").fill("wrong")
        one.page.keyboard.press("Enter")
        expect(one.page.get_by_role("alert")).to_contain_text("do not belong together")
        expect(one.page.get_by_label("E-mail address")).to_have_value("somebody@example.com")
        one.take_screenshots("sign-in-refused")


def test_signing_in_needs_no_script(console: ConsoleSite, browser: Browser) -> None:
    person = console.people[OWNER]
    with console.visit(browser, java_script_enabled=False) as one:
        one.go("/console/sandbox/messages")
        one.page.get_by_label("E-mail address").fill(person.email)
        one.page.get_by_label("Password").fill(person.password)
        one.page.keyboard.press("Enter")
        expect(one.page.get_by_role("heading", name="Messages")).to_be_visible()


def test_the_form_speaks_the_browsers_language_until_another_is_chosen(
    console: ConsoleSite, browser: Browser
) -> None:
    with console.visit(browser, language="it") as one:
        one.go("/console/sign-in")
        expect(one.page.locator("html")).to_have_attribute("lang", "it")
        one.page.get_by_role("link", name="Français").click()
        expect(one.page.locator("html")).to_have_attribute("lang", "fr")
        one.go("/console/sign-in?next=/console/me")
        expect(one.page.locator("html")).to_have_attribute("lang", "fr")
