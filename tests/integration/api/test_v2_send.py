"""Sending through v2, on everything real but the carrier: the contract's tables of section 5."""

import asyncio

import httpx
import pytest
from hand_gateway import accepted

from staffetta.domain.environments import Environment

PRODUCTION, SANDBOX = Environment.PRODUCTION, Environment.SANDBOX
ITALIAN, SPANISH, FRENCH = "+393331234567", "+34612345678", "+33612345678"
URL = "https://example.com/callback"


async def test_a_201_shows_the_whole_message(site):
    callback = {
        "url": URL,
        "method": "POST",
        "field": "data",
        "retry": 3,
        "headers": {"session_id": "9834r5fh589494"},
        "custom": {"my_custom_id": "123456789"},
    }
    answer = await site.send(sender="MyCompany", callback=callback)
    assert answer.status_code == 201
    message = answer.json()["data"]
    assert len(message.pop("id")) == 24
    assert message == {
        "username": "anna@example.com",
        "state": "NEW",
        "sender": "MyCompany",
        "recipient": ITALIAN,
        "internationalPrefix": "39",
        "countryCode": "IT",
        "message": "hello",
        "encoding": "GSM-7",
        "charactersCount": 5,
        "messageCount": 1,
        "price": 0.03,
        "totalPrice": 0.03,
        "blocklisted": False,
        "blocklistedReason": None,
        "options": {"dryRun": False, "failOnMultipleMessages": False},
        "callback": callback,
        "createdAt": "2026-03-14T09:26:53Z",
        "updatedAt": "2026-03-14T09:26:53Z",
        "sentAt": None,
        "deliveredAt": None,
    }


async def test_what_was_sent_is_found_by_id_and_in_the_list(site):
    messages = [(await site.send(message=text)).json()["data"] for text in ("one", "two")]
    for message in messages:
        found = await site.production.get(f"messages/{message['id']}")
        assert (found.status_code, found.json()) == (200, {"data": message})
    listed = (await site.production.get("messages")).json()["data"]
    assert listed == messages[::-1]
    page = await site.production.get("messages/", params={"skip": 1, "limit": 1})
    assert page.json()["data"] == messages[:1]


@pytest.mark.parametrize("message_id", ["0" * 24, "xyz", "65f2c1a0", "0" * 25])
async def test_an_unknown_message_is_2070(site, message_id: str):
    answer = await site.production.get(f"messages/{message_id}")
    assert (answer.status_code, answer.json()["code"]) == (404, 2070)


@pytest.mark.parametrize(
    ("segment", "recipient", "country", "price"),
    [
        ("IT-messages", ITALIAN, "IT", 0.03),
        ("ES-messages", SPANISH, "ES", 0.04),
        ("WW-messages", FRENCH, "FR", 0),
        ("WW-messages", ITALIAN, "IT", 0),
    ],
)
async def test_each_market_has_its_price(
    site, segment: str, recipient: str, country: str, price: float
):
    message = (await site.send(segment, recipient=recipient, message="x" * 161)).json()["data"]
    assert (message["countryCode"], message["messageCount"]) == (country, 2)
    assert (message["price"], message["totalPrice"]) == (price, 2 * price)


SENDS = [
    ({"recipient": "393331234567"}, 422, 2011),
    ({"recipient": "+39 333 1234567"}, 422, 2011),
    ({"recipient": "+390612345678"}, 422, 2011),
    ({"recipient": ""}, 422, 2011),
    ({"recipient": SPANISH}, 422, 2013),
    ({"recipient": "+37866661212"}, 422, 2013),
    ({"sender": "ab"}, 422, 2021),
    ({"sender": "twelve chars"}, 422, 2021),
    ({"sender": "Café"}, 422, 2021),
    ({"sender": "12345"}, 422, 2024),
    ({"sender": "123456789012"}, 422, 2024),
    ({"message": ""}, 422, 2031),
    ({"message": "x" * 1531}, 422, 2031),
    ({"message": "x" * 161, "options": {"failOnMultipleMessages": True}}, 422, 2030),
    ({"message": "è" * 71 + "ç", "options": {"failOnMultipleMessages": True}}, 422, 2030),
    ({"message": None}, 422, 1001),
    ({"message": "a\0"}, 422, 1001),
    ({"message": "a\ud800"}, 422, 1001),
    ({"callback": {"url": URL, "custom": {"a": "\0"}}}, 422, 1001),
    ({"callback": "x"}, 422, 1001),
    ({"callback": {}}, 422, 2060),
    ({"callback": {"url": "example.com/cb"}}, 422, 2060),
    ({"callback": {"url": "ftp://example.com"}}, 422, 2060),
    ({"callback": {"url": URL, "method": "GET"}}, 422, 2060),
    ({"callback": {"url": URL, "field": 5}}, 422, 2060),
    ({"callback": {"url": URL, "retry": 6}}, 422, 2060),
    ({"callback": {"url": URL, "retry": "3"}}, 422, 2060),
    ({"callback": {"url": URL, "headers": {"a": 1}}}, 422, 2060),
    ({"callback": {"url": URL, "headers": {"a": "b\r\nc: d"}}}, 422, 2060),
    ({"callback": {"url": URL, "custom": "x"}}, 422, 2060),
    ({"message": "x" * 1530}, 201, None),
    ({"sender": None}, 201, None),
    ({"sender": ""}, 201, None),
    ({"callback": {"url": URL}}, 201, None),
    ({"callback": {"url": URL, "method": "POST", "retry": 0, "custom": {"a": [1]}}}, 201, None),
    ({"callback": None, "options": None}, 201, None),
]


async def test_the_table_of_refusals(site):
    """One database for all rows: what is refused leaves nothing behind."""
    before = await site.balance(PRODUCTION)
    for changes, status, code in SENDS:
        answer = await site.send(**changes)
        got = (answer.status_code, answer.json().get("code"))
        assert got == (status, code), (changes, answer.text)
        if code is not None:
            assert list(answer.json()) == ["code", "message"]
    sent = (await site.production.get("messages")).json()["data"]
    assert len(sent) == sum(status == 201 for _, status, _ in SENDS)
    charged = sum(round(message["totalPrice"] * 1e6) for message in sent)
    assert await site.balance(PRODUCTION) == before - charged


ORDER = [  # each row has two faults: the first in the contract's order is told
    ({"recipient": "x", "sender": "1"}, 2011),
    ({"recipient": SPANISH, "sender": "1"}, 2013),
    ({"sender": "1", "message": ""}, 2024),
    ({"sender": "a", "message": ""}, 2021),
    ({"message": "", "callback": {}}, 2031),
    ({"message": "x" * 161, "options": {"failOnMultipleMessages": True}, "callback": {}}, 2030),
    ({"recipient": None, "callback": {}}, 1001),
]


async def test_refusals_come_in_the_order_of_the_contract(site):
    for changes, code in ORDER:
        assert (await site.send(**changes)).json()["code"] == code, changes


async def test_without_enough_credit_it_is_2001_and_says_how_much(site):
    async with site.gateway.database.transaction() as connection:
        await connection.execute(
            "UPDATE wallet SET balance_micro = 50000 WHERE space_id = $1",
            site.account.spaces[PRODUCTION].space_id,
        )
    answer = await site.send(message="x" * 161)
    assert (answer.status_code, answer.json()["code"]) == (402, 2001)
    assert "0.06" in answer.json()["message"]
    assert "0.05" in answer.json()["message"]


async def test_without_a_route_it_is_2080(site):
    async with site.gateway.database.transaction() as connection:
        await connection.execute("DELETE FROM route WHERE environment = 'production'")
    await site.gateway.snapshots.refresh_once()
    answer = await site.send()
    assert (answer.status_code, answer.json()["code"]) == (503, 2080)


async def test_a_dry_run_costs_nothing_stays_new_and_is_not_listed(site):
    before = await site.balance(PRODUCTION)
    answer = await site.send(options={"dryRun": True})
    message = answer.json()["data"]
    assert (answer.status_code, message["state"], message["price"]) == (201, "NEW", 0.03)
    assert message["options"]["dryRun"] is True
    found = await site.production.get(f"messages/{message['id']}")
    assert found.json()["data"] == message
    assert (await site.production.get("messages")).json() == {"data": []}
    assert await site.balance(PRODUCTION) == before


async def test_the_same_key_and_body_answers_the_first_201_again(site):
    async def send(key: str, text: str, segment: str = "IT-messages") -> httpx.Response:
        body = {"recipient": ITALIAN, "message": text}
        return await site.production.post(segment, json=body, headers={"Idempotency-Key": key})

    first, again = await send("k1", "hello"), await send("k1", "hello")
    assert "idempotent-replay" not in first.headers
    assert (again.status_code, again.headers["idempotent-replay"]) == (201, "true")
    assert again.json() == first.json()
    other = await send("k1", "other")
    assert (other.status_code, other.json()["code"]) == (422, 1002)
    assert (await send("k1", "other", "WW-messages")).status_code == 201
    assert (await send("k2", "hello")).json() != first.json()


async def test_a_refusal_leaves_the_key_free(site):
    headers = {"Idempotency-Key": "k"}
    bad = await site.production.post("IT-messages", json={"recipient": "x"}, headers=headers)
    assert bad.status_code == 422
    body = {"recipient": ITALIAN, "message": "hello"}
    assert (
        await site.production.post("IT-messages", json=body, headers=headers)
    ).status_code == 201


async def test_equal_keys_at_once_are_one_message(site):
    body = {"recipient": ITALIAN, "message": "hello"}
    answers = await asyncio.gather(
        *(
            site.production.post("IT-messages", json=body, headers={"Idempotency-Key": "k"})
            for _ in range(20)
        )
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["data"]["id"] for answer in answers}) == 1


async def test_the_worlds_are_apart(site):
    before = await site.balance(PRODUCTION), await site.balance(SANDBOX)
    body = {"recipient": ITALIAN, "message": "hello"}
    message = (await site.sandbox.post("IT-messages", json=body)).json()["data"]
    assert (await site.sandbox.get(f"messages/{message['id']}")).status_code == 200
    assert (await site.production.get(f"messages/{message['id']}")).status_code == 404
    assert (await site.production.get("messages")).json() == {"data": []}
    assert await site.balance(PRODUCTION) == before[0]
    assert await site.balance(SANDBOX) == before[1] - 30_000
    crossed = await site.sandbox.get(
        "messages", headers={"Authorization": site.production.headers["authorization"]}
    )
    assert (crossed.status_code, crossed.json()["error"]) == (401, 125.22)


async def test_a_message_of_another_account_does_not_exist(site):
    claim = await site.gateway.accept_and_claim()
    answer = await site.production.get(f"messages/{claim.recipient_id.hex()}")
    assert (answer.status_code, answer.json()["code"]) == (404, 2070)


async def test_a_submitted_message_is_pending_and_has_a_time(site):
    message_id = (await site.send()).json()["data"]["id"]
    await site.gateway.worker.dispatcher.dispatch_once()
    site.gateway.clock.advance(5)
    await site.gateway.settle(site.gateway.connector.claims[-1], accepted("id-1"))
    message = (await site.production.get(f"messages/{message_id}")).json()["data"]
    assert (message["state"], message["sentAt"]) == ("PENDING", "2026-03-14T09:26:58Z")
    site.gateway.clock.advance(5)
    await site.gateway.report(site.gateway.delivered("id-1"))
    message = (await site.production.get(f"messages/{message_id}")).json()["data"]
    assert (message["state"], message["deliveredAt"]) == ("DELIVERED", "2026-03-14T09:27:03Z")


async def test_a_token_that_is_revoked_expired_or_of_few_scopes(site):
    few = await site.make_token(PRODUCTION, ["GET:sms.openapi.com/messages"])
    headers = {"Authorization": f"Bearer {few}"}
    assert (await site.production.get("messages", headers=headers)).status_code == 200
    refused = await site.production.post("IT-messages", content=b"{", headers=headers)
    assert (refused.status_code, refused.json()["error"]) == (403, 125.23)
    own = await site.make_token(PRODUCTION, ["POST:127.0.0.1:8080/IT-messages"])
    allowed = await site.production.post(
        "IT-messages",
        json={"recipient": ITALIAN, "message": "hello"},
        headers={"Authorization": f"Bearer {own}"},
    )
    assert allowed.status_code == 201
    site.gateway.clock.advance(366 * 24 * 3600)
    assert (await site.production.get("messages", headers=headers)).status_code == 401


async def test_a_blocklisted_account_is_2020(site):
    async with site.gateway.database.transaction() as connection:
        await connection.execute(
            "UPDATE space SET blocklisted_at = $1 WHERE id = $2",
            site.gateway.clock.now(),
            site.account.spaces[PRODUCTION].space_id,
        )
    answer = await site.send()
    assert (answer.status_code, answer.json()["code"]) == (403, 2020)


async def test_a_closed_intake_is_503_and_the_list_still_answers(site):
    site.gateway.intake.close()
    answer = await site.send()
    assert (answer.status_code, answer.json()["code"]) == (503, 2081)
    assert int(answer.headers["retry-after"]) >= 1
    assert (await site.production.get("messages")).status_code == 200
