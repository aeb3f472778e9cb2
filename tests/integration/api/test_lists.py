"""GET /messages on a real database: a client that follows the pages, and one that filters."""

from datetime import UTC, datetime

import httpx


async def follow(client: httpx.AsyncClient, query: str) -> list[list[str]]:
    """The ids of every page, by the Link headers alone."""
    pages, url = [], client.base_url.join(f"messages?{query}")
    while True:
        answer = await client.get(url)
        assert answer.status_code == 200, answer.text
        pages.append([message["id"] for message in answer.json()["data"]])
        assert ("nextCursor" in answer.json()) == ("next" in answer.links)
        if "next" not in answer.links:
            return pages
        url = answer.url.join(answer.links["next"]["url"])


async def test_a_client_that_follows_the_links_sees_every_message_once(site):
    made = []
    for _ in range(5):
        made.insert(0, (await site.send()).json()["data"]["id"])
    assert await follow(site.production, "limit=2") == [made[:2], made[2:4], made[4:]]
    assert await follow(site.production, "limit=2&state=NEW") == [made[:2], made[2:4], made[4:]]
    assert await follow(site.production, "limit=5") == [made]
    assert await follow(site.production, "skip=3&limit=1") == [[made[3]], [made[4]]]
    assert await follow(site.sandbox, "limit=2") == [[]]


async def test_a_client_filters_by_recipient_state_and_time(site):
    await site.send()
    french = await site.send("WW-messages", recipient="+33612345678")
    message = french.json()["data"]
    created_at = datetime.fromisoformat(message["createdAt"]).astimezone(UTC)
    for query in (
        "recipient=%2B33612345678",
        "recipient=+33612345678",
        f"recipient=%2B33612345678&state=NEW&from={created_at:%Y-%m-%d}",
    ):
        answer = await site.production.get(f"messages?{query}")
        assert answer.json()["data"] == [message]
    for query in ("recipient=%2B34612345678", "state=DELIVERED", f"to={created_at:%Y-%m-%d}"):
        assert (await site.production.get(f"messages?{query}")).json() == {"data": []}
