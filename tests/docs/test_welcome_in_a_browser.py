"""The page at / in a browser: judged by axe, fit for a phone, alive, with a line that works."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import chromium_running, watched
from guide_shell import typing
from guide_site import GuideSite
from playwright.sync_api import Browser, expect

WELL, UNWELL = "It takes messages.", "It cannot take messages now."


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium_running() as browser:
        yield browser


@pytest.mark.parametrize("language", ["en", "it", "fr"])
def test_nothing_is_wrong_with_the_page(site: GuideSite, browser: Browser, language: str) -> None:
    context = browser.new_context(locale=language)
    with context, watched(context) as one:
        one.go(f"{site.installation.url}/")
        assert one.page.locator("html").get_attribute("lang") == language
        one.weigh()
        one.take_screenshots(f"welcome-{language}")
        assert one.troubles == []


def test_the_copied_line_sends_a_message(site: GuideSite, browser: Browser, tmp_path: Path) -> None:
    with browser.new_context(permissions=["clipboard-read", "clipboard-write"]) as context:
        page = context.new_page()
        page.goto(f"{site.installation.url}/")
        page.get_by_role("button", name="Copy").click()
        expect(page.get_by_text("Copied")).to_be_visible()
        copied = page.evaluate("navigator.clipboard.readText()")
    with typing(site, tmp_path / "shell") as shell:
        shell.run(f"TOKEN={site.token}")
        assert re.search(r'"state":\s*"NEW"', shell.run(copied))


def test_it_follows_the_servers_health(site: GuideSite, browser: Browser) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.clock.install()
        page.goto(f"{site.installation.url}/")
        expect(page.get_by_text(WELL)).to_be_visible()
        page.route("**/healthz", lambda route: route.fulfill(status=503))
        page.clock.fast_forward(11_000)
        expect(page.get_by_text(UNWELL)).to_be_visible()
        expect(page.get_by_text(WELL)).to_be_hidden()
        page.unroute("**/healthz")
        page.clock.fast_forward(11_000)
        expect(page.get_by_text(WELL)).to_be_visible()
        expect(page.get_by_text(UNWELL)).to_be_hidden()
