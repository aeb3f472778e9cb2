"""The references and the pages to try calls on, in a browser: as a reader uses them."""

from collections.abc import Iterator

import httpx
import pytest
from browsing import Watched
from console_site import ConsoleSite
from playwright.sync_api import Browser, expect

from staffetta.api.openapi.services import SERVICES
from staffetta.api.reference.rendering import reference_path
from staffetta.domain.languages import Language


@pytest.fixture
def look(console: ConsoleSite, browser: Browser) -> Iterator[Watched]:
    with console.visit(browser) as one:
        yield one


@pytest.mark.parametrize("service", SERVICES)
def test_a_reference_is_read_in_any_light_and_on_a_phone(
    service: str, console: ConsoleSite, look: Watched
) -> None:
    look.go(console.url + reference_path(service, Language.ENGLISH))
    look.take_screenshots(f"reference-{service}")
    look.page.select_option("#sample", "python-requests")
    expect(look.page.get_by_role("heading", name="Python, Requests").first).to_be_visible()


@pytest.mark.parametrize("service", SERVICES)
def test_a_page_to_try_calls_on_begins_in_the_sandbox(
    service: str, console: ConsoleSite, look: Watched
) -> None:
    look.go(f"{console.url}{reference_path(service, Language.FRENCH)}/try")
    expect(look.page.locator(".opblock")).to_have_count(len(SERVICES[service].calls))
    expect(look.page.locator(".servers")).to_contain_text("/sandbox/")
    expect(look.page.get_by_text("Sandbox : téléphones simulés")).to_be_visible()


def test_a_call_is_tried_and_tokens_stay_in_their_environment(
    console: ConsoleSite, look: Watched
) -> None:
    page = look.page
    token = console.customer.token
    look.go(f"{console.url}{reference_path('v2', Language.ENGLISH)}/try")
    page.get_by_role("button", name="Authorize").click()
    page.locator(".auth-container input").fill(token)
    page.locator(".auth-btn-wrapper .authorize").click()
    page.locator(".btn-done").click()
    call = page.locator("#operations-Messages-listMessages")
    call.locator(".opblock-summary").click()
    call.get_by_role("button", name="Execute").click()
    expect(call.locator(".live-responses-table .response-col_status").nth(1)).to_contain_text("200")
    url = call.locator(".request-url pre").inner_text()
    assert url.strip().startswith(f"{console.url}/sandbox/v2/messages")
    bearer = {"Authorization": f"Bearer {token}"}
    assert httpx.get(url.strip(), headers=bearer, timeout=60).status_code == 200

    page.get_by_role("button", name="production").click()
    expect(page.get_by_text("Production: real phones, real money")).to_be_visible()
    expect(page.locator(".authorize.unlocked").first).to_be_visible()
    page.get_by_role("button", name="sandbox").click()
    expect(page.locator(".authorize.locked").first).to_be_visible()

    page.reload()
    expect(page.locator(".authorize.locked").first).to_be_visible()
