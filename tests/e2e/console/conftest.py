"""One installation for all tests of the console in a browser; a browser for each module."""

from collections.abc import Iterator

import pytest
from browsing import chromium_running
from console_site import ConsoleSite, console_site
from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleSite]:
    with console_site(tmp_path_factory.mktemp("console")) as site:
        yield site


# Playwright runs an event loop for as long as it is open: no other module may meet it.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium_running() as browser:
        yield browser
