"""Debian's Chromium, driven by tests, and what must hold of every page that it shows.

What a page does wrong is gathered while somebody looks at it: see `Watched.troubles`. Tests compare
it with nothing at all, so that a failure names each trouble.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import peers
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

WEIGHT_MAX: Final = 150_000  # bytes of a page with all its files, as they are before compression
SCREENSHOTS: Final = Path(__file__).parents[2] / "build" / "screenshots"
WIDE: Final = {"width": 1200, "height": 800}
PHONE: Final = {"width": 390, "height": 800}
PATIENCE_MS: Final = 20_000
_FLAGS: Final = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# One font for letters of one width, one for everything else that is asked for and is not there.
_FONTS: Final = """
<match><test name="family"><string>monospace</string></test>
  <edit name="family" mode="prepend" binding="same"><string>DejaVu Sans Mono</string></edit></match>
<match><edit name="family" mode="append_last"><string>DejaVu Sans</string></edit></match>"""
# What it looks for again by and by is no part of it.
_WEIGH: Final = """() => [...performance.getEntriesByType("navigation"),
    ...performance.getEntriesByType("resource").filter((one) =>
        one.initiatorType !== "xmlhttprequest")]
    .reduce((sum, one) => sum + one.decodedBodySize, 0)"""
# What is wider than the window, and does not scroll by itself.
_FITS: Final = "() => document.documentElement.scrollWidth <= window.innerWidth"
_WIDER: Final = """() => document.documentElement.scrollWidth <= window.innerWidth ? [] :
    [...document.querySelectorAll("body *")].filter((one) =>
        one.getBoundingClientRect().right > window.innerWidth + 1)
    .slice(0, 5).map((one) => one.outerHTML.slice(0, 120))"""
_JUDGE: Final = """async (rules) => (await axe.run(document, {
        resultTypes: ["violations"], ...(rules ? {runOnly: rules} : {})}))
    .violations.map((one) => `${one.id}: ${one.help}: `
        + one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | "))"""


@contextmanager
def chromium_running() -> Iterator[Browser]:
    """A browser with a profile of its own, and with fonts wherever they are."""
    # Playwright's own Node.js wants a library that not every machine has.
    os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(peers.node())
    with tempfile.TemporaryDirectory(prefix="staffetta-browser-") as home, sync_playwright() as kit:
        browser = kit.chromium.launch(
            executable_path=peers.chromium(),
            args=list(_FLAGS),
            chromium_sandbox=False,
            env={**peers.environment(), "HOME": home, "FONTCONFIG_FILE": _fonts(Path(home))},
        )
        expect.set_options(timeout=PATIENCE_MS)
        try:
            yield browser
        finally:
            browser.close()


def _fonts(home: Path) -> str:
    """A configuration of fontconfig: a machine where nothing is installed has none."""
    places = "".join(f"<dir>{place}</dir>" for place in peers.font_directories())
    path = home / "fonts.conf"
    path.write_text(
        f"<fontconfig>{places}<cachedir>{home / 'fonts'}</cachedir>{_FONTS}</fontconfig>"
    )
    return str(path)


@dataclass
class Watched:
    """A page of the browser, and what it did wrong since it was opened."""

    page: Page
    troubles: list[str] = field(default_factory=list)
    is_refusal_expected: bool = False  # an answer of 4xx is what the test asks for

    def go(self, url: str) -> None:
        """Open an address, and wait until everything of it is there."""
        self.page.goto(url, wait_until="load")

    def weigh(self) -> None:
        """A page with its files is light."""
        weight = self.page.evaluate(_WEIGH)
        if weight >= WEIGHT_MAX:
            self.troubles.append(f"{self.page.url} weighs {weight} bytes")

    def judge(self, *rules: str) -> None:
        """What axe finds once everything is there; all its rules unless some are named."""
        self.page.wait_for_load_state("load")
        if not self.page.evaluate("() => 'axe' in window"):
            # Beside the page's policy, which lets no script in that is not the console's own.
            tools = self.page.context.new_cdp_session(self.page)
            tools.send("Runtime.evaluate", {"expression": _axe()})
            tools.detach()
        for found in self.page.evaluate(_JUDGE, list(rules) or None):
            self.troubles.append(f"{self.page.url} {found}")

    def measure(self) -> None:
        """Nothing is wider than the window, once what draws itself anew has done so."""
        with suppress(PlaywrightTimeout):
            self.page.wait_for_function(_FITS, timeout=PATIENCE_MS)
        for wider in self.page.evaluate(_WIDER):
            self.troubles.append(f"{self.page.url} is too wide: {wider}")

    def take_screenshots(self, name: str) -> None:
        """In light, in dark, and as a phone shows it; judged in each."""
        self.judge()
        self._shoot(name, "light")
        self.page.emulate_media(color_scheme="dark")
        self.judge("color-contrast")
        self._shoot(name, "dark")
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size(PHONE)
        self.measure()
        self._shoot(name, "phone")
        self.page.set_viewport_size(WIDE)

    def _shoot(self, name: str, look: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}-{look}.png", full_page=True)


@contextmanager
def watched(context: BrowserContext) -> Iterator[Watched]:
    """A page that is watched; whoever opens it looks at its troubles."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    one = Watched(page)
    page.on("console", lambda said: _note_console(one, said))
    page.on("pageerror", lambda error: one.troubles.append(f"{page.url} {error}"))
    page.on("request", lambda request: _note_request(one, request.url))
    page.on("response", lambda answer: _note_answer(one, answer))
    try:
        yield one
    finally:
        page.close()


def _note_console(one: Watched, said: Any) -> None:
    if said.type not in {"error", "warning"}:
        return
    if one.is_refusal_expected and "the server responded with a status of 4" in said.text:
        return
    one.troubles.append(f"{one.page.url} says {said.type}: {said.text}")


def _note_request(one: Watched, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"data", "blob"} and parts.hostname != "127.0.0.1":
        one.troubles.append(f"{one.page.url} asks another host: {url}")


def _note_answer(one: Watched, answer: Any) -> None:
    if answer.status >= (500 if one.is_refusal_expected else 400):
        one.troubles.append(f"{one.page.url}: {answer.status} of {answer.url}")


@cache
def _axe() -> str:
    return peers.npm_file("axe-core/axe.min.js").read_text(encoding="utf-8")
