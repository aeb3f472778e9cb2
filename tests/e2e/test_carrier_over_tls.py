"""A carrier over TLS, with a pinned certificate and one of ours: messages go, and secrets stay."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from authority import Authority
from carrier import Carrier, add_carrier, links_of, running_carrier
from installation import Installation, running, wait_for


@dataclass(frozen=True)
class Setting:
    """An installation whose carrier speaks TLS alone, before it knows that."""

    installation: Installation
    carrier: Carrier
    client: httpx.Client
    pin: str
    certificate: str  # the files of ours
    key: str


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    directory = tmp_path_factory.mktemp("tls")
    authority = Authority()
    shown, ours = authority.issue("smsc.example.com"), authority.issue("gateway")
    files = {}
    for name, text in (
        ("shown", shown.certificate + shown.key),
        ("certificate", ours.certificate),
        ("key", ours.key),
    ):
        path = directory / f"{name}.pem"
        path.write_text(text)
        files[name] = str(path)
    with (
        running_carrier(directory, more=("--tls-certificate", files["shown"])) as carrier,
        running(directory / "data") as installation,
    ):
        token = installation.make_account()["production"]
        add_carrier(installation, carrier.port)
        with installation.client(token, "production") as client:
            yield Setting(
                installation, carrier, client, shown.sha_256, files["certificate"], files["key"]
            )


def test_a_message_goes_to_the_pinned_carrier_and_is_delivered(setting: Setting) -> None:
    installation = setting.installation
    installation.json(
        *("connector", "set", "acme", "tls=true", f"tls_pin={setting.pin}"),
        *(f"tls_certificate=@{setting.certificate}", "--tls-key-file", setting.key),
    )
    wait_for(lambda: links_of(installation) == ["bound"], what="bound over TLS")
    body = {"recipient": "+393331234567", "message": "ciao"}

    def sent() -> httpx.Response | None:
        answer = setting.client.post("/IT-messages", json=body)
        return answer if answer.status_code == 201 else None

    answer = wait_for(sent, what="a route")
    assert answer is not None
    message_id = answer.json()["data"]["id"]

    def state() -> str:
        found: str = setting.client.get(f"/messages/{message_id}").json()["data"]["state"]
        return found

    wait_for(lambda: state() == "DELIVERED", what="delivered")
    assert [entry.text for entry in setting.carrier.journal()] == ["ciao"]


def test_another_certificate_than_the_pinned_one_is_refused(setting: Setting) -> None:
    installation = setting.installation
    before = setting.carrier.journal()
    installation.json("connector", "set", "acme", "tls=true", f"tls_pin={'ab' * 32}")
    wait_for(lambda: links_of(installation) == ["refused"], what="refused")
    assert setting.carrier.journal() == before
