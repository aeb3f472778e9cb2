"""The guide to the sandbox's numbers says what clients of both generations see."""

import re
from typing import Any

import httpx
from guide_blocks import GUIDES
from guide_site import GuideSite
from installation import wait_for

from staffetta.connectors.simulated.behaviours import BEHAVIOURS

_ROW = re.compile(r"^\| (\+\d+)[^|]*\| `([A-Z]+)` \| ([A-Z_]+) \|", re.MULTILINE)
ROWS = {number: (v2, v1) for number, v2, v1 in _ROW.findall((GUIDES / "numbers.md").read_text())}


def test_each_number_of_the_network_is_told_of() -> None:
    endings = {number[-4:] for number in ROWS}
    assert endings == {"9900", *(behaviour.digits for behaviour in BEHAVIOURS)}


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

        wait_for(reads_as_told, 30, f"{seen}")
        described = {number: v1 for number, (_, v1) in ROWS.items()}
        wait_for(lambda: _descriptions(client, many) == described, 30, f"{described}")


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
