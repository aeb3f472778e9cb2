"""A carrier is changed, stopped, checked and removed while the server runs, and nothing is lost."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from carrier import Carrier, add_carrier, links_of, running_carrier
from installation import Installation, running, wait_for

QUOTED = "“Ciao”"


@dataclass(frozen=True)
class Setting:
    """An installation with one carrier, and a client of it."""

    installation: Installation
    carrier: Carrier
    client: httpx.Client

    def post(self, text: str) -> httpx.Response:
        return self.client.post(
            "/IT-messages", json={"recipient": "+393331234567", "message": text}
        )

    def send(self, text: str) -> str:
        answer = self.post(text)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["data"]["id"])

    def state_of(self, message_id: str) -> str:
        return str(self.client.get(f"/messages/{message_id}").json()["data"]["state"])

    def arrived(self, text: str) -> bool:
        return any(entry.text == text for entry in self.carrier.journal())

    def connector(self, *arguments: str) -> Any:
        return self.installation.json("connector", *arguments)

    def show(self) -> Any:
        return self.connector("show", "acme")

    def bound_links(self) -> list[dict[str, Any]]:
        """Those that were bound since the connector was changed last."""
        shown = self.show()
        return [
            one
            for one in shown["links"]
            if one["state"] == "bound" and one["held"] and one["since"] > shown["changed_at"]
        ]


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    directory = tmp_path_factory.mktemp("changes")
    with (
        running_carrier(directory) as carrier,
        running(directory / "data") as installation,
    ):
        token = installation.make_account()["production"]
        add_carrier(installation, carrier.port)
        wait_for(lambda: links_of(installation) == ["bound"], what="bound")
        with installation.client(token, "production") as client:
            setting = Setting(installation, carrier, client)
            wait_for(lambda: setting.post("first").status_code == 201, what="a route")
            yield setting


def test_a_setting_takes_effect_on_a_running_connector(setting: Setting) -> None:
    setting.send(QUOTED)
    wait_for(lambda: setting.arrived(QUOTED), what="the text as it was written")
    setting.connector("set", "acme", "transliterate=punctuation")
    wait_for(setting.bound_links, what="bound anew")
    setting.send(QUOTED)
    wait_for(lambda: setting.arrived('"Ciao"'), what="the text in plain quotes")
    setting.connector("unset", "acme", "transliterate")


def test_more_links_are_bound_when_more_are_asked_for(setting: Setting) -> None:
    setting.connector("set", "acme", "links=2")
    wait_for(lambda: len(setting.bound_links()) == 2, what="two links")
    setting.connector("set", "acme", "links=1")
    wait_for(lambda: len(setting.bound_links()) == 1, what="one link")


def test_a_price_makes_no_link_anew(setting: Setting) -> None:
    wait_for(lambda: len(setting.bound_links()) == 1, what="bound")
    (before,) = setting.bound_links()
    del before["use"]  # what it does at this moment
    setting.connector("route", "acme", "add", "*", "--price", "0.07")
    message_id = wait_for(lambda: _sent_at_price(setting, 0.07), what="the new price")
    wait_for(lambda: setting.state_of(message_id) == "DELIVERED", what="delivered")
    (after,) = setting.bound_links()
    del after["use"]
    assert after == before


def _sent_at_price(setting: Setting, price: float) -> str | None:
    message_id = setting.send("price")
    message = setting.client.get(f"/messages/{message_id}").json()["data"]
    return message_id if message["price"] == price else None


def test_what_waits_on_a_stopped_connector_goes_out_when_it_is_started(setting: Setting) -> None:
    setting.connector("set", "acme", "rate=1")
    wait_for(setting.bound_links, what="slow")
    sent = [setting.send(f"waiting {number}") for number in range(40)]
    drained = setting.connector("drain", "acme", "--wait")
    assert drained["at_rest"] is True
    assert drained["countries_without_route"] == ["*"]
    assert setting.show()["queue"]["waiting"] == drained["waiting"] > 0
    wait_for(lambda: setting.post("no way").status_code != 201, what="its route is closed")
    removal = setting.installation.run("connector", "remove", "acme", check=False)
    assert removal.returncode == 1
    setting.connector("set", "acme", "rate=0")
    setting.connector("start", "acme")
    wait_for(
        lambda: all(setting.state_of(one) == "DELIVERED" for one in sent), what="all delivered"
    )
    assert setting.installation.json("ledger", "verify")["exact"] is True


def test_a_running_connector_can_be_checked(setting: Setting) -> None:
    found = setting.connector("check", "acme", "--no-send")
    assert found["obstacle"] is None
    assert found["binds"][0]["system_id"] == "STAFFETTA"
    arguments = ("check", "acme", "--to", "+393331234567", "--yes", "--wait", "1")
    found = setting.connector(*arguments)
    assert {one["name"] for one in found["messages"]} == {"ESME_ROK"}
    assert setting.arrived("Staffetta check: plain text.")
