"""v1's document says what v1's own code does: what it renders, what it takes, what it refuses."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator
from schema_examiner import strict
from v1_refusals import REFUSED

from staffetta.api.openapi.document import document
from staffetta.api.openapi.services import SERVICES
from staffetta.api.v1.errors import CODES, NUMBERS
from staffetta.api.v1.parse import parse_post, parse_put
from staffetta.api.v1.render import deleted, listed_object, message_object, success
from staffetta.api.v1.render_recipient import recipient_object
from staffetta.api.v1.rules import V1Rules
from staffetta.domain.errors import StaffettaError
from staffetta.domain.languages import Language
from staffetta.domain.states import State
from staffetta.messaging.bulk.read import BulkView, ListedBulk, RecipientView

V1 = SERVICES["v1"]
DOCUMENT = document("v1", Language.ENGLISH)
STRICT = strict(DOCUMENT, "https://example.com/sms")  # nothing beside what is described
MESSAGES, MESSAGE = "/messages", "/messages/{message_id}"
NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
BULK = BulkView(
    id=bytes.fromhex("69b529dd5e1f9b0c4d7a8e21"),
    sender="ACME",
    body="hello",
    priority=1_010,
    options={"bulk": False, "flash": True, "realtime": False, "timestamp_send": "1773480413000"},
    created_at=NOW,
    updated_at=NOW,
    is_open=False,
    is_test=False,
    recipient_count=2,
    segment_total=2,
    base_micro=90_000,
    price_micro=90_900,
    invalid_total=1,
    invalid=["nobody"],
    cancelled_at=None,
    counts={State.DELIVERED: 1, State.QUEUED: 1},
)
FRESH = RecipientView(
    id=bytes.fromhex("69b529dd5e1f9c0c4d7a8e22"),
    message_id=BULK.id,
    position=0,
    number="+393331234567",
    calling_code="39",
    text="hello",
    state=State.QUEUED,
    segment_count=1,
    price_micro=45_450,
    paid_micro=45_450,
    fields=None,
    refused_as=None,
    command_status=None,
    report_state=None,
    report_error=None,
    report_reason=None,
    sent_at=None,
    delivered_at=None,
    done_at=None,
    updated_at=NOW,
    currency="EUR",
)
FATES: dict[str, dict[str, Any]] = {
    "nothing yet": {},
    "delivered": {
        "state": State.DELIVERED,
        "report_state": "DELIVRD",
        "report_error": "000",
        "sent_at": NOW,
        "delivered_at": NOW,
        "done_at": NOW,
        "fields": {"name": "Anna", "of": ["any", 1]},
    },
    "absent": {"state": State.UNDELIVERABLE, "report_state": "UNDELIV", "report_error": "027"},
    "refused": {"state": State.REJECTED, "command_status": 0x0B},
    "no route": {"state": State.REJECTED, "refused_as": "REJECTED_ROUTE_NOT_AVAILABLE"},
    "empty": {"state": State.UNDELIVERABLE, "text": "", "segment_count": 0},
    "under way": {"state": State.SUBMITTED, "report_state": "ENROUTE", "sent_at": NOW},
    "silent": {"state": State.EXPIRED, "sent_at": NOW},
}


def resolved(node: Any) -> Any:
    """What a reference of the document points to."""
    while "$ref" in node:
        kind, name = node["$ref"].split("/")[-2:]
        node = DOCUMENT["components"][kind][name]
    return node


def wrong_in(schema: Any, value: Any) -> list[str]:
    """What a schema of the document says against a value."""
    rooted = {**schema, "components": STRICT["components"]}
    return [error.message for error in Draft202012Validator(rooted).iter_errors(value)]


def answer_schema(path: str, method: str, status: int) -> Any:
    response = resolved(DOCUMENT["paths"][path][method]["responses"][str(status)])
    return response["content"]["application/json"]["schema"]


def body_schema(path: str, method: str) -> Any:
    return DOCUMENT["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]


def test_every_number_of_v1_s_tables_stands_in_its_document() -> None:
    told = {
        (answer.status, answer.refused.error)
        for call in V1.calls
        for refusal in (*call.refusals, *V1.refused(call))
        if (answer := V1.answer(call, refusal)).refused is not None
    }
    assert set(CODES.values()) - told == set()
    assert {(422, number) for number in NUMBERS.values()} - told == set()
    of_messages = {(404, 203), (406, 202), (404, 211), (406, 210), (404, 219), (406, 218)}
    assert ({(400, 217)} | of_messages) - told == set()


def test_the_servers_are_this_one_s_and_the_published_names_the_sandbox_first() -> None:
    assert [server["url"] for server in DOCUMENT["servers"]] == [
        "/sandbox/v1",
        "/v1",
        "https://test.ws.messaggisms.com",
        "https://ws.messaggisms.com",
    ]


@pytest.mark.parametrize("fate", FATES)
def test_a_recipient_is_rendered_as_described(fate: str) -> None:
    shown = [recipient_object(msgspec.structs.replace(FRESH, **FATES[fate]))]
    answer = success(200, shown, "1 Result", 999_955_000, as_json_number=True)
    body = msgspec.json.decode(answer.body)
    for path in (f"{MESSAGE}/recipients", f"{MESSAGE}/recipients/{{number}}"):
        assert wrong_in(answer_schema(path, "get", 200), body) == []
        as_text = {**body, "credit": "999.955"}
        assert wrong_in(answer_schema(path, "get", 200), as_text)


def test_messages_are_rendered_as_described() -> None:
    message = message_object(BULK)
    listed = listed_object(ListedBulk(BULK.id, BULK.sender, BULK.created_at))
    answers = {
        (MESSAGES, "post", 201): success(201, [message], "Message Queued", 999_955_000),
        (MESSAGES, "get", 200): success(200, [listed], "1 Result", 0),
        (MESSAGE, "get", 200): success(200, [message], "1 Result", -45_000),
        (MESSAGE, "put", 200): success(200, message, "Updated", 999_955_123),
        (MESSAGE, "delete", 200): deleted(BULK.id),
    }
    for call, answer in answers.items():
        body = msgspec.json.decode(answer.body)
        assert wrong_in(answer_schema(*call), body) == [], call
        assert wrong_in(answer_schema(*call), {**body, "success": False}), call


def test_a_callback_is_the_message_with_the_recipients_that_changed() -> None:
    (told,) = DOCUMENT["components"]["callbacks"]["RecipientsChanged"].values()
    schema = told["post"]["requestBody"]["content"]["application/json"]["schema"]
    message: dict[str, Any] = message_object(BULK)
    assert wrong_in(schema, message), "without its recipients it is no callback"
    message["recipients"] = {**message["recipients"], "list": [recipient_object(FRESH)]}
    assert wrong_in(schema, msgspec.json.decode(msgspec.json.encode(message))) == []


def test_what_the_document_forbids_is_what_a_post_is_refused_for() -> None:
    schema = body_schema(MESSAGES, "post")
    good = {"sender": "alberto", "body": "test", "recipients": "+39-3331234567"}
    forbidden = [name for name, row in REFUSED.items() if wrong_in(schema, {**good, **row.changed})]
    assert len(forbidden) > len(REFUSED) / 3
    tolerated: list[dict[str, Any]] = [
        {"sender": 12345},
        {"sender": "+39333123456789"},
        {"sender": " ACME "},
        {"priority": "1.5"},
        {"priority": 0},
        {"options": []},
        {"options": None},
        {"options": {"flash": 1, "timestamp_send": 1773480413000}},
        {"options": {"custom": "anything", "timestamp_send": "25-12-2026"}},
        {"recipients": ["nobody", 7, None, {"number": "+39-3331234567", "fields": []}]},
        {"transaction": 0, "test": None},
        {"unknown": True},
    ]
    for changed in tolerated:
        body = {**good, **changed}
        assert wrong_in(schema, body) == [], changed
        assert parse_post(msgspec.json.encode(body), {}, V1Rules(), NOW), changed


def test_examples_of_bodies_are_taken() -> None:
    for path, method, parse in (
        (MESSAGES, "post", lambda body: parse_post(body, {}, V1Rules(), NOW)),
        (MESSAGE, "put", lambda body: parse_put(body, NOW)),
    ):
        content = DOCUMENT["paths"][path][method]["requestBody"]["content"]["application/json"]
        for name, one in content["examples"].items():
            try:
                assert parse(msgspec.json.encode(one["value"]))
            except StaffettaError as error:
                pytest.fail(f"{method} {name}: {error}")
