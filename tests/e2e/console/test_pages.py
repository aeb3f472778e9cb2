"""Every page in a browser: nothing is said on its console, nothing is asked of another host, axe
finds nothing, it is light, it fits a phone. Its screenshots are in build/screenshots.
"""

import pytest
from console_site import NEWCOMER, OWNER, ConsoleSite
from playwright.sync_api import Browser

PAGES = {"sign-in": ("/console/sign-in", ""), "messages": ("/console/sandbox/messages", OWNER)}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_holds_what_pages_promise(console: ConsoleSite, browser: Browser, name: str) -> None:
    path, email = PAGES[name]
    with console.visit(browser, email) as one:
        one.go(path)
        one.weigh()
        one.take_screenshots(name)


def test_a_page_without_anything(console: ConsoleSite, browser: Browser) -> None:
    with console.visit(browser, NEWCOMER) as one:
        one.go("/console/sandbox/messages")
        one.take_screenshots("messages-empty")
