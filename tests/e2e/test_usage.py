"""A whole server: what was asked before it stopped is counted after, limits included."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from installation import Installation, running, wait_for

TOTAL = 150
_FIRST, _MORE = 60, 200


async def offer(installation: Installation, token: str, count: int) -> Counter[int]:
    async with httpx.AsyncClient(
        base_url=f"{installation.url}/sandbox/v2",
        headers={"Authorization": f"Bearer {token}"},
        limits=httpx.Limits(max_connections=32),
        timeout=60,
    ) as client:
        answers = await asyncio.gather(*(client.get("/messages?limit=1") for _ in range(count)))
    return Counter(answer.status_code for answer in answers)


def account_of(installation: Installation) -> httpx.Client:
    """An account's own client of OAuth v2, in the sandbox."""
    made = installation.json("account", "create", "--email", "alice@example.com")
    return httpx.Client(
        base_url=f"{installation.url}/sandbox/oauth/v2",
        auth=("alice@example.com", made["api_keys"]["sandbox"]),
        timeout=60,
    )


def totals(account: httpx.Client) -> dict[str, Any]:
    today: dict[str, Any] = account.get("/stats", params={"date": f"{datetime.now(UTC):%Y}"}).json()
    return today["data"]


def test_two_processes_count_all_and_hold_a_token_to_its_total_over_a_restart(
    tmp_path: Path,
) -> None:
    with running(tmp_path / "data", STAFFETTA_API_PROCESSES="2") as installation:
        account = account_of(installation)
        made = account.post(
            "/tokens",
            json={
                "scopes": ["GET:test.sms.openapi.com/messages"],
                "limits": {"totalRequests": TOTAL, "ip": ["127.0.0.0/8"]},
            },
        ).json()
        token = made["data"]["token"]
        assert asyncio.run(offer(installation, token, _FIRST)) == {200: _FIRST}
        assert installation.stop() == 0  # at once: nothing waits for the next second
        installation.start()
        assert totals(account)["totalRequests"] == _FIRST
        statuses = asyncio.run(offer(installation, token, _MORE))
        # Each process may sit on a block that the other one would have used.
        assert TOTAL - _FIRST - 2 <= statuses[200] <= TOTAL - _FIRST
        assert set(statuses) == {200, 429}
        # It is written each second.
        wait_for(lambda: totals(account)["totalRequests"] == _FIRST + _MORE, what="all counted")
        counted = totals(account)
        assert counted["errorRequests"] == _MORE - statuses[200]
        assert counted["totalIps"] == 1
        account.close()
