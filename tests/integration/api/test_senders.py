"""Senders through the API: asked for, listed, and needed where an operator says so."""

from hand_gateway import START

from staffetta.compliance.decide_sender import decide_sender, require_approval
from staffetta.compliance.senders import SenderState
from staffetta.domain.environments import Environment

ALIAS = {
    "countryCode": "IT",
    "sender": "ACME",
    "trafficType": "transactional",
    "companyWebsite": "https://example.com",
    "industry": "parcels",
    "senderCompanyRelationship": "our name",
}


async def test_without_senders_there_are_none_to_be_found(site):
    answer = await site.production.get("senders")
    assert answer.status_code == 404
    assert answer.json() == {"code": 2074, "message": "No senders found"}


async def test_a_sender_is_pending_in_production_and_approved_in_the_sandbox(site):
    pending = {"countryCode": "IT", "sender": "ACME", "state": "PENDING"}
    answer = await site.production.post("senders/alias", json=ALIAS)
    assert (answer.status_code, answer.json()) == (201, {"data": pending})
    assert (await site.production.get("senders/")).json() == {"data": [pending]}
    answer = await site.sandbox.post("senders/alias/", json=ALIAS)
    assert answer.json() == {"data": {**pending, "state": "APPROVED"}}


async def test_asked_for_twice_it_is_answered_twice_and_kept_once(site):
    first = await site.production.post("senders/alias", json=ALIAS)
    again = await site.production.post("senders/alias", json={**ALIAS, "industry": "other"})
    assert (again.status_code, again.json()) == (201, first.json())
    assert len((await site.production.get("senders")).json()["data"]) == 1


async def test_refusals_name_the_field_or_the_rule(site):
    for changes, status, code, says in (
        ({"countryCode": "ZZ"}, 422, 1001, "countryCode"),
        ({"senderCompanyRelationship": "x" * 61}, 422, 1001, "senderCompanyRelationship"),
        ({"sender": "A!"}, 422, 2021, "sender"),
        ({"sender": "12345"}, 422, 2024, "purely numeric"),
    ):
        answer = await site.production.post("senders/alias", json={**ALIAS, **changes})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert says in answer.json()["message"]
    assert (await site.production.post("senders/alias", content=b"[]")).status_code == 400
    assert (await site.production.get("senders")).status_code == 404


async def test_each_call_has_a_scope_of_its_own(site):
    token = await site.make_token(Environment.PRODUCTION, ["GET:sms.openapi.com/senders"])
    headers = {"Authorization": f"Bearer {token}"}
    assert (await site.production.get("senders", headers=headers)).status_code == 404
    answer = await site.production.post("senders/alias", json=ALIAS, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (403, 125.23)
    assert "POST:sms.openapi.com/senders" in answer.json()["message"]


async def test_a_wrong_method_is_405(site):
    assert (await site.production.post("senders", json=ALIAS)).headers["allow"] == "GET"
    assert (await site.production.get("senders/alias")).headers["allow"] == "POST"


async def test_where_approval_is_needed_a_send_is_refused_until_the_sender_has_it(site):
    space = site.account.spaces[Environment.PRODUCTION]
    async with site.gateway.database.transaction() as connection:
        await require_approval(connection, "IT", START)
    await site.gateway.snapshots.refresh_once()
    refused = await site.send(sender="ACME")
    assert (refused.status_code, refused.json()["code"]) == (422, 2025)
    assert "not approved for country IT" in refused.json()["message"]
    await site.production.post("senders/alias", json=ALIAS)
    async with site.gateway.database.transaction() as connection:
        await decide_sender(
            connection, space.space_id, "IT", "ACME", SenderState.APPROVED, "", START
        )
    await site.gateway.snapshots.refresh_once()
    assert (await site.send(sender="ACME")).status_code == 201
    assert (await site.send(sender="Acme")).json()["code"] == 2025
    spanish = await site.send("ES-messages", recipient="+34612345678", sender="Other")
    assert spanish.status_code == 201
