"""Which door a request comes in by: host first, else path."""

import httpx
import pytest

from staffetta.api.doors import PUBLISHED_NAMES, Door, Room, find_door, host_name
from staffetta.domain.environments import Environment

PRODUCTION, SANDBOX = Environment.PRODUCTION, Environment.SANDBOX


@pytest.mark.parametrize(
    ("host", "path", "room", "environment", "inside"),
    [
        ("sms.openapi.com", "/IT-messages", Room.V2, PRODUCTION, "/v2/IT-messages"),
        ("test.sms.openapi.com", "/IT-messages", Room.V2, SANDBOX, "/v2/IT-messages"),
        ("SMS.OpenAPI.com:443", "/messages/", Room.V2, PRODUCTION, "/v2/messages"),
        ("sms.openapi.com.", "/", Room.V2, PRODUCTION, "/v2"),
        ("ws.messaggisms.com", "/messages/", Room.V1, PRODUCTION, "/v1/messages"),
        ("test.ws.messaggisms.com", "/messages/ab/", Room.V1, SANDBOX, "/v1/messages/ab"),
        ("oauth.openapi.it", "/token", Room.OAUTH_V1, PRODUCTION, "/oauth/v1/token"),
        ("test.oauth.altravia.com", "/token", Room.OAUTH_V1, SANDBOX, "/oauth/v1/token"),
        ("oauth.openapi.com", "/tokens", Room.OAUTH_V2, PRODUCTION, "/oauth/v2/tokens"),
        ("test.oauth.openapi.com", "/tokens", Room.OAUTH_V2, SANDBOX, "/oauth/v2/tokens"),
        ("sms.openapi.com", "/v2/messages", Room.V2, PRODUCTION, "/v2/v2/messages"),
        ("127.0.0.1:8080", "/v2/messages", Room.V2, PRODUCTION, "/v2/messages"),
        ("127.0.0.1:8080", "/sandbox/v2/messages/", Room.V2, SANDBOX, "/v2/messages"),
        ("[::1]:8080", "/v1/messages", Room.V1, PRODUCTION, "/v1/messages"),
        ("", "/sandbox/oauth/v2/tokens", Room.OAUTH_V2, SANDBOX, "/oauth/v2/tokens"),
        ("localhost", "/oauth/v1", Room.OAUTH_V1, PRODUCTION, "/oauth/v1"),
        ("localhost", "/v2", Room.V2, PRODUCTION, "/v2"),
        ("localhost", "/v22/messages", None, PRODUCTION, "/v22/messages"),
        ("localhost", "/oauth/v3", None, PRODUCTION, "/oauth/v3"),
        ("localhost", "/sandbox/healthz", None, PRODUCTION, "/sandbox/healthz"),
        ("localhost", "/healthz/", None, PRODUCTION, "/healthz"),
        ("localhost", "/", None, PRODUCTION, "/"),
        (
            "ws.messaggisms.com",
            "/messages/ab/recipients/+39-3331234567",
            Room.V1,
            PRODUCTION,
            "/v1/messages/ab/recipients/+39-3331234567",
        ),
    ],
)
def test_doors(host: str, path: str, room: Room | None, environment: Environment, inside: str):
    assert find_door(PUBLISHED_NAMES, host, path) == (Door(room, environment), inside)


def test_an_operator_can_add_a_name():
    names = {**PUBLISHED_NAMES, "sms.example.org": Door(Room.V2, SANDBOX)}
    assert find_door(names, "sms.example.org:8443", "/otp") == (Door(Room.V2, SANDBOX), "/v2/otp")


@pytest.mark.parametrize(
    ("header", "name"),
    [("[::1]:80", "[::1]"), ("[::1]", "[::1]"), ("A.B", "a.b"), ("a.b:", "a.b"), ("", "")],
)
def test_a_host_header_names_a_host(header: str, name: str):
    assert host_name(header) == name


@pytest.mark.parametrize("host", [*PUBLISHED_NAMES, "127.0.0.1:8080", "anything.example"])
async def test_head_on_the_root_answers_200_on_every_host(client: httpx.AsyncClient, host: str):
    answer = await client.head("http://127.0.0.1/", headers={"Host": host})
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("path", ["/v2", "/v2/", "/sandbox/v1/", "/oauth/v2"])
async def test_head_on_a_base_address_answers_200(client: httpx.AsyncClient, path: str):
    assert (await client.head(f"http://127.0.0.1{path}")).status_code == 200


async def test_the_host_decides_before_the_path(client: httpx.AsyncClient):
    by_host = await client.get("http://127.0.0.1/messages", headers={"Host": "sms.openapi.com"})
    assert by_host.status_code == 200
    both = await client.get("http://127.0.0.1/v2/messages", headers={"Host": "sms.openapi.com"})
    assert (both.status_code, both.json()["code"]) == (404, 2071)


@pytest.mark.parametrize("path", ["/healthz", "/metrics"])
async def test_published_names_have_none_of_the_servers_own_pages(
    client: httpx.AsyncClient, path: str
):
    answer = await client.get(f"http://127.0.0.1{path}", headers={"Host": "sms.openapi.com"})
    assert answer.status_code == 404


async def test_a_plus_in_a_path_stays_a_plus(client: httpx.AsyncClient):
    for written in ("+39-3331234567", "%2B39-3331234567"):
        answer = await client.get(f"http://127.0.0.1/v1/nothing/recipients/{written}")
        assert "/recipients/+39-3331234567" in answer.json()["message"]
