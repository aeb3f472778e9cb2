"""Every page in a browser: nothing is said on its console, nothing is asked of another host, axe
finds nothing, it is light, it fits a phone. Its screenshots are in build/screenshots.
"""

import re

import pytest
from browsing import PHONE, WIDE, Watched
from console_site import MEMBER, NEWCOMER, OPERATOR, OWNER, ConsoleSite
from playwright.sync_api import Browser

from staffetta.console.navigation import ACCOUNT_LINKS, OPERATOR_LINKS

SANDBOX, PRODUCTION, OPERATE = "/console/sandbox", "/console/production", "/console/operate"
ACCOUNT_PAGES = [link.path for link in ACCOUNT_LINKS]
OPERATOR_PAGES = [link.path for link in OPERATOR_LINKS]


ENVIRONMENTS = {"sandbox", "production"}
NAME = re.compile(r"[0-9a-f]{12,}|[0-9]+|unreachable|network|acme")
FILES = (".csv", ".txt", ".pdf")


def name_of(path: str) -> str:
    return re.sub(r"[^a-z]+", "-", path.removeprefix("/console/")).strip("-")


@pytest.mark.parametrize("path", ACCOUNT_PAGES)
def test_a_page_of_an_account_in_use(console: ConsoleSite, browser: Browser, path: str) -> None:
    with console.visit(browser, OWNER) as one:
        one.go(f"{SANDBOX}{path}")
        one.weigh()
        one.take_screenshots(name_of(path))


@pytest.mark.parametrize("path", ACCOUNT_PAGES)
def test_a_page_of_an_account_without_anything(
    console: ConsoleSite, browser: Browser, path: str
) -> None:
    with console.visit(browser, NEWCOMER) as one:
        one.go(f"{PRODUCTION}{path}")
        one.take_screenshots(f"{name_of(path)}-empty")


@pytest.mark.parametrize("path", OPERATOR_PAGES)
def test_a_page_of_operators(console: ConsoleSite, browser: Browser, path: str) -> None:
    with console.visit(browser, OPERATOR) as one:
        one.go(f"{OPERATE}{path}")
        one.weigh()
        one.take_screenshots(f"operate-{name_of(path)}")


@pytest.mark.parametrize("language", ["it", "fr"])
@pytest.mark.parametrize(
    ("email", "base", "paths"),
    [(MEMBER, SANDBOX, ACCOUNT_PAGES), (OPERATOR, OPERATE, OPERATOR_PAGES)],
    ids=["account", "operate"],
)
def test_longer_words_fit_a_phone(
    console: ConsoleSite, browser: Browser, language: str, email: str, base: str, paths: list[str]
) -> None:
    phone = {"width": 360, "height": 800}
    with console.visit(browser, email, language, viewport=phone) as one:
        for path in paths:
            one.go(f"{base}{path}")
            one.measure()


@pytest.mark.parametrize("email", [OWNER, OPERATOR], ids=["account", "operate"])
def test_whatever_links_lead_to_holds_as_well(
    console: ConsoleSite, browser: Browser, email: str
) -> None:
    seen, waiting = set(), [f"{SANDBOX}/overview" if email == OWNER else f"{OPERATE}/connectors"]
    with console.visit(browser, email) as one:
        while waiting:
            path = waiting.pop()
            if kind_of(path) in seen:
                continue
            seen.add(kind_of(path))
            one.go(path)
            one.weigh()
            one.judge()
            one.page.set_viewport_size(PHONE)
            one.measure()
            one.page.set_viewport_size(WIDE)
            waiting += [link for link in links_of(one) if not link.endswith(FILES)]
    assert len(seen) >= 15, seen


def links_of(one: Watched) -> list[str]:
    """The addresses of the console that a page's links lead to."""
    links = "(all) => all.map((one) => new URL(one.href).pathname)"
    found: list[str] = one.page.locator("main a, .sections a, .person a").evaluate_all(links)
    return [path for path in found if path.startswith("/console/")]


def kind_of(path: str) -> str:
    """A path without what it is about."""
    parts = path.split("/")
    return "/".join("*" if part in ENVIRONMENTS or NAME.fullmatch(part) else part for part in parts)
