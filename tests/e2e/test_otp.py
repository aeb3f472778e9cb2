"""A one-time password from the request to the phone and back, by the installed command."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import asyncpg
import httpx
import pytest
from carrier import Carrier, running_carrier
from installation import Installation, running, wait_for

from staffetta.db.embedded import EmbeddedServer

_NUMBERS = count()  # each phone is asked for few passwords only: there are guards


@dataclass(frozen=True)
class Setting:
    """An installation whose sandbox has a network that keeps a journal."""

    installation: Installation
    phones: Carrier
    client: httpx.Client

    def send(self, recipient: str | None = None, **body: Any) -> dict[str, Any]:
        recipient = recipient or f"+39333{next(_NUMBERS):03}0000"
        answer = self.client.post("/otp", json={"recipient": recipient, **body})
        assert answer.status_code == 201, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    def verify(self, sent: dict[str, Any], code: str) -> httpx.Response:
        return self.client.post(f"/otp/{sent['id']}/verify", json={"code": code})

    def sms(self, recipient: str) -> str:
        """The newest text on a phone."""

        def arrived() -> list[str]:
            return [
                entry.text
                for entry in self.phones.journal()
                if f"+{entry.destination}" == recipient
            ]

        return wait_for(arrived, what="the SMS")[-1]

    def read(self, sent: dict[str, Any]) -> dict[str, Any]:
        data: dict[str, Any] = self.client.get(f"/messages/{sent['id']}").json()["data"]
        return data


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    directory = tmp_path_factory.mktemp("otp")
    with running_carrier(directory) as phones:
        settings = {
            "STAFFETTA_NETWORK_ADDRESS": f"127.0.0.1:{phones.port}",
            "STAFFETTA_LOG_LEVEL": "debug",
        }
        with running(directory / "data", **settings) as installation:
            token = installation.make_account()["sandbox"]
            with installation.client(token) as client:
                yield Setting(installation, phones, client)


def test_the_code_of_the_answer_is_on_the_phone_and_verifies_once(setting: Setting) -> None:
    sent = setting.send("+33612345678", alphanumeric=True, length=8)
    code = sent["otp"]
    text = setting.sms("+33612345678")
    assert text == sent["message"]
    assert text == f"Votre code de vérification est {code}. Ne le communiquez à personne."
    assert (sent["sender"], sent["isOtp"]) == ("OTP MOBILE", True)
    assert sent["otpOptions"] == {"length": 8, "alphanumeric": True, "cacheSeconds": 0}
    wrong = setting.verify(sent, "wrong")
    assert wrong.json() == {"data": {"verified": False, "triesLeft": 4}}
    right = setting.verify(sent, code.lower())
    assert (right.status_code, right.json()) == (200, {"data": {"verified": True}})
    again = setting.verify(sent, code)
    assert (again.status_code, again.json()["code"]) == (422, 1031)


def test_what_is_read_back_has_asterisks(setting: Setting) -> None:
    sent = setting.send(length=10)
    wait_for(lambda: setting.read(sent)["state"] == "DELIVERED", what="delivered")
    message = setting.read(sent)
    assert message["message"] == sent["message"].replace(sent["otp"], "*" * 10)
    assert message["totalPrice"] > 0
    listed = setting.client.get("/messages").text
    assert sent["id"] in listed
    assert sent["otp"] not in listed


def test_a_dry_run_sends_nothing_and_tells_no_code(setting: Setting) -> None:
    sent = setting.send(options={"dryRun": True})
    assert sent["otp"] is None
    assert "*****" in sent["message"]
    refused = setting.verify(sent, "12345")
    assert (refused.status_code, refused.json()["code"]) == (404, 2070)


def test_a_repeated_request_is_answered_with_the_first_code(setting: Setting) -> None:
    body, headers = {"recipient": "+34612345678", "length": 10}, {"Idempotency-Key": "once"}
    first = setting.client.post("/otp", json=body, headers=headers)
    again = setting.client.post("/otp", json=body, headers=headers)
    assert again.headers["idempotent-replay"] == "true"
    for field in ("id", "message", "otp", "otpOptions"):
        assert again.json()["data"][field] == first.json()["data"][field]


def test_the_cache_repeats_a_code(setting: Setting) -> None:
    recipient = "+34612345679"
    first = setting.send(recipient, cacheSeconds=60, length=10)
    second = setting.send(recipient, cacheSeconds=60, length=10)
    assert second["otp"] == first["otp"]
    assert second["id"] != first["id"]


def test_the_sixth_password_to_a_phone_is_refused(setting: Setting) -> None:
    body = {"recipient": "+4915112345678"}
    answers = [setting.client.post("/otp", json=body) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [201] * 5 + [422]
    assert answers[-1].json()["code"] == 2040
    assert "recipient guard" in answers[-1].json()["message"]


async def everything_stored(installation: Installation) -> str:
    """Every row of every table, as text."""
    connection = await asyncpg.connect(EmbeddedServer(installation.data_dir).url())
    try:
        tables = await connection.fetch(
            "SELECT relname FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        rows = [
            row[0]
            for table in tables
            for row in await connection.fetch(f"SELECT whole::text FROM {table[0]} AS whole")
        ]
    finally:
        await connection.close()
    return "\n".join(rows)


def test_no_code_is_in_any_log_metric_or_table(setting: Setting) -> None:
    sent = [setting.send(length=10, alphanumeric=alphanumeric) for alphanumeric in (True, False)]
    callback = {"url": "https://nobody.invalid/", "custom": {"session": "s"}}
    sent.append(setting.send(length=10, cacheSeconds=60, callback=callback))
    for one in sent:
        assert one["otp"] in setting.sms(one["recipient"])
        wait_for(lambda one=one: setting.read(one)["state"] == "DELIVERED", what="delivered")
        setting.verify(one, one["otp"])
        setting.verify(one, one["otp"])
    seen = {
        "log": setting.installation.log_path.read_text(),
        "metrics": httpx.get(f"{setting.installation.url}/metrics", timeout=30).text,
        "database": asyncio.run(everything_stored(setting.installation)),
    }
    assert all(one["id"] in seen["database"] for one in sent)
    for place, text in seen.items():
        for one in sent:
            assert one["otp"] not in text, place
            assert one["otp"].encode().hex() not in text, place


def test_the_books_are_exact_afterwards(setting: Setting) -> None:
    assert setting.installation.json("ledger", "verify")["exact"] is True
