"""POST /explain: what a send would do, and nothing of it done."""

import json
from typing import Any

from hand_gateway import make_connector

from staffetta.domain.environments import Environment

ITALIAN, FRENCH = "+393331234567", "+33612345678"


async def explain(site, **body: Any) -> dict[str, Any]:
    content = json.dumps({"recipient": ITALIAN, "message": "hello", **body})
    answer = await site.production.post("explain", content=content)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def traces(site) -> list[int]:
    return [
        (await site.gateway.rows(f"SELECT count(*) AS count FROM {table}"))[0]["count"]
        for table in ("message", "recipient", "hold", "blocklisting", "bundle_use")
    ]


async def test_a_good_message_is_explained_whole(site):
    said = await explain(site, sender="MyCompany")
    (route,) = said.pop("routes")
    assert said == {
        "accepted": True,
        "market": "IT",
        "refusals": [],
        "recipient": {"number": ITALIAN, "internationalPrefix": "39", "countryCode": "IT"},
        "sender": {
            "asked": "MyCompany",
            "used": "MyCompany",
            "rule": "3 to 11 unaccented letters, digits and spaces, not digits alone",
        },
        "encoding": {
            "name": "GSM-7",
            "charactersCount": 5,
            "messageCount": 1,
            "reason": "every character is in the GSM 03.38 alphabet or its extension",
            "forcedBy": [],
            "replaced": None,
        },
        "segments": [{"number": 1, "message": "hello"}],
        "price": {
            "price": 0.03,
            "totalPrice": 0.03,
            "charged": "on acceptance",
            "bundleSegments": 0,
            "held": 0,
            "needed": 0.03,
            "available": 20,
        },
    }
    assert (route["chosen"], route["countryCode"], route["price"]) == (True, "IT", 0.03)


async def test_nothing_is_stored_charged_or_blocked(site):
    await site.gateway.rows(
        "INSERT INTO forbidden_word (kind, text, created_at) VALUES ('word', 'casino', now())"
    )
    await site.gateway.snapshots.refresh_once()
    before = await site.balance(Environment.PRODUCTION)
    said = await explain(site, message="the casino")
    assert [one["code"] for one in said["refusals"]] == [2050]
    assert (await explain(site, market="WW", message="the casino"))["refusals"][0]["code"] == 2044
    assert await site.balance(Environment.PRODUCTION) == before
    assert await traces(site) == [0, 0, 0, 0, 0]
    assert (await site.send()).status_code == 201


async def test_it_says_which_characters_cost_and_what_could_stand_for_them(site):
    said = (await explain(site, message="it’s " + "x" * 70))["encoding"]
    assert (said["name"], said["messageCount"]) == ("UCS-2", 2)
    assert said["forcedBy"] == [
        {
            "character": "’",
            "codePoint": "U+2019",
            "name": "RIGHT SINGLE QUOTATION MARK",
            "count": 1,
            "position": 2,
            "replacement": "'",
        }
    ]
    assert (said["replaced"]["name"], said["replaced"]["messageCount"]) == ("GSM-7", 1)


async def test_every_refusal_is_told_at_once_in_the_order_of_the_checks(site):
    said = await explain(
        site,
        market="ES",
        sender="12",
        message="y" * 1531,
        callback={"url": "nowhere"},
    )
    assert [one["code"] for one in said["refusals"]] == [2013, 2024, 2031, 2060]
    assert said["accepted"] is False
    first = await site.send("ES-messages", sender="12", message="y" * 1531)
    assert first.json()["code"] == 2013


async def test_each_segment_is_shown(site):
    said = await explain(site, message="a" * 153 + "b")
    assert [part["message"] for part in said["segments"]] == ["a" * 153 + "b"]
    said = await explain(site, message="a" * 153 + "b" * 10)
    assert [part["message"] for part in said["segments"]] == ["a" * 153, "b" * 10]


async def test_routes_come_best_first_with_their_reasons(site):
    await make_connector(site.gateway.database, "dear", {"IT": 90_000})
    await make_connector(site.gateway.database, "anywhere", {"*": 1_000})
    await site.gateway.snapshots.refresh_once()
    said = (await explain(site))["routes"]
    assert [(route["price"], route["reason"]) for route in said] == [
        (0.03, "it goes first"),
        (0.09, "of the same rank, it costs more"),
        (0.001, "of the same rank, a route for IT goes before one for any country"),
    ]


async def test_a_world_message_says_what_would_be_held(site):
    said = await explain(site, recipient=FRENCH, message="x" * 161)
    assert said["market"] == "WW"
    assert (said["price"]["charged"], said["price"]["held"], said["price"]["needed"]) == (
        "when sent",
        0.16,
        2,
    )


async def test_low_credit_is_a_refusal_with_its_figures(site):
    space_id = site.account.spaces[Environment.PRODUCTION].space_id
    await site.gateway.rows(
        "UPDATE wallet SET floor_micro = 0, held_micro = balance_micro - 10000 WHERE space_id = $1",
        space_id,
    )
    said = await explain(site)
    assert [(one["status"], one["code"]) for one in said["refusals"]] == [(402, 2001)]
    assert said["price"]["available"] == 0.01


async def test_a_blocked_account_is_told_so_first_whatever_else_is_wrong(site):
    await site.gateway.rows("UPDATE space SET blocklisted_at = now()")
    assert [one["code"] for one in (await explain(site))["refusals"]] == [2020]
    said = await explain(site, recipient="+39 333")
    assert [one["code"] for one in said["refusals"]] == [2020, 2011]


async def test_what_is_no_number_leaves_the_rest_explained(site):
    said = await explain(site, recipient="+39 333")
    assert [one["code"] for one in said["refusals"]] == [2011]
    assert (said["recipient"], said["routes"], said["price"]) == (None, [], None)
    assert said["encoding"]["charactersCount"] == 5


async def test_a_bad_body_is_refused_as_a_send_is(site):
    for content, code in (("[]", 1000), ('{"recipient": "+39"}', 1001)):
        answer = await site.production.post("explain", content=content)
        assert answer.json()["code"] == code
    said = await site.production.post(
        "explain", content='{"recipient": "+39", "message": "x", "market": "FR"}'
    )
    assert "market" in said.json()["message"]


async def test_each_route_says_how_its_carrier_gets_the_text(site):
    (usual,) = (await explain(site, message="€ " * 80))["routes"]
    assert usual["written"] is None
    await site.gateway.rows(
        "UPDATE connector SET settings = $2 WHERE id = $1",
        usual["connector"],
        {"alphabet": "latin1", "transliterate": "punctuation", "long_messages": "udh16"},
    )
    said = await explain(site, message="€ " * 80)
    assert said["encoding"]["messageCount"] == 2
    assert said["routes"][0]["written"] == {
        "how": "it is UCS-2, for the carrier's alphabet lacks a character;"
        " its parts are joined by a reference of 16 bits",
        "name": "UCS-2",
        "message": "€ " * 80,
        "messageCount": 3,
    }
    said = await explain(site, message="It’s here")
    assert said["routes"][0]["written"] == {
        "how": "it is written in Latin-1; its punctuation is replaced",
        "name": "GSM-7",
        "message": "It's here",
        "messageCount": 1,
    }
