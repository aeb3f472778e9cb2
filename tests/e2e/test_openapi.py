"""The OpenAPI documents and the server agree: schemathesis asks, and finds nothing undescribed.

The whole installation is asked, in its sandbox, with a token that has every scope.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from contract_receiver import CallbackReceiver, receiving
from contract_site import Customer, Site, created, new_number, serving
from jsonschema import Draft202012Validator
from schema_examiner import examine, strict
from v1_account import UNKNOWN, v1_of

FILES = Path(__file__).parents[2] / "docs" / "openapi"
V2_GRANTED = {
    "POST /IT-messages": 201,
    "POST /ES-messages": 201,
    "POST /WW-messages": 201,
    "POST /otp": 201,
    "GET /messages": 200,
    "GET /messages/{message_id}": 200,
    "POST /explain": 200,
    "POST /senders/alias": 201,
    "GET /senders": 200,
}
V1_GRANTED = {
    "POST /messages": 201,
    "GET /messages": 200,
    "GET /messages/{message_id}": 200,
    "PUT /messages/{message_id}": 200,
    "GET /messages/{message_id}/recipients": 200,
    "GET /messages/{message_id}/recipients/{number}": 200,
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("openapi")) as site:
        yield site


@pytest.fixture(scope="module")
def customer(site: Site) -> Customer:
    return site.customer("anna")


@pytest.fixture(scope="module")
def receiver() -> Iterator[CallbackReceiver]:
    with receiving() as receiver:
        yield receiver


def told_of(site: Site, service: str) -> dict[str, Any]:
    """A service's document, as the server shows it."""
    url = f"{site.installation.url}/docs/en/{service}.openapi.json"
    document: dict[str, Any] = httpx.get(url, timeout=60).json()
    return document


def test_the_server_shows_the_files_of_the_repository(site: Site) -> None:
    for path in FILES.glob("*.openapi.json"):
        service, language, *_ = path.name.split(".")
        url = f"{site.installation.url}/docs/{language}/{service}.openapi.json"
        answer = httpx.get(url, timeout=60)
        assert answer.content == path.read_bytes()
        again = httpx.get(url, headers={"If-None-Match": answer.headers["etag"]}, timeout=60)
        assert (again.status_code, again.content) == (304, b"")
        assert httpx.head(url, timeout=60).headers["etag"] == answer.headers["etag"]


@pytest.mark.parametrize(
    ("service", "granted", "callbacks"),
    [("v1", V1_GRANTED, 3), ("v2", V2_GRANTED, 10)],  # v1's are gathered
    ids=["v1", "v2"],
)
def test_a_service_answers_nothing_that_its_document_does_not_describe(
    service: str,
    granted: dict[str, int],
    callbacks: int,
    site: Site,
    customer: Customer,
    tmp_path: Path,
) -> None:
    base = f"{site.installation.url}/sandbox/{service}"
    headers = {"Authorization": f"Bearer {customer.token}"}
    with receiving() as receiver:
        document = strict(told_of(site, service), receiver.url)
        examined = examine(document, base, headers, tmp_path, examples=4)
        come = receiver.wait(callbacks)
    assert examined.exit_code == 0, examined.output
    assert examined.count > 300
    assert [call for call, status in examined.statuses if status == 500] == []
    assert {one for one in granted.items() if examined.statuses[one]} == set(granted.items())
    body = {"$ref": "#/components/schemas/CallbackBody", "components": document["components"]}
    judge = Draft202012Validator(body)
    for one in come:
        assert one.headers["webhook-signature"].startswith("v1,")
        if one.headers["content-type"] == "application/json":
            assert [error.message for error in judge.iter_errors(one.message)] == []


def test_refusals_say_what_the_examples_say(site: Site) -> None:
    told = told_of(site, "v2")
    customer = site.customer("zoe")
    client = customer.client
    message_id = customer.send()["id"]
    customer.final(message_id)
    code = created(customer.otp())
    verify = f"/otp/{code['id']}/verify"
    assert client.post(verify, json={"code": code["otp"]}).status_code == 200
    unknown, known_key = "0" * 24, {"Idempotency-Key": "one"}
    for text in ("hello", "hello again"):
        body = {"recipient": new_number(), "message": text}
        again = client.post("/IT-messages", json=body, headers=known_key)
    answers = {
        ("/senders", "get", "2074"): client.get("/senders"),
        ("/messages/{message_id}", "get", "2070"): client.get(f"/messages/{unknown}"),
        ("/messages/{message_id}", "delete", "2075"): client.delete(f"/messages/{message_id}"),
        ("/otp/{message_id}/verify", "post", "1031"): client.post(verify, json={"code": "x"}),
        ("/otp/{message_id}/verify", "post", "2070"): client.post(
            f"/otp/{unknown}/verify", json={"code": "x"}
        ),
        ("/IT-messages", "post", "1002"): again,
    }
    compare(told, answers)


def test_refusals_of_v1_say_what_the_examples_say(site: Site) -> None:
    told = told_of(site, "v1")
    account = v1_of(site.customer("clara"))
    sent = account.send(options={"realtime": True})["id"]
    items, item = "/messages", "/messages/{message_id}"
    compare(
        told,
        {
            (items, "get", "203"): account.client.get("/messages/?skip=100"),
            (items, "post", "305-2"): account.post(options={"callback_url": "ftp://example.com"}),
            (items, "post", "305-3"): account.post(options={"realtime": True}),
            (items, "delete", "217"): account.client.delete("/messages/"),
            (item, "get", "203"): account.client.get(f"/messages/{UNKNOWN}"),
            (item, "get", "202"): account.client.get("/messages/1"),
            (item, "put", "211"): account.put(UNKNOWN),
            (item, "put", "210"): account.put("1"),
            (item, "put", "212"): account.put(sent, transaction=False),
            (item, "delete", "219"): account.delete(UNKNOWN),
            (item, "delete", "218"): account.delete("1"),
            (item, "delete", "221"): account.delete(sent),
        },
    )


def compare(told: dict[str, Any], answers: dict[tuple[str, str, str], httpx.Response]) -> None:
    """Fail where an answer is not the example: by path, method, and the example's name."""
    for (path, method, number), answer in answers.items():
        given = told["paths"][path][method]["responses"][str(answer.status_code)]
        if "$ref" in given:
            given = told["components"]["responses"][given["$ref"].rpartition("/")[2]]
        expected = given["content"]["application/json"]["examples"][number]["value"]
        assert without_ids(answer.text) == without_ids(json.dumps(expected)), (path, method)


def without_ids(text: str) -> object:
    """A body in which ids are alike."""
    return json.loads(re.sub(r"\b[0-9a-f]{24}\b", "#", text))


def test_what_a_document_leaves_out_is_found(
    site: Site, customer: Customer, receiver: CallbackReceiver, tmp_path: Path
) -> None:
    created = customer.send()
    document = strict(told_of(site, "v2"), receiver.url)
    document["paths"] = {"/messages": document["paths"]["/messages"]}
    del document["components"]["schemas"]["Message"]["properties"]["username"]
    document["components"]["schemas"]["Message"]["required"].remove("username")
    base = f"{site.installation.url}/sandbox/v2"
    headers = {"Authorization": f"Bearer {customer.token}"}
    examined = examine(document, base, headers, tmp_path, examples=2)
    assert created["username"] == customer.email
    assert examined.exit_code == 1
    assert "username" in examined.output
