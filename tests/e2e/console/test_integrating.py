"""An integrator's tasks in a browser: a token, lines to paste, callbacks looked at as they come."""

import json
import re
import subprocess
from typing import Any

import httpx
import pytest
from browsing import Watched
from console_site import OWNER, ConsoleSite
from installation import wait_for
from playwright.sync_api import Browser, Locator, expect
from standardwebhooks import Webhook

from staffetta.api.openapi.services import SERVICES
from staffetta.callbacks.receiver import RECEIVER_URL

SANDBOX = "/console/sandbox"
RECEIVER = f"{SANDBOX}/callbacks/receiver"


def post(console: ConsoleSite, token: str, path: str = "/IT-messages") -> int:
    """The status of a message sent with a token."""
    with console.site.installation.client(token) as client:
        body = {"recipient": "+393331112222", "message": "hello"}
        return client.post(path, json=body).status_code


def secret_of(console: ConsoleSite) -> str:
    shown = console.site.run(
        *("callbacks", "secret", "show", console.customer.email, "--environment", "sandbox")
    )
    return str(shown["secret"])


def told_of(one: Watched, message_id: str, state: str) -> Locator:
    """What came about a message in a state; on the receiver's page."""
    subject = one.page.locator("summary strong").get_by_text(state, exact=True)
    return one.page.locator("details.came", has_text=message_id).filter(has=subject)


def request_of(came: Locator) -> tuple[dict[str, str], str]:
    """Headers and body of a callback on the receiver's page."""
    names = came.locator("dl.headers dt").all_text_contents()
    values = came.locator("dl.headers dd").all_text_contents()
    body: Any = json.loads(came.locator("pre.body").text_content() or "")
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return dict(zip((name.lower() for name in names), values, strict=True)), text


def test_a_token_is_made_used_and_revoked(console: ConsoleSite, browser: Browser) -> None:
    with console.visit(browser, OWNER) as one:
        page = one.page
        one.go(f"{SANDBOX}/tokens")
        page.get_by_role("link", name="Make a token").first.click()
        page.get_by_label("Name").fill("only sends")
        page.get_by_label("send only").check()
        expect(page.get_by_label("Send to Italy")).to_be_checked()
        expect(page.get_by_label("Read senders")).not_to_be_checked()
        one.take_screenshots("sandbox-tokens-new")
        page.get_by_role("button", name="Make the token").click()
        expect(page.get_by_role("heading", name="The new token")).to_be_visible()
        token = page.locator(".copyable code").first.text_content() or ""
        one.take_screenshots("sandbox-tokens-made")
        assert post(console, token) == 201
        with console.site.installation.client(token) as client:
            assert client.get("/messages").status_code == 403

        one.is_refusal_expected = True  # 409: the form was sent already
        page.reload()
        expect(page.get_by_role("heading", name="This token was made already")).to_be_visible()
        assert token not in page.content()
        one.is_refusal_expected = False

        page.get_by_role("link", name="To the tokens").click()
        page.get_by_role("link", name="only sends").click()
        one.take_screenshots("sandbox-token")
        page.once("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Revoke the token").click()
        expect(page.get_by_role("status")).to_contain_text("The token was revoked")
    wait_for(lambda: post(console, token) == 401, what="refused")


def test_ticking_a_box_is_a_choice_of_its_own(console: ConsoleSite, browser: Browser) -> None:
    with console.visit(browser, OWNER) as one:
        one.go(f"{SANDBOX}/tokens/new")
        chosen = one.page.get_by_label("as ticked below")
        expect(chosen).not_to_be_checked()
        one.page.get_by_label("Register senders").check()
        expect(chosen).to_be_checked()
        one.page.get_by_label("read only").check()
        one.page.get_by_text("Write scopes yourself").click()
        one.page.get_by_label("Further scopes").fill("POST:test.sms.openapi.com/otp")
        expect(chosen).to_be_checked()


def test_lines_to_paste_work_as_they_are(console: ConsoleSite, browser: Browser) -> None:
    with console.visit(browser, OWNER) as one:
        one.go(f"{SANDBOX}/documentation")
        one.page.get_by_role("button", name="Make a token for trying").click()
        expect(one.page.get_by_role("status")).to_contain_text("works for a day")
        one.take_screenshots("sandbox-documentation-filled")
        shown = one.page.locator(".copyable code").all_text_contents()
        lines = [text for text in shown if text.startswith("curl")]
        assert len(lines) > 4
        for line in lines:
            command = f"{line} --silent --output /dev/null --write-out '%{{http_code}}'"
            done = subprocess.run(
                ["bash", "-c", command], capture_output=True, text=True, timeout=60, check=True
            )
            assert done.stdout in {"200", "201"}, line


def test_documentation_leads_to_pages_that_are_there(
    console: ConsoleSite, browser: Browser
) -> None:
    with console.visit(browser, OWNER) as one:
        one.go(f"{SANDBOX}/documentation")
        links = one.page.locator('a[href^="/docs/"]').evaluate_all(
            "links => links.map((link) => link.href)"
        )
    for service in SERVICES:
        here = [link for link in links if re.search(rf"/{service}(/try|\.openapi\.json)?$", link)]
        assert [httpx.get(link, timeout=60).status_code for link in here] == [200] * 3, here


def test_a_callback_is_seen_as_it_comes_with_a_signature_that_holds(
    console: ConsoleSite, browser: Browser
) -> None:
    with console.visit(browser, OWNER) as one:
        one.go(RECEIVER)
        sent = console.customer.send(callback={"url": RECEIVER_URL, "custom": {"order": 7}})
        came = told_of(one, sent["id"], "DELIVERED")
        expect(came).to_have_count(1)
        headers, body = request_of(came)
        told = json.loads(body)
        assert (told["id"], told["state"]) == (sent["id"], "DELIVERED")
        assert told["custom"] == {"order": 7}
        # As any receiver checks it; the body is put together again from what is shown.
        assert Webhook(secret_of(console)).verify(body, headers) == told
        expect(came).to_contain_text("signature valid")
        one.take_screenshots("sandbox-callbacks-receiver")


def test_a_receiver_that_breaks_gets_the_callback_when_it_is_well_again(
    console: ConsoleSite, browser: Browser
) -> None:
    with console.visit(browser, OWNER) as one:
        page = one.page
        one.go(RECEIVER)
        page.get_by_label("broken, with 500").check()
        page.get_by_role("button", name="Answer so").click()
        sent = console.customer.send(callback={"url": RECEIVER_URL})
        came = told_of(one, sent["id"], "DELIVERED")
        expect(came.filter(has_text="answered 500")).to_have_count(1)

        page.get_by_label("well, with 200").check()
        page.get_by_role("button", name="Answer so").click()
        page.get_by_role("button", name="Do not wait").click()
        expect(page.get_by_role("status").first).to_contain_text("is sent now")
        expect(came.filter(has_text="answered 200")).to_have_count(1)
        ids = {
            re.search("cb_[0-9a-f]{24}", text or "").group()  # type: ignore[union-attr]
            for text in came.locator("summary").all_text_contents()
        }
        assert len(ids) == 1

        one.go(f"{SANDBOX}/callbacks")
        page.get_by_role("link", name="The message was delivered").first.click()
        expect(page.locator("tbody tr")).to_have_count(2)
        expect(page.locator("tbody tr").first).to_contain_text("answered 500")
        one.take_screenshots("sandbox-callback")


def test_the_secret_is_shown_and_rotated(console: ConsoleSite, browser: Browser) -> None:
    with console.visit(browser, OWNER) as one:
        page = one.page
        one.go(f"{SANDBOX}/callbacks/secret")
        before = secret_of(console)
        page.get_by_role("button", name="Show the secret").click()
        expect(page.locator(".copyable code")).to_have_text(before)
        page.once("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Make a new secret").click()
        expect(page.get_by_role("status")).to_contain_text("There is a new secret")
        one.take_screenshots("sandbox-callbacks-secret")
    after = secret_of(console)
    with console.visit(browser, OWNER) as one:
        one.go(RECEIVER)
        sent = console.customer.send(callback={"url": RECEIVER_URL})
        came = told_of(one, sent["id"], "DELIVERED")
        expect(came).to_have_count(1)
        headers, body = request_of(came)
    for secret in (before, after):
        assert Webhook(secret).verify(body, headers)["id"] == sent["id"]


@pytest.mark.parametrize("path", ["tokens/new", "callbacks/receiver", "callbacks/secret"])
@pytest.mark.parametrize("language", ["it", "fr"])
def test_longer_words_fit_a_phone(
    console: ConsoleSite, browser: Browser, language: str, path: str
) -> None:
    phone = {"width": 360, "height": 800}
    with console.visit(browser, OWNER, language, viewport=phone) as one:
        one.go(f"{SANDBOX}/{path}")
        one.measure()
