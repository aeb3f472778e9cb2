"""v2's document says what v2's own code does: what it renders, and what it refuses."""

import re
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import httpx

from staffetta.accounts.token_limits import TokenLimits
from staffetta.api.openapi.document import document
from staffetta.api.openapi.services import SERVICES
from staffetta.api.v2.errors import CODES
from staffetta.db.errors import TryAgain
from staffetta.domain.languages import Language

V2 = SERVICES["v2"]
DOCUMENT = document("v2", Language.ENGLISH)
SENDERS = ("/senders", "get")
CHARGED_WORDS = 2050  # the second number of ForbiddenWords


def test_every_number_of_v2_s_table_stands_in_its_document() -> None:
    told = {
        (answer.status, answer.refused.error)
        for call in V2.calls
        for refusal in (*call.refusals, *V2.refused(call))
        if (answer := V2.answer(call, refusal)).refused is not None
    }
    assert set(CODES.values()) - told == set()
    assert (422, CHARGED_WORDS) in told


def test_the_servers_are_this_one_s_and_the_published_names_the_sandbox_first() -> None:
    assert [server["url"] for server in DOCUMENT["servers"]] == [
        "/sandbox/v2",
        "/v2",
        "https://test.sms.openapi.com",
        "https://sms.openapi.com",
    ]


def test_sends_tell_of_their_callbacks_with_the_signature() -> None:
    told: dict[str, Any] = DOCUMENT["components"]["callbacks"]["StateChanged"]
    (operation,) = [one["post"] for one in told.values()]
    assert [one["name"] for one in operation["parameters"]] == [
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    ]
    for path in ("/IT-messages", "/ES-messages", "/WW-messages", "/otp"):
        (callback,) = DOCUMENT["paths"][path]["post"]["callbacks"].values()
        assert callback == {"$ref": "#/components/callbacks/StateChanged"}


def example(path: str, method: str, status: int, number: str) -> Any:
    """The body of an example."""
    given = DOCUMENT["paths"][path][method]["responses"][str(status)]
    if "$ref" in given:
        given = DOCUMENT["components"]["responses"][given["$ref"].rpartition("/")[2]]
    return given["content"]["application/json"]["examples"][number]["value"]


def plain(body: Any) -> Any:
    """A body without the ids, numbers and addresses that differ from one request to the next."""
    return {**body, "message": re.sub(r"\b[0-9a-f]{12,}\b|\b[0-9.]+", "#", body["message"])}


async def test_what_concerns_the_token_is_refused_as_the_examples_say(
    app: Any, backstage: Any, settings: Any, client: httpx.AsyncClient
) -> None:
    stranger = await client.get("/senders", headers={"Authorization": "Bearer " + "0" * 24})
    assert (stranger.status_code, stranger.json()) == (401, example(*SENDERS, 401, "125.22"))
    backstage.outcome = ZeroDivisionError("a fault of ours")
    fault = await client.post("/IT-messages", json={"recipient": "+393331234567", "message": "x"})
    assert fault.status_code == 500
    assert plain(fault.json()) == plain(example("/IT-messages", "post", 500, "2099"))
    backstage.outcome = TryAgain()
    away = await client.post("/IT-messages", json={"recipient": "+393331234567", "message": "x"})
    assert (away.status_code, away.json()) == (503, example(*SENDERS, 503, "2081"))
    token = client.headers["Authorization"].removeprefix("Bearer ")
    for _ in range(settings.requests_per_minute_max):
        limited = await client.get("/messages")
    assert limited.status_code == 429
    assert plain(limited.json()) == plain(example(*SENDERS, 429, "2090"))
    grant = backstage.grants[token]
    there = TokenLimits(networks=(ip_network("203.0.113.7"),))
    backstage.grants[token] = replace(grant, limits=there)
    elsewhere = await client.get("/senders")
    assert elsewhere.status_code == 403
    assert plain(elsewhere.json()) == plain(example(*SENDERS, 403, "125.24"))
