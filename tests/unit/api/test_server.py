"""What is the same for every call: paths, methods, bodies, rates, faults, own pages."""

import asyncio
import json

import httpx
import pytest
from structlog.testing import capture_logs

from staffetta.api.asgi import AsgiApp
from staffetta.api.context import ApiSettings
from staffetta.db.errors import NotConnected, TryAgain
from staffetta.domain.environments import Environment
from staffetta.domain.errors import NotAcceptingNow

BODY = {"recipient": "+393331234567", "message": "hello"}


def envelope(status: int, message: str) -> dict[str, object]:
    return {"data": None, "success": False, "message": message, "error": status}


@pytest.mark.parametrize("path", ["", "/nothing", "/messages/ab/recipients", "/IT-messages/x"])
async def test_an_unknown_path_is_404_in_the_words_of_v2(client: httpx.AsyncClient, path: str):
    answer = await client.get(f"http://127.0.0.1/v2{path}")
    assert answer.status_code == 404
    assert answer.json() == {"code": 2071, "message": f"there is no call at /v2{path}"}


@pytest.mark.parametrize("room", ["/v1", "/oauth/v1", "/oauth/v2", "/sandbox/v1"])
async def test_an_unknown_path_is_404_in_the_platforms_envelope(
    client: httpx.AsyncClient, room: str
):
    answer = await client.get(f"http://127.0.0.1{room}/nothing/")
    inside = room.removeprefix("/sandbox")
    assert answer.status_code == 404
    assert answer.json() == envelope(404, f"there is no call at {inside}/nothing")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "IT-messages", "POST"),
        ("PUT", "WW-messages", "POST"),
        ("POST", "messages", "GET"),
        ("PUT", "messages/65f2c1a00000000000000000", "GET, DELETE"),
        ("OPTIONS", "messages", "GET"),
    ],
)
async def test_a_wrong_method_is_405_and_says_which_are_right(
    client: httpx.AsyncClient, method: str, path: str, allow: str
):
    answer = await client.request(method, path, headers={"Authorization": ""})
    assert (answer.status_code, answer.json()["code"]) == (405, 2072)
    assert answer.headers["allow"] == allow


async def test_a_host_header_that_is_none_leaves_the_path_to_decide(client: httpx.AsyncClient):
    assert (await client.get("messages", headers={"Host": "a b"})).status_code == 200
    answer = await client.get("http://127.0.0.1/healthz", headers={"Host": "a b"})
    assert (answer.status_code, answer.json()["code"]) == (400, 1000)


async def test_a_final_slash_changes_nothing(client: httpx.AsyncClient):
    assert (await client.get("messages/")).status_code == 200
    assert (await client.post("IT-messages/", json=BODY)).status_code == 201


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_over_the_limit_is_413(client: httpx.AsyncClient, backstage, announced: bool):
    async def chunks():
        for _ in range(5):
            yield b" " * 1024

    content = b" " * 5120 if announced else chunks()
    answer = await client.post("IT-messages", content=content)
    assert (answer.status_code, answer.json()["code"]) == (413, 2073)
    assert backstage.accepted == []


async def test_a_body_in_pieces_is_put_together(client: httpx.AsyncClient, backstage):
    async def pieces():
        for octet in json.dumps(BODY).encode():
            yield bytes([octet])

    assert (await client.post("IT-messages", content=pieces())).status_code == 201
    assert backstage.accepted[0][2].text == "hello"


async def test_a_client_that_hangs_up_sends_nothing(
    app: AsgiApp, client: httpx.AsyncClient, backstage
):
    events = iter([{"type": "http.request", "body": b"{", "more_body": True}])
    sent = []

    async def receive():
        return next(events, {"type": "http.disconnect"})

    async def send(event):
        sent.append(event)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v2/IT-messages",
        "query_string": b"",
        "headers": [(b"authorization", client.headers["authorization"].encode())],
    }
    await app(scope, receive, send)
    assert sent[0]["status"] == 400  # the server drops it; nothing was accepted
    assert backstage.accepted == []


async def test_the_body_is_json_whatever_the_content_type_says(client: httpx.AsyncClient):
    for content_type in ("application/x-www-form-urlencoded", "text/plain", ""):
        answer = await client.post(
            "IT-messages", content=json.dumps(BODY), headers={"Content-Type": content_type}
        )
        assert answer.status_code == 201


async def test_a_body_on_a_get_is_ignored(client: httpx.AsyncClient):
    answer = await client.request("GET", "messages", content=b"{not json")
    assert (answer.status_code, answer.json()) == (200, {"data": []})


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (NotAcceptingNow("stopping", retry_after_seconds=7), "7"),
        (NotConnected("nobody there"), "2"),
        (TryAgain("deadlock"), "2"),
    ],
)
async def test_what_cannot_be_accepted_now_is_503_with_a_time(
    client: httpx.AsyncClient, backstage, error: Exception, seconds: str
):
    backstage.outcome = error
    answer = await client.post("IT-messages", json=BODY)
    assert (answer.status_code, answer.json()["code"]) == (503, 2081)
    assert answer.headers["retry-after"] == seconds


async def test_a_fault_is_500_with_an_id_that_is_in_the_log(client: httpx.AsyncClient, backstage):
    backstage.outcome = ZeroDivisionError("secret detail")
    with capture_logs() as logs:
        answer = await client.post("IT-messages", json=BODY)
    assert (answer.status_code, answer.json()["code"]) == (500, 2099)
    assert "secret" not in answer.text
    [entry] = [entry for entry in logs if entry["event"] == "request_failed"]
    assert entry["fault_id"] in answer.json()["message"]
    assert entry["exc_info"] is backstage.outcome


@pytest.fixture
def narrow_settings() -> ApiSettings:
    return ApiSettings(requests_per_minute_max=2)


class TestRates:
    @pytest.fixture
    def settings(self, narrow_settings: ApiSettings) -> ApiSettings:
        return narrow_settings

    async def test_too_many_requests_are_429_until_the_minute_is_over(
        self, client: httpx.AsyncClient, clock
    ):
        answers = [await client.get("messages") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
        assert [answer.headers["ratelimit-remaining"] for answer in answers] == list("1000")
        assert answers[2].json()["code"] == 2090
        assert answers[2].headers["retry-after"] == answers[2].headers["ratelimit-reset"] == "7"
        clock.advance(7)
        assert (await client.get("messages")).status_code == 200

    async def test_tokens_do_not_count_for_each_other(self, client: httpx.AsyncClient):
        for _ in range(3):
            await client.get("messages")
        other = await client.get(
            "http://127.0.0.1/sandbox/v2/messages", headers={"Authorization": f"Bearer {'b' * 24}"}
        )
        assert other.status_code == 200

    async def test_successes_and_refusals_say_where_the_token_stands(
        self, client: httpx.AsyncClient
    ):
        for answer in (
            await client.post("IT-messages", json=BODY),
            await client.post("IT-messages", content=b"{"),
        ):
            assert answer.headers["ratelimit-limit"] == "2"
            assert "ratelimit-remaining" in answer.headers

    async def test_an_unknown_token_is_401_and_has_no_rate(self, client: httpx.AsyncClient):
        answer = await client.get("messages", headers={"Authorization": f"Bearer {'c' * 24}"})
        assert answer.status_code == 401
        assert "ratelimit-limit" not in answer.headers


async def test_healthz_says_whether_a_message_could_be_accepted(
    client: httpx.AsyncClient, backstage
):
    assert (await client.get("http://127.0.0.1/healthz")).status_code == 200
    backstage.ready = False
    answer = await client.get("http://127.0.0.1/healthz")
    assert answer.status_code == 503
    assert "retry-after" in answer.headers


async def test_metrics_count_requests_by_call_and_status(client: httpx.AsyncClient):
    await client.post("IT-messages", json=BODY)
    await client.post("IT-messages", content=b"{")
    await client.put("IT-messages", content=b"{")
    answer = await client.get("http://127.0.0.1/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.splitlines()
    for call, status in (("POST /IT-messages", 201), ("POST /IT-messages", 400), ("other", 405)):
        assert f'staffetta_http_requests_total{{call="v2 {call}",status="{status}"}} 1.0' in lines
    assert "staffetta_accept_seconds_count 1.0" in lines


async def test_own_pages_are_only_read(client: httpx.AsyncClient):
    answer = await client.post("http://127.0.0.1/healthz")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


async def test_requests_at_once_do_not_mix(client: httpx.AsyncClient, backstage):
    backstage.outcome = None
    answers = await asyncio.gather(
        *(client.post("IT-messages", json={**BODY, "message": str(n)}) for n in range(20))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert sorted(int(call[2].text) for call in backstage.accepted) == list(range(20))


async def test_a_replay_says_so(client: httpx.AsyncClient, backstage):
    first = await client.post("IT-messages", json=BODY)
    assert "idempotent-replay" not in first.headers
    backstage.replayed = True
    again = await client.post("IT-messages", json=BODY, headers={"Idempotency-Key": "k"})
    assert (again.status_code, again.headers["idempotent-replay"]) == (201, "true")
    assert again.json() == first.json()


async def test_each_environment_reaches_its_own_space(client: httpx.AsyncClient, backstage):
    await client.post("IT-messages", json=BODY)
    await client.post(
        "http://127.0.0.1/sandbox/v2/IT-messages",
        json=BODY,
        headers={"Authorization": f"Bearer {'b' * 24}"},
    )
    assert [call[1] for call in backstage.accepted] == list(Environment)
