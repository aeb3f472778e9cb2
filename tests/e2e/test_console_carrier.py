"""An operator adds a carrier in the console: checked, applied, routed, started, and it carries."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from carrier import Carrier, running_carrier
from installation import Installation, running, wait_for

OPERATE = "/console/operate"
NEW = f"{OPERATE}/connectors/new"
ACME = f"{OPERATE}/connectors/production/acme"
PHONE = "+393331230000"
_TOKEN = re.compile('name="form_token" value="([^"]+)"')
_AGREED = re.compile('name="agreed" value="([^"]+)"')
_CHECK = re.compile('name="check" value="([^"]+)"')


@dataclass(frozen=True)
class Console:
    """An operator's browser, and what the pages are about."""

    installation: Installation
    carrier: Carrier
    browser: httpx.Client
    token: str  # of an account in production

    def see(self, path: str) -> str:
        answer = self.browser.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def send(self, path: str, page: str, **form: str | list[str]) -> httpx.Response:
        """Send a form of a page; what it leads to."""
        match = _TOKEN.search(self.see(page))
        assert match is not None, page
        answer = self.browser.post(path, data={"form_token": match[1], **form})
        assert answer.status_code == 303, answer.text
        return answer


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    directory = tmp_path_factory.mktemp("console")
    ids = ("--ids", "hex-decimal", "--report-form", "text")
    with (
        running_carrier(directory, more=ids) as carrier,
        running(directory / "data") as installation,
    ):
        token = installation.make_account()["production"]
        person = ("person", "add", "olga@example.com", "--role", "operator", "--generate")
        password = installation.json(*person)["password"]
        with httpx.Client(base_url=installation.url, timeout=30) as browser:
            entered = browser.post(
                "/console/sign-in", data={"email": "olga@example.com", "password": password}
            )
            assert entered.status_code == 303, entered.text
            yield Console(installation, carrier, browser, token)


@pytest.fixture(scope="module")
def checked(console: Console) -> str:
    """A carrier is added, checked, applied and started; what the page of its check said."""
    port = str(console.carrier.port)
    where = {"name": "acme", "host": "127.0.0.1", "port": port, "system_id": "gw"}
    led = console.send(NEW, NEW, **where, password="secret", bind="transceiver")
    check = led.headers["location"]
    asked = {"numbers": PHONE, "wait": "20"}
    console.send(check, check, **asked, agreed=_to_agree(console, check, asked))
    shown = wait_for(lambda: _ended(console, check), 120, "the check ended")
    number = _CHECK.search(shown)
    assert number is not None
    ticked = ["submit_ids", "report_ids"]
    led = console.send(f"{check}/apply", check, check=number[1], setting=ticked)
    open_page = led.headers["location"]
    console.send(open_page, open_page, countries="IT", price="0.03", start="yes")
    wait_for(lambda: ">bound<" in console.see(f"{ACME}/live"), what="bound")
    return shown


def test_a_carrier_is_added_checked_and_carries(console: Console, checked: str) -> None:
    assert "The check came to its end" in checked
    assert any("Staffetta check" in entry.text for entry in console.carrier.journal())
    _is_delivered(console)


def _to_agree(console: Console, check: str, asked: dict[str, str]) -> str:
    """What the page that tells of the cost has somebody agree to."""
    token = _TOKEN.search(console.see(check))
    assert token is not None
    shown = console.browser.post(check, data={"form_token": token[1], **asked})
    assert "segments in all" in shown.text
    agreed = _AGREED.search(shown.text)
    assert agreed is not None
    return agreed[1]


def _ended(console: Console, check: str) -> str | None:
    shown = console.see(f"{check}/live")
    return None if "hx-get" in shown else shown


def _is_delivered(console: Console) -> None:
    """A message goes over it, and its report finds it, and the page tells of both."""
    body = {"recipient": "+393331239999", "message": "over the new carrier"}
    with console.installation.client(console.token, "production") as client:
        # The API sees the routes of a moment ago.
        sent = wait_for(lambda: _sent(client, body), what="accepted")
        wait_for(
            lambda: client.get(f"/messages/{sent}").json()["data"]["state"] == "DELIVERED",
            20,
            "delivered",
        )
    assert any(entry.text == body["message"] for entry in console.carrier.journal())
    wait_for(lambda: "sent: 1, reports: 1" in console.see(f"{ACME}/live"), what="counted")
    (link,) = console.installation.json("connector", "show", "acme")["links"]
    assert link["use"]["last_minute"] == {"submits": 1, "reports": 1, "throttled": 0}
    assert link["process"]["pid"] == console.installation.pid_of("dispatch")


def _sent(client: httpx.Client, body: dict[str, str]) -> str | None:
    answer = client.post("/IT-messages", json=body)
    return str(answer.json()["data"]["id"]) if answer.status_code == 201 else None


@pytest.mark.usefixtures("checked")
def test_a_number_is_explained_and_the_carrier_drained(console: Console) -> None:
    asked = f"{OPERATE}/numbers?number=%2B393331234567"
    wait_for(lambda: "sent over acme at once" in console.see(asked), what="explained")
    console.send(f"{ACME}/stop", ACME)
    wait_for(lambda: "At rest" in console.see(f"{ACME}/live"), what="at rest")
    wait_for(lambda: "No route leads there" in console.see(asked), what="no route")
    actions = [entry["action"] for entry in console.installation.json("audit", "list")]
    assert "connector.stop" in actions
