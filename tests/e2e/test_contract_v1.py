"""What is the same at every call of v1: doors, tokens, envelopes, and every refusal of a body.

Sections 1, 2 and 4 of the HTTP contract, over real HTTP.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from carrier import add_carrier
from contract_site import Site, serving
from installation import free_port, wait_for
from v1_account import (
    UNKNOWN,
    WORLDS,
    V1Account,
    data_of,
    in_days,
    new_number,
    refusal_of,
    v1_of,
)
from v1_refusals import MALFORMED, REFUSED

BODY_BYTES_MAX = 200_000


@dataclass(frozen=True)
class Cast:
    """An account in both worlds, others in the sandbox, and a token that may only read."""

    site: Site
    anna: dict[str, V1Account]
    bruno: V1Account
    cora: V1Account  # for one test alone, and so is the next
    dora: V1Account
    reader: V1Account
    messages: dict[str, dict[str, Any]]  # one of anna's, by world

    @property
    def url(self) -> str:
        return self.site.installation.url


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    directory = tmp_path_factory.mktemp("v1")
    settings = {
        "STAFFETTA_BODY_BYTES_MAX": str(BODY_BYTES_MAX),
        "STAFFETTA_HOSTS": "sms.example.org=v1,try.example.org=v1:sandbox",
    }
    with serving(directory, **settings) as site:
        sandbox, bruno, cora, dora = (
            v1_of(one) for one in site.customers("anna", "bruno", "cora", "dora")
        )
        anna = {"sandbox": sandbox}
        add_carrier(site.installation, free_port(), countries="IT")
        anna["production"] = v1_of(site.enter("anna", "production"))
        anna["production"].customer.topup("100")
        scopes = ("GET:test.ws.messaggisms.com/messages",)
        reader = v1_of(site.enter("anna", scopes=scopes))
        wait_for(lambda: anna["production"].post().status_code == 201, what="the route is known")
        messages = {world: anna[world].send() for world in WORLDS}
        yield Cast(site, anna, bruno, cora, dora, reader, messages)


@pytest.fixture(params=WORLDS)
def anna(cast: Cast, request: pytest.FixtureRequest) -> V1Account:
    return cast.anna[request.param]


# Doors (section 1) --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "prefix", "world"),
    [
        ("ws.messaggisms.com", "", "production"),
        ("test.ws.messaggisms.com", "", "sandbox"),
        ("WS.messaggisms.com:443", "", "production"),
        ("sms.example.org", "", "production"),
        ("try.example.org", "", "sandbox"),
        ("localhost", "/v1", "production"),
        ("anything.example", "/sandbox/v1", "sandbox"),
    ],
)
def test_every_call_by_host_or_by_path(cast: Cast, host: str, prefix: str, world: str) -> None:
    account = cast.anna[world]
    headers = {"Host": host, "Authorization": f"Bearer {account.customer.token}"}
    with httpx.Client(base_url=f"{cast.url}{prefix}", headers=headers, timeout=30) as client:
        body = account.body(options={"timestamp_send": in_days(2)}, transaction=True)
        (made,) = data_of(client.post("/messages/", json=body), 201, "Message Queued")
        path = f"/messages/{made['id']}"
        assert client.get("/messages/").json()["data"][0]["id"] == made["id"]
        assert data_of(client.get(path), 200, "1 Result") == [made]
        assert data_of(client.put(path, json={}), 200, "Updated")["id"] == made["id"]
        (one,) = data_of(client.get(f"{path}/recipients/"), 200, "1 Result")
        assert data_of(client.get(f"{path}/recipients/{one['number']}"), 200, "1 Result") == [one]
        assert client.delete(path).json()["message"] == f"{made['id']} Deleted"
        other = cast.anna["production" if world == "sandbox" else "sandbox"].customer.token
        foreign = client.get("/messages/", headers={"Authorization": f"Bearer {other}"})
        assert refusal_of(foreign) == (401, 125)


# Tokens and scopes (section 2) --------------------------------------------------------------------

CALLS = [
    ("GET", "/messages/"),
    ("POST", "/messages/"),
    ("DELETE", "/messages/"),
    ("GET", "/messages/{id}"),
    ("PUT", "/messages/{id}"),
    ("DELETE", "/messages/{id}"),
    ("GET", "/messages/{id}/recipients/"),
    ("GET", "/messages/{id}/recipients/+39-3331234567"),
]
WRONG_TOKENS = {
    "unknown": ({"Authorization": "Bearer " + "0" * 24}, "Wrong Token"),
    "not one": ({"Authorization": "Bearer x"}, "Wrong Token"),
    "missing header": ({}, "Authorization header is missing"),
    "malformed header": ({"Authorization": "Basic YTpi"}, "Bearer"),
    "no token in it": ({"Authorization": "Bearer"}, "no token"),
}


@pytest.mark.parametrize("case", WRONG_TOKENS)
@pytest.mark.parametrize(("method", "path"), CALLS)
def test_401_125_without_a_right_token(cast: Cast, method: str, path: str, case: str) -> None:
    headers, words = WRONG_TOKENS[case]
    url = f"{cast.url}/v1{path.format(id=UNKNOWN)}"
    answer = httpx.request(method, url, headers=headers, content=b"{}", timeout=30)
    assert refusal_of(answer) == (401, 125)
    assert words in answer.json()["message"]
    assert words != "Wrong Token" or answer.json()["message"] == words


@pytest.mark.parametrize(("method", "path"), [call for call in CALLS if call[0] != "GET"])
def test_403_126_names_the_scope_that_is_needed(cast: Cast, method: str, path: str) -> None:
    path = path.format(id=cast.messages["sandbox"]["id"])
    answer = cast.reader.client.request(method, path, content=b"not looked at")
    assert refusal_of(answer) == (403, 126)
    assert f"{method}:test.ws.messaggisms.com/messages" in answer.json()["message"]
    assert cast.reader.client.get("/messages/").status_code == 200


# Refusals of every call (sections 3 and 4) --------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/nothing", "/messages/a/b", f"/messages/{UNKNOWN}/x/y/z"])
def test_an_unknown_path_is_404(anna: V1Account, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        assert refusal_of(anna.client.request(method, path)) == (404, 404)


@pytest.mark.parametrize(
    ("path", "wrong", "allowed"),
    [
        ("/messages/", ["PUT", "PATCH"], {"GET", "POST", "DELETE"}),
        (f"/messages/{UNKNOWN}", ["POST", "PATCH"], {"GET", "PUT", "DELETE"}),
        (f"/messages/{UNKNOWN}/recipients/", ["POST", "PUT", "DELETE"], {"GET"}),
        (f"/messages/{UNKNOWN}/recipients/+39-3331234567", ["POST", "DELETE"], {"GET"}),
    ],
)
def test_a_wrong_method_is_405_with_allow(
    anna: V1Account, path: str, wrong: list[str], allowed: set[str]
) -> None:
    for method in wrong:
        answer = anna.client.request(method, path)
        assert refusal_of(answer) == (405, 405)
        assert set(answer.headers["allow"].split(", ")) == allowed


def test_a_body_over_the_limit_is_413(cast: Cast, anna: V1Account) -> None:
    content = b" " * (BODY_BYTES_MAX + 1)
    assert refusal_of(anna.client.post("/messages/", content=content)) == (413, 413)
    path = f"/messages/{cast.messages[anna.world]['id']}"
    assert refusal_of(anna.client.put(path, content=content)) == (413, 413)


# The contract's column "errors" of what an id alone provokes: 24 hex digits or not, known or not.
@pytest.mark.parametrize(
    ("method", "path", "malformed", "unknown", "sentence"),
    [
        ("GET", "/messages/{id}", 202, 203, "Invalid Message ID"),
        ("PUT", "/messages/{id}", 210, 211, "Invalid Message ID"),
        ("DELETE", "/messages/{id}", 218, 219, "Invalid Message ID"),
        ("GET", "/messages/{id}/recipients/", 202, 203, "Invalid Message ID"),
        ("GET", "/messages/{id}/recipients/+39-3331234567", 202, 203, "Invalid Message ID"),
    ],
)
def test_an_id_that_is_none_is_406_and_one_that_is_nobodys_404(
    cast: Cast, method: str, path: str, malformed: int, unknown: int, sentence: str
) -> None:
    client = cast.bruno.client
    for identifier in ("x", UNKNOWN[:-1], UNKNOWN + "0", "g" * 24, "%00", "%20", "è"):
        answer = client.request(method, path.format(id=identifier), content=b"{}")
        assert refusal_of(answer) == (406, malformed), identifier
        assert answer.json()["message"] == sentence
    annas = {world: message["id"] for world, message in cast.messages.items()}
    for identifier in (UNKNOWN, *annas.values(), annas["sandbox"].upper()):
        answer = client.request(method, path.format(id=identifier), content=b"{}")
        assert refusal_of(answer) == (404, unknown), identifier
        assert answer.json()["message"] == "No message found"


def test_400_217_a_delete_without_an_id(anna: V1Account) -> None:
    for path in ("/messages/", "/messages"):
        answer = anna.client.delete(path)
        assert refusal_of(answer) == (400, 217)
        assert answer.json()["message"] == "Message Id required"


def test_404_203_a_list_without_messages(cast: Cast) -> None:
    answer = cast.dora.client.get("/messages/")
    assert refusal_of(answer) == (404, 203)
    assert answer.json()["message"] == "No message found"
    past = cast.bruno.client.get("/messages/?skip=100000")
    assert refusal_of(past) == (404, 203)


@pytest.mark.parametrize("what", MALFORMED)
def test_400_300_malformed_json(cast: Cast, what: str) -> None:
    client = cast.anna["sandbox"].client
    assert refusal_of(client.post("/messages/", content=MALFORMED[what])) == (400, 300)
    path = f"/messages/{cast.messages['sandbox']['id']}"
    assert refusal_of(client.put(path, content=MALFORMED[what])) == (400, 300)


@pytest.mark.parametrize("case", REFUSED)
def test_a_body_is_refused_by_its_number_and_says_what_is_wrong(cast: Cast, case: str) -> None:
    row, anna = REFUSED[case], cast.anna["sandbox"]
    answer = anna.post(**row.changed)
    assert refusal_of(answer) == (row.status, row.number), answer.text
    assert row.words in answer.json()["message"]


def test_what_is_refused_is_not_stored_and_costs_nothing(cast: Cast) -> None:
    cora = cast.cora
    before = cora.send(test=True)
    for row in REFUSED.values():
        assert cora.post(**row.changed).status_code == row.status
    listed = cora.client.get("/messages/")
    assert [one["id"] for one in listed.json()["data"]] == [before["id"]]
    assert listed.json()["credit"] == "1000.00"


@pytest.mark.parametrize("query", ["limit=x", "skip=-1", "limit=1.5", "skip=%2B1", "limit=1e3"])
@pytest.mark.parametrize("path", ["/messages/", "/messages/{id}/recipients/"])
def test_400_300_a_page_that_is_no_number(cast: Cast, path: str, query: str) -> None:
    path = path.format(id=cast.messages["sandbox"]["id"])
    answer = cast.anna["sandbox"].client.get(f"{path}?{query}")
    assert refusal_of(answer) == (400, 300)
    assert query.partition("=")[0] in answer.json()["message"]


def test_503_311_no_route_only_when_nobody_has_one(cast: Cast) -> None:
    anna = cast.anna["production"]  # whose carrier takes Italy alone
    before = anna.credit
    french = [new_number("FR"), new_number("ES")]
    assert refusal_of(anna.post(recipients=french)) == (503, 311)
    assert anna.credit == before
    message = anna.send(recipients=[*french, new_number()])
    assert message["statistics"]["total"] == 3
    assert message["statistics"]["error"] == 2
    assert message["price"] == 0.03
    found = anna.recipient(message["id"], french[0])
    assert (found["state"], found["state_description"], found["price"], found["real_cost"]) == (
        *("REJECTED", "REJECTED_ROUTE_NOT_AVAILABLE"),
        *(0, 0),
    )
    assert found["report"]["error"]["groupName"] == "OPERATOR_ERRORS"


def test_the_same_body_in_both_worlds_is_checked_alike(cast: Cast) -> None:
    for case in list(REFUSED)[::12]:
        row = REFUSED[case]
        for world in WORLDS:
            answer = cast.anna[world].post(**row.changed)
            assert refusal_of(answer) == (row.status, row.number), (world, case)
