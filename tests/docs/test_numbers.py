"""The guide to the sandbox's numbers says what clients of both generations see."""

import re
from typing import Any

import httpx
from guide_blocks import GUIDES
from guide_site import GuideSite
from installation import wait_for

from staffetta.connectors.simulated.behaviours import BEHAVIOURS

EMAIL = "refusals@example.com"
TOO_MANY_REQUESTS = 2090  # of which tests/e2e/test_rate_limit.py makes sure
_ROW = re.compile(r"^\| (\+\d+)[^|]*\| `([A-Z]+)` \| ([A-Z_]+) \|", re.MULTILINE)
ROWS = {number: (v2, v1) for number, v2, v1 in _ROW.findall((GUIDES / "numbers.md").read_text())}


def test_each_number_of_the_network_is_told_of() -> None:
    endings = {number[-4:] for number in ROWS}
    assert endings == {"9900", *(behaviour.digits for behaviour in BEHAVIOURS)}


SIX_TIMES = 6  # one more than an account may send codes to one number


def test_refusals_are_had_as_the_page_says(site: GuideSite) -> None:
    page = (GUIDES / "numbers.md").read_text()
    told = {float(number) for number in re.findall(r"^\| 4\d\d / ([\d.]+),", page, re.MULTILINE)}
    operator = site.installation
    operator.json("account", "create", "--email", EMAIL)
    whose = ("--email", EMAIL, "--environment", "sandbox")
    token = operator.json("token", "create", *whose)["token"]
    scope = ("--scope", "GET:test.sms.openapi.com/messages")
    narrow = operator.json("token", "create", *whose, *scope)["token"]
    text = {"recipient": "+393331234567", "message": "x" * 161}
    options = {"failOnMultipleMessages": True}
    with operator.client(token) as client, operator.client(narrow) as reader:
        codes = [client.post("/otp", json={"recipient": "+33612345681"}) for _ in range(SIX_TIMES)]
        answers = [
            client.post("/IT-messages", json={"recipient": "+390612345678", "message": "x"}),
            client.post("/IT-messages", json={**text, "options": options}),
            reader.post("/IT-messages", json=text),
            codes[-1],
        ]
        operator.json("topup", *whose, "--amount", "-1000")
        answers.append(client.post("/IT-messages", json=text))
    seen = {answer.json().get("code", answer.json().get("error")) for answer in answers}
    assert seen == told - {TOO_MANY_REQUESTS}
    assert [one.status_code for one in codes[:-1]] == [201] * (SIX_TIMES - 1)


def test_each_number_ends_as_the_page_says(site: GuideSite) -> None:
    with httpx.Client(
        base_url=f"{site.installation.url}/sandbox",
        headers={"Authorization": f"Bearer {site.token}"},
        timeout=30,
    ) as client:
        ids = {number: _send(client, number) for number in ROWS}
        many = _send_to_all(client)
        wanted = {number: v2 for number, (v2, _) in ROWS.items()}
        seen: dict[str, Any] = {}

        def reads_as_told() -> bool:
            seen.update({number: _state(client, ids[number]) for number in ROWS})
            return seen == wanted

        wait_for(reads_as_told, what=f"{wanted}")
        described = {number: v1 for number, (_, v1) in ROWS.items()}
        wait_for(lambda: _descriptions(client, many) == described, what=f"{described}")


def _send(client: httpx.Client, number: str) -> str:
    body = {"recipient": number, "message": "v2"}
    identifier: str = client.post("/v2/IT-messages", json=body).json()["data"]["id"]
    return identifier


def _state(client: httpx.Client, identifier: str) -> str:
    state: str = client.get(f"/v2/messages/{identifier}").json()["data"]["state"]
    return state


def _send_to_all(client: httpx.Client) -> str:
    numbers = [f"+39-{number.removeprefix('+39')}" for number in ROWS]
    body = {"sender": "My Shop", "body": "v1", "recipients": numbers}
    identifier: str = client.post("/v1/messages/", json=body).json()["data"][0]["id"]
    return identifier


def _descriptions(client: httpx.Client, identifier: str) -> dict[str, str]:
    found = client.get(f"/v1/messages/{identifier}/recipients/").json()["data"]
    return {one["number"].replace("-", ""): one["state_description"] for one in found}
