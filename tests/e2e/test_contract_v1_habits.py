"""What real clients of v1 do (contract sections 3 and 8), as the octets that they send."""

import json
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from contract_site import Site, serving
from v1_account import HOSTS, V1Account, in_days, new_number, refusal_of, v1_of

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Raw:
    """An answer as it came."""

    status: int
    headers: str
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.body)
        assert read["success"] is (self.status < 300), read
        return read


@dataclass(frozen=True)
class Cast:
    site: Site
    anna: V1Account

    def speak(
        self, method: str, path: str, body: bytes = b"", *headers: str, host: str = ""
    ) -> Raw:
        """One request by hand: nothing is added that a client library would add."""
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {host or HOSTS['sandbox']}",
            f"Authorization: Bearer {self.anna.customer.token}",
            *headers,
            *([f"Content-Length: {len(body)}"] if body else []),
            "Connection: close",
        ]
        octets = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
        came = b""
        address = ("127.0.0.1", self.site.installation.port)
        with socket.create_connection(address, 30) as connection:
            connection.sendall(octets)
            while part := connection.recv(65_536):
                came += part
        head, _, rest = came.partition(b"\r\n\r\n")
        return Raw(int(head.split()[1]), head.decode("latin-1"), rest)


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with serving(tmp_path_factory.mktemp("v1_habits")) as site:
        yield Cast(site, v1_of(site.customer("anna")))


def body_of(**changed: Any) -> bytes:
    body = {"sender": "alberto", "body": "test", "recipients": new_number(), **changed}
    return json.dumps(body).encode()


# Clients (section 8) ------------------------------------------------------------------------------


def test_node_first_generation_posts_json_as_a_form(cast: Cast) -> None:
    body = body_of(test=False, recipients=[new_number()], transaction=False, priority=1)
    answer = cast.speak("POST", "/messages/", body, f"Content-Type: {FORM}", "Accept: */*")
    assert answer.status == 201
    (message,) = answer.json["data"]
    found = cast.speak("GET", f"/messages/{message['id']}", b"", f"Content-Type: {FORM}")
    assert found.json["data"][0]["id"] == message["id"]


def test_php_first_generation_posts_and_puts_without_user_agent(cast: Cast) -> None:
    """Its senders are numbers, its slashes escaped, its empty objects lists."""
    body = (
        rb'{"test":false,"sender":3939989741,"recipients":"+39-3341000001",'
        rb'"body":"a\/b \u00e8 \ud83d\ude00","transaction":true,"priority":1,"options":[]}'
    )
    answer = cast.speak("POST", "/messages", body, f"Content-Type: {FORM}")
    assert answer.status == 201
    (message,) = answer.json["data"]
    assert (message["sender"], message["body"]) == ("3939989741", "a/b è 😀")
    path = f"/messages/{message['id']}"
    more = cast.speak("PUT", path, rb'{"recipients":["+39-3341000002"]}', f"Content-Type: {FORM}")
    assert more.json["data"]["statistics"]["total"] == 2
    closed = cast.speak("PUT", f"{path}/", b'{"transaction":false}', f"Content-Type: {FORM}")
    assert closed.json["data"]["transaction"] is False
    listed = cast.speak("GET", "/messages/", b"", f"Content-Type: {FORM}")
    assert listed.json["data"][0]["id"] == message["id"]


def test_mcp_posts_three_fields_with_the_recipient_as_text(cast: Cast) -> None:
    body = json.dumps({"sender": "Openapi", "body": "Ciao!", "recipients": new_number()})
    answer = cast.speak("POST", "/messages/", body.encode(), "Content-Type: application/json")
    assert answer.status == 201
    (message,) = answer.json["data"]
    done = cast.anna.final(message["id"])
    assert done["statistics"]["delivered"] == 1


@pytest.mark.parametrize("body", [b"{}", b"[", b"x" * 1000, b'{"recipients": 7}'])
def test_the_python_sdk_sends_a_body_with_get_and_delete(cast: Cast, body: bytes) -> None:
    message = cast.anna.send(options={"timestamp_send": in_days(2)})
    path = f"/messages/{message['id']}"
    for where in ("/messages/", path, f"{path}/recipients/", f"{path}/recipients"):
        assert cast.speak("GET", where, body).json["error"] is None
    assert cast.speak("DELETE", path, body).json["message"] == f"{message['id']} Deleted"


# Tolerances (section 3) ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content_type",
    [
        *("application/json", FORM, "text/plain", "nonsense", "multipart/form-data; boundary=x"),
        *("application/json; charset=latin-1", "", None),
    ],
)
def test_the_body_is_json_whatever_the_content_type_says(
    cast: Cast, content_type: str | None
) -> None:
    headers = () if content_type is None else (f"Content-Type: {content_type}",)
    body = json.dumps({"sender": "abc", "body": "perché €", "recipients": new_number()})
    answer = cast.speak("POST", "/messages/", body.encode(), *headers)
    assert answer.json["data"][0]["body"] == "perché €"


@pytest.mark.parametrize("slashes", ["", "/", "//"])
def test_every_path_with_and_without_its_final_slash_and_no_redirect(
    cast: Cast, slashes: str
) -> None:
    posted = cast.speak("POST", f"/messages{slashes}", body_of(transaction=True))
    (message,) = posted.json["data"]
    path = f"/messages/{message['id']}"
    (one,) = cast.speak("GET", f"{path}/recipients{slashes}").json["data"]
    statuses = {
        "post": posted.status,
        "list": cast.speak("GET", f"/messages{slashes}").status,
        "page": cast.speak("GET", f"/messages{slashes}?limit=1").status,
        "get": cast.speak("GET", f"{path}{slashes}").status,
        "put": cast.speak("PUT", f"{path}{slashes}", b"{}").status,
        "number": cast.speak("GET", f"{path}/recipients/{one['number']}{slashes}").status,
        "delete": cast.speak("DELETE", f"{path}{slashes}").status,
    }
    assert statuses == {**dict.fromkeys(statuses, 200), "post": 201}
    assert cast.speak("DELETE", f"/messages{slashes}").json["error"] == 217


@pytest.mark.parametrize("written", ["+39-{}", "%2B39-{}", "%2b39-{}", "+39{}", "%2B39%2D{}"])
def test_a_raw_plus_in_a_path_is_a_plus(cast: Cast, written: str) -> None:
    number = new_number()
    message = cast.anna.send(recipients=number, test=True)
    path = f"/messages/{message['id']}/recipients/{written.format(number[4:])}"
    for host, prefix in ((HOSTS["sandbox"], ""), ("localhost", "/sandbox/v1")):
        answer = cast.speak("GET", prefix + path, host=host)
        assert [one["number"] for one in answer.json["data"]] == [number]
    space = cast.speak("GET", path.replace("+", "%20").replace("%2B", "%20").replace("%2b", "%20"))
    assert (space.status, space.json["error"]) == (404, 203)


@pytest.mark.parametrize("host", [*HOSTS.values(), "anything.example"])
def test_head_on_the_base_address_answers_200(cast: Cast, host: str) -> None:
    answer = cast.speak("HEAD", "/", host=host)
    assert (answer.status, answer.body) == (200, b"")


def test_no_answer_is_empty_and_each_has_success(cast: Cast) -> None:
    requests: list[tuple[str, str, bytes]] = [
        ("GET", "/", b""),
        ("GET", "/messages/x", b""),
        ("POST", "/messages/", b""),
        ("POST", "/messages/", b"\xff"),
        ("PUT", "/messages/", b"{}"),
        ("PATCH", "/messages/", b"{}"),
        ("DELETE", "/messages/", b"{}"),
        ("GET", "/messages/%00", b""),
        ("GET", "/messages/%ff%fe", b""),
        ("GET", "/messages/?limit=%00", b""),
    ]
    for method, path, body in requests:
        answer = cast.speak(method, path, body)
        assert answer.json["success"] is False
        assert 400 <= answer.status < 500, (method, path)


# NUL and lone surrogates (tolerance 9) ------------------------------------------------------------

CHARACTERS = [r"\u0000", r"\ud800", r"\udc00", r"\udc00\ud800", r"\ud83d x"]
PLACES: dict[str, dict[str, Any]] = {
    "sender": {"sender": "abc{}"},
    "body": {"body": "a{}b"},
    "recipients": {"recipients": "+39-333{}"},
    "one of several": {"recipients": ["+39-3331234567", "{}"]},
    "number": {"recipients": {"number": "+39-{}"}},
    "a field": {"recipients": {"number": "+39-3331234567", "fields": {"name": "{}"}}},
    "a field's name": {"recipients": {"number": "+39-3331234567", "fields": {"{}": "x"}}},
    "priority": {"priority": "{}"},
    "transaction": {"transaction": "{}"},
    "test": {"test": "{}"},
    "timestamp_send": {"options": {"timestamp_send": "{}"}},
    "custom": {"options": {"custom": {"a": [{"b": "x{}"}]}}},
    "a name in custom": {"options": {"custom": {"a{}": 1}}},
    "callback_url": {"options": {"callback_url": "https://example.com/{}"}},
    "callback_field": {"options": {"callback_url": "https://example.com/", "callback_field": "{}"}},
    "an option nobody knows": {"options": {"nobody": "{}"}},
    "a name nobody knows": {"nobody{}": 1},
}


@pytest.mark.parametrize("place", PLACES)
def test_nul_or_a_lone_surrogate_anywhere_is_a_bad_request(cast: Cast, place: str) -> None:
    open_one = cast.anna.send(transaction=True)
    for character in CHARACTERS:
        content = body_of(**PLACES[place]).replace(b"{}", character.encode())
        for answer in (
            cast.anna.client.post("/messages/", content=content),
            cast.anna.client.put(f"/messages/{open_one['id']}", content=content),
        ):
            assert refusal_of(answer) == (400, 300), (character, answer.text)
    assert cast.anna.read(open_one["id"])["statistics"]["total"] == 1


ODD_VALUES = [
    *(b"1e400", b"-0", b"1e-400", b"123456789012345678901234567890", b"0.1e1", b'""', b'"\\n"'),
    *(b'"\\u007f\\u0085\\ufeff\\uffff"', b"[[[[[]]]]]", b'{"a":{"a":{"a":{}}}}', b"true", b"null"),
    *(b'"' + b"x" * 50_000 + b'"', b'"\xf0\x9f\x98\x80"', b'"\\ud83d\\ude00"', b'"+"', b'"%00"'),
]


@pytest.mark.parametrize(
    "name",
    ["sender", "body", "recipients", "priority", "transaction", "test", "options", "custom"],
)
def test_no_value_of_any_field_is_a_fault_of_ours(cast: Cast, name: str) -> None:
    for value in ODD_VALUES:
        if name == "custom":
            content = body_of(test=True, options={"custom": "@"}).replace(b'"@"', value)
        else:
            content = body_of(**{"test": True, name: "@"}).replace(b'"@"', value)
        answer = cast.anna.client.post("/messages/", content=content)
        assert answer.status_code in {201, 400, 422}, (value[:40], answer.text)
        if answer.status_code == 201:
            (message,) = answer.json()["data"]
            assert cast.anna.read(message["id"])["options"] == message["options"]
        else:
            assert 300 <= refusal_of(answer)[1] <= 307


def test_custom_comes_back_as_it_was(cast: Cast) -> None:
    for custom in (
        "",
        "è/\\",
        0,
        -1.5,
        1.5e10,
        12345678901234567,
        [],
        [{}],
        {"": None, "é": "\x7f"},
    ):
        message = cast.anna.send(options={"custom": custom}, test=True)
        assert cast.anna.read(message["id"])["options"]["custom"] == custom


def test_the_answers_are_json_with_a_length(cast: Cast) -> None:
    answer = cast.speak("GET", "/messages/")
    assert re.search(r"(?im)^content-type: application/json\r?$", answer.headers)
    assert re.search(rf"(?im)^content-length: {len(answer.body)}\r?$", answer.headers)
    assert isinstance(httpx.Response(200, content=answer.body).json(), dict)
