"""What an account's people do beside sending one message: a file of recipients, searching, sending
a callback again, and being signed in only where they mean to be.
"""

import re

import httpx
from console_site import OWNER, ConsoleSite
from contract_site import new_number
from playwright.sync_api import Browser, expect

SANDBOX = "/console/sandbox"


def test_a_callback_is_tried_at_the_test_receiver_and_sent_again(
    console: ConsoleSite, browser: Browser
) -> None:
    with console.visit(browser, OWNER) as one:
        page = one.page
        one.go(f"{SANDBOX}/callbacks/receiver")
        url = page.locator(".copyable code").first.inner_text()
        console.customer.send(recipient=new_number(), callback={"url": url})
        expect(page.locator("#came details").first).to_contain_text("signature valid")
        one.take_screenshots("receiver")
        one.go(f"{SANDBOX}/callbacks")
        one.take_screenshots("callbacks-some")
        page.locator("table a").first.click()
        expect(page.get_by_role("heading", name="What it says")).to_be_visible()
        one.take_screenshots("callback")
        page.get_by_role("button", name=re.compile("Send again|Try now")).click()
        expect(page.get_by_role("status").first).to_be_visible()


def test_a_file_is_previewed_priced_and_sent(console: ConsoleSite, browser: Browser) -> None:
    numbers = [new_number() for _ in range(3)]
    names = ("Ann <b>", "Bob", "Zoë €")
    rows = "\n".join(f"{name};{number}" for name, number in zip(names, numbers, strict=True))
    file = {"name": "list.csv", "mimeType": "text/csv", "buffer": f"name;phone\n{rows}\n".encode()}
    with console.visit(browser, OWNER) as one:
        page = one.page
        one.go(f"{SANDBOX}/send/many")
        one.take_screenshots("send-many")
        page.get_by_label("A file of recipients").set_input_files(file)
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_label("Column of the number")).to_have_value(re.compile("1|phone"))
        page.get_by_label("Text").fill("Hello {{name}}")
        expect(page.get_by_text("Hello Ann <b>")).to_be_visible()
        one.take_screenshots("send-many-composed")
        page.get_by_role("button", name="Check all rows and see the price").click()
        one.take_screenshots("send-many-confirm")
        page.get_by_role("button", name=re.compile("^Send")).click()
        expect(page.get_by_role("heading", name="3 recipients")).to_be_visible()
        expect(page.locator("#bar-delivered")).to_contain_text("3")
        one.take_screenshots("message-many")
        one.go(f"{SANDBOX}/phone?number={numbers[2].replace('+', '%2B')}")
        expect(page.get_by_label("Handset")).to_contain_text("Hello Zoë €")


def test_messages_are_searched_and_one_is_followed(console: ConsoleSite, browser: Browser) -> None:
    number = f"{new_number()[:-4]}9901"
    made = console.customer.final(console.customer.send(recipient=number, message="a needle")["id"])
    with console.visit(browser, OWNER) as one:
        page = one.page
        one.go(f"{SANDBOX}/messages")
        page.get_by_label("Text").fill("needle")
        page.get_by_label("State").select_option("failed")
        page.get_by_role("button", name="Search").click()
        expect(page.get_by_role("link", name=number)).to_have_count(1)
        page.get_by_role("link", name=number).click()
        expect(page.locator(".timeline li")).not_to_have_count(0)
        expect(page.get_by_text(made["id"])).to_be_visible()
        one.take_screenshots("message-failed")


def test_somebody_signs_out_everywhere(console: ConsoleSite, browser: Browser) -> None:
    person = console.add_person("sara@example.com", "member", console.customer.email)
    with httpx.Client(base_url=console.url, cookies=person.cookies, timeout=60) as elsewhere:
        assert elsewhere.get("/console/me").status_code == 200
        with console.visit(browser, person.email) as one:
            one.go("/console/me")
            one.take_screenshots("me")
            one.page.once("dialog", lambda dialog: dialog.accept())
            one.page.get_by_role("button", name="Sign out everywhere").click()
            expect(one.page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert elsewhere.get("/console/me").status_code == 302
