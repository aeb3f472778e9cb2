"""What v1 answers is said once and for all: no failure after the message was kept changes it."""

from typing import Any

import httpx
import msgspec
import pytest
from bulk_hand import bulk_request, italians
from database_proxy import cut_after_the_answer, database_proxy, proxied

from staffetta.accounts.terms import DEFAULT_TERMS
from staffetta.api.server import make_app
from staffetta.api.v1.recipients import PAGE_OCTETS_MAX
from staffetta.domain.environments import Environment
from staffetta.messaging.accept import AcceptRules
from staffetta.messaging.bell import Bell
from staffetta.messaging.bulk.accept import BulkAcceptor
from staffetta.messaging.bulk.desk import BulkDesk
from staffetta.messaging.inspection import Space

BASE = "http://127.0.0.1:8080/v1"


def body_of(count: int, **changes: Any) -> dict[str, Any]:
    return {"sender": "alberto", "body": "ciao", "recipients": italians(count), **changes}


def client_of(site: Any, bulk: BulkDesk | None = None) -> httpx.AsyncClient:
    """A client of v1; with `bulk`, of a process that has its messages through that."""
    context = msgspec.structs.replace(site.context, bulk=bulk or site.context.bulk)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(make_app(context)),
        base_url=BASE,
        headers={"Authorization": site.production.headers["Authorization"]},
    )


@pytest.mark.parametrize("closes", [False, True], ids=["POST", "PUT"])
async def test_what_was_kept_is_answered_though_the_database_is_gone(
    site: Any, database_url: str, *, closes: bool
) -> None:
    gateway = site.gateway
    with database_proxy(database_url) as proxy:
        async with proxied(database_url, proxy, patience_seconds=0.2) as database:
            acceptor = BulkAcceptor(
                database, Bell(database), gateway.snapshots, AcceptRules(), gateway.ids
            )
            async with client_of(site, BulkDesk(database, acceptor)) as client:
                if closes:
                    opened = await client.post("/messages/", json=body_of(2, transaction=True))
                    path = f"/messages/{opened.json()['data'][0]['id']}"
                    cut_after_the_answer(proxy)
                    answer = await client.put(path, json={"transaction": False})
                else:
                    cut_after_the_answer(proxy)
                    answer = await client.post("/messages/", json=body_of(2))
    assert answer.status_code == (200 if closes else 201), answer.text
    data = answer.json()["data"]
    shown = data if closes else data[0]
    async with client_of(site) as client:
        (read,) = (await client.get(f"/messages/{shown['id']}")).json()["data"]
    assert shown == read
    assert read["price"] == 0.06


async def test_a_repeated_request_gets_the_first_answer(site: Any) -> None:
    headers = {"Idempotency-Key": "one"}
    body = body_of(3, transaction=True, options={"custom": {"a": [1, "ò"]}, "bulk": True})
    async with client_of(site) as client:
        first = await client.post("/messages/", json=body, headers=headers)
        path = f"/messages/{first.json()['data'][0]['id']}"
        change = {"recipients": [*italians(5), "nobody"], "options": {"timestamp_send": "3"}}
        await client.put(path, json=change)
        await client.put(path, json={"transaction": False})
        again = await client.post("/messages/", json=body, headers=headers)
        (now,) = (await client.get(path)).json()["data"]
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotent-replay"] == "true"
    assert again.json()["data"] == first.json()["data"]
    assert now["recipients"]["valid"]["count"] == 5
    assert not now["transaction"]


async def test_a_wrong_callback_is_named_as_v1_names_it(site: Any) -> None:
    url, field = "options.callback_url", "options.callback_field"
    wrong = (
        (url, {"callback_url": "ftp://example.com"}),
        (url, {"callback_url": "https://anna:secret@example.com"}),
        (field, {"callback_url": "https://example.com", "callback_field": ""}),
    )
    async with client_of(site) as client:
        for name, options in wrong:
            answer = await client.post("/messages/", json=body_of(1, options=options))
            assert (answer.status_code, answer.json()["error"]) == (422, 305)
            assert answer.json()["message"].startswith(name), answer.text
            assert "callback." not in answer.json()["message"].replace(name, "")


async def test_a_page_of_recipients_ends_at_some_megabytes_and_the_next_goes_on(site: Any) -> None:
    fields = {"x": "y" * 4000}
    count = 2 * PAGE_OCTETS_MAX // 4000 - 1000
    recipients = [{"number": number, "fields": fields} for number in italians(count)]
    production = Environment.PRODUCTION
    space = Space(site.account.spaces[production].space_id, production, DEFAULT_TERMS)
    made = await site.context.bulk.acceptor.accept(
        space, bulk_request(recipients, is_open=True), site.gateway.clock.now()
    )
    async with client_of(site) as client:
        path = f"/messages/{made.message_id.hex()}/recipients"
        first = await client.get(path, params={"limit": 10_000})
        shown = first.json()["data"]
        rest = (await client.get(path, params={"limit": 10_000, "skip": len(shown)})).json()["data"]
    assert PAGE_OCTETS_MAX < len(first.content) < PAGE_OCTETS_MAX * 1.1
    assert first.json()["message"] == f"{len(shown)} Results"
    assert [one["i"] for one in shown + rest] == list(range(count))
