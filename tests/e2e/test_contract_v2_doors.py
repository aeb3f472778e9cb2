"""What is the same at every call of v2: doors, tokens, general refusals, and what clients may do.

Sections 1 to 3 of the HTTP contract, as far as they concern v2, over real HTTP.
"""

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from carrier import add_carrier
from contract_refusals import FRENCH, ITALIAN, UNKNOWN
from contract_site import Customer, Site, created, error_of, new_number, serving
from installation import free_port, wait_for

BODY_BYTES_MAX = 60_000
ALL_HOSTS = [
    *("ws.messaggisms.com", "test.ws.messaggisms.com", "sms.openapi.com", "test.sms.openapi.com"),
    *("oauth.openapi.it", "oauth.altravia.com", "test.oauth.openapi.it"),
    *("test.oauth.altravia.com", "oauth.openapi.com", "test.oauth.openapi.com"),
]


@dataclass(frozen=True)
class Cast:
    """One account in both environments, and a token of it that may do little."""

    site: Site
    sandbox: Customer
    production: Customer
    reader: Customer  # with the scope of GET /messages alone

    @property
    def url(self) -> str:
        return self.site.installation.url


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    directory = tmp_path_factory.mktemp("doors")
    settings = {
        "STAFFETTA_BODY_BYTES_MAX": str(BODY_BYTES_MAX),
        "STAFFETTA_HOSTS": "sms.example.org=v2,try.example.org=v2:sandbox",
    }
    with serving(directory, **settings) as site:
        sandbox = site.customer("alice")
        add_carrier(site.installation, free_port(), countries="IT,FR")
        production = site.enter("alice", "production")
        production.topup("100")
        reader = site.enter("alice", scopes=("GET:test.sms.openapi.com/messages",))
        wait_for(lambda: production.post().status_code == 201, what="the route is known")
        yield Cast(site, sandbox, production, reader)


# Doors (section 1) --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "prefix", "world"),
    [
        ("sms.openapi.com", "", "production"),
        ("test.sms.openapi.com", "", "sandbox"),
        ("SMS.openapi.com:443", "", "production"),
        ("sms.example.org", "", "production"),
        ("try.example.org", "", "sandbox"),
        ("localhost", "/v2", "production"),
        ("localhost", "/sandbox/v2", "sandbox"),
        ("anything.example", "/v2", "production"),
    ],
)
def test_the_host_or_the_path_says_which_world(
    cast: Cast, host: str, prefix: str, world: str
) -> None:
    customer: Customer = getattr(cast, world)
    message = customer.send()
    headers = {"Host": host, "Authorization": f"Bearer {customer.token}"}
    url = f"{cast.url}{prefix}/messages"
    read = httpx.get(f"{url}/{message['id']}", headers=headers, timeout=30)
    assert (read.status_code, read.json()["data"]["id"]) == (200, message["id"])
    other = cast.production if world == "sandbox" else cast.sandbox
    headers["Authorization"] = f"Bearer {other.token}"
    assert httpx.get(url, headers=headers, timeout=30).status_code == 401


# Tokens and scopes (section 2) --------------------------------------------------------------------

WRONG_TOKENS = {
    "unknown": ({"Authorization": "Bearer " + "0" * 24}, "Wrong Token"),
    "not one": ({"Authorization": "Bearer x"}, "Wrong Token"),
    "of the other environment": ({"Authorization": "Bearer {production}"}, "Wrong Token"),
    "missing header": ({}, "Authorization header is missing"),
    "malformed header": ({"Authorization": "Basic YTpi"}, "Bearer"),
    "no token in it": ({"Authorization": "Bearer"}, "no token"),
}


@pytest.mark.parametrize("path", ["/IT-messages", "/otp", "/messages"])
@pytest.mark.parametrize("case", WRONG_TOKENS)
def test_a_token_that_is_not_right_is_answered_401(cast: Cast, path: str, case: str) -> None:
    headers, words = WRONG_TOKENS[case]
    filled = {name: text.format(production=cast.production.token) for name, text in headers.items()}
    method = "GET" if path == "/messages" else "POST"
    url = f"{cast.sandbox.client.base_url}".rstrip("/") + path
    body = {} if method == "POST" else None
    answer = httpx.request(method, url, headers=filled, json=body, timeout=30)
    assert answer.status_code == 401
    assert set(answer.json()) == {"data", "success", "message", "error"}
    assert answer.json() | {"message": ""} == {
        "data": None,
        "success": False,
        "message": "",
        "error": 125.22,
    }
    assert '"error":125.22' in answer.text.replace(" ", "")
    if words == "Wrong Token":
        assert answer.json()["message"] == words
    assert words in answer.json()["message"]


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "/IT-messages", "POST:test.sms.openapi.com/IT-messages"),
        ("POST", "/WW-messages", "POST:test.sms.openapi.com/WW-messages"),
        ("POST", "/otp", "POST:test.sms.openapi.com/otp"),
        ("POST", f"/otp/{'a' * 24}/verify", "POST:test.sms.openapi.com/otp"),
        ("DELETE", f"/messages/{'a' * 24}", "DELETE:test.sms.openapi.com/messages"),
        ("POST", "/explain", "POST:test.sms.openapi.com/explain"),
        ("GET", "/senders", "GET:test.sms.openapi.com/senders"),
        ("POST", "/senders/alias", "POST:test.sms.openapi.com/senders"),
    ],
)
def test_a_token_without_the_scope_is_answered_403_and_told_which(
    cast: Cast, method: str, path: str, scope: str
) -> None:
    answer = cast.reader.client.request(method, path, json={})
    assert answer.status_code == 403
    assert (answer.json()["success"], answer.json()["error"]) == (False, 125.23)
    assert scope in answer.json()["message"]
    assert cast.reader.client.get("/messages").status_code == 200


# Refusals of every service (section 3) ------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/nothing", "/messages/a/b", "/FR-messages", "/otp/a", "/senders/x"]
)
def test_an_unknown_path_is_404_2071(cast: Cast, path: str) -> None:
    for method in ("GET", "POST"):
        assert error_of(cast.sandbox.client.request(method, path)) == (404, 2071)


@pytest.mark.parametrize(
    ("path", "wrong", "allowed"),
    [
        ("/IT-messages", ["GET", "PUT", "DELETE", "PATCH"], {"POST"}),
        ("/otp", ["GET", "PUT"], {"POST"}),
        (f"/otp/{UNKNOWN}/verify", ["GET"], {"POST"}),
        ("/messages", ["POST", "PUT", "DELETE"], {"GET"}),
        (f"/messages/{UNKNOWN}", ["POST", "PUT", "PATCH"], {"GET", "DELETE"}),
        ("/explain", ["GET"], {"POST"}),
        ("/senders", ["POST", "DELETE"], {"GET"}),
        ("/senders/alias", ["GET"], {"POST"}),
    ],
)
def test_a_wrong_method_is_405_2072_with_allow(
    cast: Cast, path: str, wrong: list[str], allowed: set[str]
) -> None:
    for method in wrong:
        answer = cast.sandbox.client.request(method, path)
        assert error_of(answer) == (405, 2072)
        assert set(answer.headers["allow"].split(", ")) == allowed


@pytest.mark.parametrize("path", ["/IT-messages", "/otp", f"/otp/{UNKNOWN}/verify", "/explain"])
def test_a_body_over_the_limit_is_413_2073(cast: Cast, path: str) -> None:
    answer = cast.sandbox.client.post(path, content=b" " * (BODY_BYTES_MAX + 1))
    assert error_of(answer) == (413, 2073)


# Tolerances (section 3) ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content_type",
    [
        *("application/json", "application/x-www-form-urlencoded", "text/plain", "nonsense", ""),
        *("multipart/form-data; boundary=x", "application/json; charset=latin-1", None),
    ],
)
@pytest.mark.parametrize("path", ["/IT-messages", "/otp"])
def test_the_body_is_json_whatever_the_content_type_says(
    cast: Cast, path: str, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    content = json.dumps({"recipient": ITALIAN, "message": "perché?"}, ensure_ascii=False)
    if path == "/otp":
        content = json.dumps({"recipient": FRENCH, "options": {"dryRun": True}})
    message = created(cast.sandbox.client.post(path, content=content.encode(), headers=headers))
    assert path == "/otp" or message["message"] == "perché?"


@pytest.mark.parametrize("body", [b"{}", b"[", b"x" * 1000])
def test_get_and_delete_may_carry_a_body_which_is_ignored(cast: Cast, body: bytes) -> None:
    message = cast.sandbox.send(sendAt="2020-01-01T00:00:00Z")
    path, client = f"/messages/{message['id']}", cast.sandbox.client
    assert client.request("GET", path, content=body).status_code == 200
    assert client.request("GET", "/messages", content=body).status_code == 200
    assert error_of(client.request("DELETE", path, content=body))[0] == 422
    assert client.get(path).status_code == 200  # the connection is in order


@pytest.mark.parametrize("slashes", ["", "/", "//"])
def test_paths_work_with_and_without_a_final_slash_and_no_redirect(
    cast: Cast, slashes: str
) -> None:
    client = cast.sandbox.client
    body = {"recipient": ITALIAN, "message": "hello"}
    message = created(client.post(f"/IT-messages{slashes}", json=body))
    sent = created(client.post(f"/otp{slashes}", json={"recipient": new_number("FR")}))
    statuses = {
        "list": client.get(f"/messages{slashes}").status_code,
        "list with a query": client.get(f"/messages{slashes}?limit=1").status_code,
        "item": client.get(f"/messages/{message['id']}{slashes}").status_code,
        "verify": client.post(f"/otp/{sent['id']}/verify{slashes}", json={"code": "x"}).status_code,
        "explain": client.post(f"/explain{slashes}", json=body).status_code,
    }
    assert set(statuses.values()) == {200}, statuses


@pytest.mark.parametrize("plus", ["+", "%2B", "%2b"])
def test_a_plus_is_a_plus_raw_or_encoded(cast: Cast, plus: str) -> None:
    message = cast.sandbox.send()
    number = message["recipient"].removeprefix("+")
    answer = cast.sandbox.client.get(f"/messages?recipient={plus}{number}")
    assert [one["id"] for one in answer.json()["data"]] == [message["id"]]


def test_a_request_without_user_agent_is_served(cast: Cast) -> None:
    """By hand: a client library would add one."""
    content = json.dumps({"recipient": ITALIAN, "message": "hello"})
    request = (
        "POST /IT-messages HTTP/1.1\r\nHost: test.sms.openapi.com\r\n"
        f"Authorization: Bearer {cast.sandbox.token}\r\nContent-Length: {len(content)}\r\n"
        f"Connection: close\r\n\r\n{content}"
    )
    answer = b""
    with socket.create_connection(("127.0.0.1", cast.site.installation.port), 30) as connection:
        connection.sendall(request.encode())
        while part := connection.recv(65_536):
            answer += part
    assert answer.startswith(b"HTTP/1.1 201 ")


@pytest.mark.parametrize("host", [*ALL_HOSTS, "anything.example"])
def test_head_on_the_base_address_answers_200_on_every_host(cast: Cast, host: str) -> None:
    answer = httpx.head(f"{cast.url}/", headers={"Host": host}, timeout=30)
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("base", ["/v2", "/v2/", "/sandbox/v2", "/sandbox/v2/"])
def test_head_on_a_prefixed_base_answers_200(cast: Cast, base: str) -> None:
    assert httpx.head(f"{cast.url}{base}", timeout=30).status_code == 200


def test_escaped_slashes_and_u_escapes_are_read(cast: Cast) -> None:
    content = (
        rb'{"recipient": "\u002b393331234567", "message": "a\/b \u00e8 \ud83d\ude00 \\u0000",'
        rb' "callback": {"url": "https:\/\/sms.invalid\/x"}}'
    )
    message = created(cast.sandbox.client.post("/IT-messages", content=content))
    assert message["message"] == "a/b è 😀 \\u0000"
    assert message["callback"]["url"] == "https://sms.invalid/x"


PLACES: dict[str, tuple[str, dict[str, Any]]] = {
    "recipient": ("/IT-messages", {"recipient": "+39333{}"}),
    "message": ("/IT-messages", {"message": "a{}b"}),
    "sender": ("/IT-messages", {"sender": "abc{}"}),
    "callback": ("/IT-messages", {"callback": {"url": "https://sms.invalid/{}"}}),
    "custom": (
        "/IT-messages",
        {"callback": {"url": "https://sms.invalid/", "custom": {"a": [{"b": "{}"}]}}},
    ),
    "a name in custom": (
        "/IT-messages",
        {"callback": {"url": "https://sms.invalid/", "custom": {"a{}": 1}}},
    ),
    "a field nobody knows": ("/IT-messages", {"nobody": "{}"}),
    "a name nobody knows": ("/IT-messages", {"nobody{}": 1}),
    "otp recipient": ("/otp", {"recipient": "+39{}"}),
    "otp custom": ("/otp", {"callback": {"url": "https://sms.invalid/", "custom": {"a": "{}"}}}),
    "code": (f"/otp/{UNKNOWN}/verify", {"code": "{}"}),
    "explain": ("/explain", {"message": "{}"}),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "character", [r"\u0000", r"\ud800", r"\udc00", r"\udc00\ud800", r"\ud83d x"]
)
def test_nul_or_a_lone_surrogate_anywhere_is_1001(cast: Cast, place: str, character: str) -> None:
    path, changed = PLACES[place]
    content = json.dumps({"recipient": ITALIAN, "message": "x", **changed})
    content = content.replace("{}", character)
    answer = cast.sandbox.client.post(path, content=content.encode())
    assert error_of(answer) == (422, 1001)


@pytest.mark.parametrize(
    "body", [b'{"recipient": "+393331234567", "message": "\x00"}', b'{"message": "\xed\xa0\x80"}']
)
def test_a_raw_nul_or_half_pair_is_no_json(cast: Cast, body: bytes) -> None:
    assert error_of(cast.sandbox.client.post("/IT-messages", content=body)) == (400, 1000)
