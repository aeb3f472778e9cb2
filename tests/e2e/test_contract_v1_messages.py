"""v1's messages as they are taken, changed, listed and cancelled (contract section 4)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from carrier import Carrier, add_carrier, running_carrier
from contract_site import Site, money, serving
from installation import wait_for
from v1_account import (
    ROME,
    WORLDS,
    V1Account,
    data_of,
    in_days,
    new_number,
    refusal_of,
    v1_of,
)

PRICES = {"sandbox": 0.045, "production": 0.03}


@dataclass(frozen=True)
class Cast:
    """One account in both worlds, and the carrier of production."""

    site: Site
    anna: dict[str, V1Account]
    cora: V1Account  # for one test alone
    carrier: Carrier


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    directory = tmp_path_factory.mktemp("v1_messages")
    with running_carrier(directory) as carrier, serving(directory) as site:
        sandbox, cora = (v1_of(one) for one in site.customers("anna", "cora"))
        anna = {"sandbox": sandbox}
        add_carrier(site.installation, carrier.port, countries="*")
        anna["production"] = v1_of(site.enter("anna", "production"))
        anna["production"].customer.topup("1000")
        wait_for(lambda: anna["production"].post().status_code == 201, what="the route is known")
        yield Cast(site, anna, cora, carrier)


@pytest.fixture(params=WORLDS)
def anna(cast: Cast, request: pytest.FixtureRequest) -> V1Account:
    return cast.anna[request.param]


@pytest.fixture
def sandbox(cast: Cast) -> V1Account:
    return cast.anna["sandbox"]


def epoch(milliseconds: str) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)


def midnight(day: str) -> str:
    """When a date begins in Rome, in milliseconds."""
    return str(int(datetime.fromisoformat(day).replace(tzinfo=ROME).timestamp()) * 1000)


# POST ---------------------------------------------------------------------------------------------


def test_201_an_array_with_one_message_in_every_field(anna: V1Account) -> None:
    before = float(anna.credit)
    answer = anna.post()
    assert isinstance(answer.json()["data"], list)
    (message,) = data_of(answer, 201, "Message Queued")
    price = PRICES[anna.world]
    assert message.pop("id")[:8] == f"{int(message['timestamp']) // 1000:08x}"
    assert abs(datetime.now(UTC) - epoch(message["timestamp"])) < timedelta(minutes=1)
    now = message["timestamp"]
    assert message == {
        "test": False,
        "sender": "alberto",
        "body": "test",
        "recipients": {"valid": {"count": 1}, "invalid": {"total": 0, "list": []}},
        "transaction": False,
        "options": {"bulk": False, "flash": False, "realtime": False, "timestamp_send": now},
        "statistics": {"error": 0, "sent": 0, "delivered": 0, "total": 1, "sms_total": 1},
        "base_price": price,
        "timestamp": now,
        "last_update": message["last_update"],
        "priority": 1,
        "price": price,
        "state": 0,
    }
    assert '"priority":1,' in answer.text
    assert float(answer.json()["credit"]) == money(before - price)


def test_a_finished_message_counts_what_became_of_its_recipients(anna: V1Account) -> None:
    endings = ["0001", "0002", "9901", "9902", "9903"]
    sent = anna.send(recipients=[new_number(ending=one) for one in endings], body="x" * 161)
    message = anna.final(sent["id"])
    assert message["state"] == 2
    assert message["statistics"] == {
        "error": 3,
        "sent": 2,
        "delivered": 2,
        "total": 5,
        "sms_total": 10,
    }
    assert int(message["last_update"]) > int(message["timestamp"])
    failed = anna.final(anna.send(recipients=new_number(ending="9902"))["id"])
    assert (failed["state"], failed["statistics"]["error"]) == (4, 1)


@pytest.mark.parametrize(
    ("recipients", "count", "invalid"),
    [
        ("+39-3341110001", 1, []),
        (["+39-3341110002"], 1, []),
        ({"number": "+39-3341110003", "fields": {"name": "x"}}, 1, []),
        ({"number": "+39-3341110004", "fields": []}, 1, []),
        ({"number": "+39-3341110004", "fields": None}, 1, []),
        (["+39-3341110005", {"number": "+33-612345678"}, "+34-612345678"], 3, []),
        (["+39-3341110006"] * 3, 1, []),
        (["+39-3341110006", {"number": "+39-3341110006"}, " +39-3341110006 "], 1, []),
        (["+39-3341110007", "x", "+39-3341110007", "x"], 1, ["x", "x"]),
        (
            ["+39-3341110008", "+393341110009", 7, None, {"name": "x"}, "+41-3341110008"],
            *(1, ["+393341110009", "7", "null", '{"name":"x"}', "+41-3341110008"]),
        ),
        (["+44-7400123456", "+44-07400123456"], 1, []),  # the same phone, with its trunk zero
        (["+39-0612345678"], 1, []),  # possible, though not a mobile
    ],
)
def test_recipients_in_every_form(
    sandbox: V1Account, recipients: object, count: int, invalid: list[str]
) -> None:
    message = sandbox.send(recipients=recipients, test=True)
    assert message["recipients"] == {
        "valid": {"count": count},
        "invalid": {"total": len(invalid), "list": invalid},
    }
    assert message["statistics"]["total"] == count


@pytest.mark.parametrize(
    ("sender", "shown"),
    [
        *(("abc", "abc"), ("My Shop 24", "My Shop 24"), ("A&B-C.d_e", "A&B-C.d_e")),
        *(("123", "123"), ("12345678901234", "12345678901234"), (3939989741, "3939989741")),
        *(("+393989741", "393989741"), (" abc ", "abc")),
    ],
)
def test_senders_of_letters_or_digits(sandbox: V1Account, sender: object, shown: str) -> None:
    assert sandbox.send(sender=sender, test=True)["sender"] == shown


@pytest.mark.parametrize(
    ("given", "shown", "factor"),
    [
        *((None, 1, 1), (0, 1, 1), (1, 1, 1), (1.0, 1, 1), ("1.5", 1.5, 1.5)),
        *((1.01, 1.01, 1.01), (2, 2, 2), (10, 10, 10), (1.2345, 1.234, 1.234)),
    ],
)
def test_priority_multiplies_the_price(
    sandbox: V1Account, given: object, shown: float, factor: float
) -> None:
    message = sandbox.send(priority=given, body="x" * 161, recipients=[new_number(), new_number()])
    assert message["priority"] == shown
    assert message["base_price"] == money(0.18)
    assert message["price"] == money(0.18 * factor)


def test_options_are_echoed_with_their_defaults_and_custom_round_trips(sandbox: V1Account) -> None:
    custom = {"test": 123, "a": [12, 3.5, None, True, {"b": "è 😀 /"}], "": {}}
    options = {"bulk": True, "flash": True, "custom": custom, "callback_url": "http://127.0.0.1:9/"}
    message = sandbox.send(options={**options, "callback_field": "data", "unknown": 1}, test=True)
    assert message["options"] == {
        **options,
        "callback_field": "data",
        "realtime": False,
        "timestamp_send": message["timestamp"],
    }
    assert sandbox.read(message["id"])["options"] == message["options"]
    assert sandbox.send(options=[], test=True)["options"]["bulk"] is False  # as PHP writes {}
    assert sandbox.send(options=None, test=True)["options"]["flash"] is False
    assert sandbox.send(options={"custom": "text"}, test=True)["options"]["custom"] == "text"


def test_fields_fill_each_text_and_nothing_is_evaluated(cast: Cast) -> None:
    anna = cast.anna["production"]
    anna_number, bo, nobody = new_number(), new_number(), new_number()
    message = anna.send(
        body="Ciao {{name}}, {{ age }}{{nobody}} {{1+1}} {name} {{ a b }}",
        recipients=[
            {"number": anna_number, "fields": {"name": "Anna", "age": 7}},
            {"number": bo, "fields": {"name": "{{age}}", "age": "Łódź"}},
            nobody,
        ],
    )
    assert message["body"].startswith("Ciao {{name}}")
    anna.final(message["id"])
    expected = {
        anna_number: "Ciao Anna, 7 {{1+1}} {name} {{ a b }}",
        bo: "Ciao {{age}}, Łódź {{1+1}} {name} {{ a b }}",
        nobody: "Ciao ,  {{1+1}} {name} {{ a b }}",
    }
    for number, text in expected.items():
        shown = anna.recipient(message["id"], number)
        assert shown["body"] == text
        phone = number.replace("-", "").removeprefix("+")
        wire = [one.text for one in cast.carrier.journal() if one.destination == phone]
        assert wire == [text]


def test_a_test_ends_delivered_costs_nothing_and_reaches_no_carrier(cast: Cast) -> None:
    anna = cast.anna["production"]
    before, number = anna.credit, new_number(ending="9901")
    message = anna.send(test=True, recipients=number, priority=5)
    assert (message["test"], message["price"], message["base_price"]) == (True, 0, 0)
    done = anna.read(message["id"])
    assert (done["state"], done["statistics"]["delivered"]) == (2, 1)
    recipient = anna.recipient(message["id"], number)
    assert (recipient["state"], recipient["real_cost"]) == ("DELIVERED", 0)
    assert recipient["report"]["error"]["name"] == "NO_ERROR"
    assert anna.credit == before
    phone = number.replace("-", "").removeprefix("+")
    assert phone not in {entry.destination for entry in cast.carrier.journal()}


def test_realtime_costs_more_and_goes_once_a_minute(cast: Cast) -> None:
    cora = cast.cora
    message = cora.send(options={"realtime": True}, priority=1.5)
    assert message["options"]["realtime"] is True
    assert message["price"] == money(0.045 * 1.5 * 1.2)
    answer = cora.post(options={"realtime": True})
    assert refusal_of(answer) == (422, 305)
    assert "once a minute" in answer.json()["message"]
    cora.send()
    cast.anna["sandbox"].send(options={"realtime": True})  # another account


def test_an_idempotency_key_answers_the_first_again(sandbox: V1Account) -> None:
    body = sandbox.body()
    headers = {"Idempotency-Key": "v1-once"}
    first = sandbox.client.post("/messages/", json=body, headers=headers)
    again = sandbox.client.post("/messages", json=body, headers=headers)
    assert again.json()["data"][0]["id"] == first.json()["data"][0]["id"]
    assert (again.status_code, again.headers["idempotent-replay"]) == (201, "true")
    other = sandbox.client.post("/messages/", json=sandbox.body(), headers=headers)
    assert refusal_of(other) == (422, 1002)


# Scheduling ---------------------------------------------------------------------------------------

DAY = in_days(2)
MIDNIGHT = midnight(DAY)
TOMORROW = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
FORMS = {
    "year first": (DAY, MIDNIGHT),
    "day first": ("-".join(reversed(DAY.split("-"))), MIDNIGHT),
    "milliseconds as text": (MIDNIGHT, MIDNIGHT),
    "milliseconds": (int(MIDNIGHT), MIDNIGHT),
    "far ahead": ("31-12-2099", "4102354800000"),
    "ISO 8601 in UTC": (f"{TOMORROW:%Y-%m-%dT%H:%M:%SZ}", f"{int(TOMORROW.timestamp())}000"),
    "ISO 8601": (
        TOMORROW.astimezone(ROME).isoformat(),
        f"{int(TOMORROW.timestamp())}000",
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_message_waits_for_its_time_in_every_form(anna: V1Account, form: str) -> None:
    given, shown = FORMS[form]
    message = anna.send(options={"timestamp_send": given})
    assert message["options"]["timestamp_send"] == shown
    assert (message["state"], message["price"]) == (0, PRICES[anna.world])
    (recipient,) = anna.recipients(message["id"])
    assert (recipient["state"], recipient["timestamp_sent"]) == ("PENDING", None)
    assert anna.delete(message["id"]).status_code == 200


@pytest.mark.parametrize("given", ["1980-05-03", "326152800000", "2020-01-01T00:00:00Z", None])
def test_what_is_past_goes_now(sandbox: V1Account, given: str | None) -> None:
    message = sandbox.send(options={"timestamp_send": given})
    assert message["options"]["timestamp_send"] == message["timestamp"]
    assert sandbox.final(message["id"])["state"] == 2


def test_a_message_goes_when_its_time_has_come(anna: V1Account) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=1)
    message = anna.send(options={"timestamp_send": str(int(soon.timestamp() * 1000))})
    assert anna.final(message["id"])["statistics"]["delivered"] == 1
    (recipient,) = anna.recipients(message["id"])
    sent_at = recipient["timestamp_sent"]["$date"]["$numberLong"]
    assert int(sent_at) >= int(message["options"]["timestamp_send"])


def test_put_alone_moves_what_waits_and_nothing_else(anna: V1Account) -> None:
    message = anna.send(options={"timestamp_send": in_days(2), "flash": True})
    identifier, day = message["id"], in_days(3)
    moved = anna.change(identifier, options={"timestamp_send": day})
    assert moved["options"] == message["options"] | {"timestamp_send": midnight(day)}
    for body in (
        {},
        {"recipients": new_number()},
        {"transaction": False},
        {"transaction": False, "options": {"timestamp_send": in_days(4)}},
        {"recipients": [new_number()], "options": {"timestamp_send": in_days(4)}},
        {"options": {"flash": False}},
    ):
        answer = anna.put(identifier, **body)
        assert refusal_of(answer) == (422, 212), body
        assert answer.json()["message"] == "Transaction already closed"
    anna.change(identifier, options={"timestamp_send": "2020-01-01"})
    assert anna.final(identifier)["state"] == 2
    answer = anna.put(identifier, options={"timestamp_send": in_days(3)})
    assert refusal_of(answer) == (422, 212)
