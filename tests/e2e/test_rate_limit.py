"""One token's limit on a server that answers with several processes."""

import asyncio
import time
from collections import Counter
from pathlib import Path

import httpx
from installation import Installation, running, wait_for

LIMIT = 400
CONNECTIONS = 64
_TRIES = 3  # a minute may end while requests are made, but not three times


async def offer(installation: Installation, token: str, count: int) -> Counter[int]:
    """How many of so many requests at once were answered with each status."""
    async with httpx.AsyncClient(
        base_url=f"{installation.url}/sandbox/v2",
        headers={"Authorization": f"Bearer {token}"},
        limits=httpx.Limits(max_connections=CONNECTIONS),
        timeout=60,
    ) as client:
        answers = await asyncio.gather(*(client.get("/messages?limit=1") for _ in range(count)))
    assert {answer.headers["ratelimit-limit"] for answer in answers} == {str(LIMIT)}
    return Counter(answer.status_code for answer in answers)


def test_two_processes_together_allow_the_limit_of_a_token(tmp_path: Path) -> None:
    settings = {
        "STAFFETTA_API_PROCESSES": "2",
        "STAFFETTA_RATE_LIMIT_PER_MINUTE": str(LIMIT),
    }
    with running(tmp_path / "data", **settings) as installation:
        installation.json("account", "create", "--email", "alice@example.com")
        for _ in range(_TRIES):
            whose = ("--email", "alice@example.com", "--environment", "sandbox")
            token = installation.json("token", "create", *whose)["token"]
            minute = int(time.time()) // 60
            statuses = asyncio.run(offer(installation, token, 3 * LIMIT))
            if int(time.time()) // 60 == minute:
                break
            wait_for(lambda: time.time() % 60 < 5, 90, "the next try has a minute to itself")
        assert set(statuses) == {200, 429}
        assert LIMIT * 0.95 <= statuses[200] <= LIMIT
