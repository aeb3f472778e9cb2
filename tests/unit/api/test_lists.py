"""GET /messages: how the next page is told."""

import httpx
import pytest

NEXT = bytes.fromhex("65f2c1a000000000000000ff")


async def test_a_list_with_nothing_after_it_tells_of_no_next_page(client: httpx.AsyncClient):
    answer = await client.get("messages")
    assert answer.json() == {"data": []}
    assert "link" not in answer.headers


async def test_the_next_page_is_told_in_the_body_and_in_a_link(
    client: httpx.AsyncClient, backstage
):
    backstage.next_before = NEXT
    answer = await client.get("messages", params={"limit": "5", "state": "NEW"})
    assert answer.json()["nextCursor"] == NEXT.hex()
    assert answer.links["next"]["url"] == f"?limit=5&state=NEW&cursor={NEXT.hex()}"
    again = await client.get(str(answer.url.join(answer.links["next"]["url"])))
    assert again.status_code == 200
    first, second = backstage.listed
    assert (second.limit, second.states, second.before) == (5, first.states, NEXT)


async def test_a_skip_that_leads_too_far_is_refused_and_says_what_to_do(
    client: httpx.AsyncClient, backstage
):
    backstage.next_before = NEXT
    answer = await client.get("messages?skip=500000&state=NEW")
    assert (answer.status_code, answer.json()["code"]) == (422, 1001)
    assert answer.json()["message"].startswith("skip leads past")
    assert "nextCursor" in answer.json()["message"]


@pytest.mark.parametrize(
    "query", ["cursor=x", "state=OPEN", "recipient=39", "from=now", "to=later", "limit=0", "skip=x"]
)
async def test_a_wrong_parameter_is_1001_and_is_named(client: httpx.AsyncClient, query: str):
    answer = await client.get(f"messages?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, 1001)
    assert answer.json()["message"].startswith(query.partition("=")[0])
