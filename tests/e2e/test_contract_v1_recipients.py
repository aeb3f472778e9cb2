"""v1's recipients, one by one and in pages, in both worlds (contract section 4, "Recipient")."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from carrier import add_carrier, running_carrier
from contract_site import Site, money, serving
from installation import wait_for
from v1_account import WORLDS, V1Account, data_of, new_number, refusal_of, v1_of

PRICES = {"sandbox": 0.045, "production": 0.03}
STATUS = {
    "0001": (5, 3, "DELIVERED", "DELIVERED_TO_HANDSET"),
    "9901": (9, 2, "UNDELIVERABLE", "UNDELIVERABLE_NOT_DELIVERED"),
    "9902": (52, 5, "REJECTED", "REJECTED_DESTINATION"),
    "9903": (15, 4, "EXPIRED", "EXPIRED_EXPIRED"),
}
ERRORS = {
    "0001": (0, "NO_ERROR", 0, "OK", False),
    "9901": (1, "EC_UNKNOWN_SUBSCRIBER", 1, "HANDSET_ERRORS", True),
    "9902": (10_011, "ESME_RINVDSTADR", 2, "USER_ERRORS", True),
    "9903": (3, "CARRIER_ERROR", 1, "HANDSET_ERRORS", False),
}
ROME_TIME = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0[12]00"


@dataclass(frozen=True)
class Sent:
    """A message to a phone of each ending, finished, and one phone that nothing is heard of."""

    anna: V1Account
    message: dict[str, Any]
    numbers: dict[str, str]  # by ending

    def of(self, ending: str) -> dict[str, Any]:
        return self.anna.recipient(self.message["id"], self.numbers[ending])


@dataclass(frozen=True)
class Cast:
    site: Site
    sent: dict[str, Sent]  # by world


def _send(anna: V1Account) -> Sent:
    numbers = {ending: new_number(ending=ending) for ending in (*STATUS, "9904")}
    recipients: list[object] = list(numbers.values())
    recipients[0] = {"number": numbers["0001"], "fields": {"name": "Anna", "age": 7}}
    message = anna.send(body="test {{name}}", recipients=recipients)
    anna.wait(
        message["id"],
        lambda now: now["statistics"]["error"] == 3 and now["statistics"]["delivered"] == 1,
        "reported",
    )
    return Sent(anna, message, numbers)


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    directory = tmp_path_factory.mktemp("v1_recipients")
    with running_carrier(directory) as carrier, serving(directory) as site:
        anna = {"sandbox": v1_of(site.customer("anna"))}
        add_carrier(site.installation, carrier.port, countries="*")
        anna["production"] = v1_of(site.enter("anna", "production"))
        anna["production"].customer.topup("100")
        wait_for(lambda: anna["production"].post().status_code == 201, what="the route is known")
        yield Cast(site, {world: _send(anna[world]) for world in WORLDS})


@pytest.fixture(params=WORLDS)
def sent(cast: Cast, request: pytest.FixtureRequest) -> Sent:
    return cast.sent[request.param]


@pytest.mark.parametrize("ending", STATUS)
def test_a_report_says_what_became_of_a_recipient(sent: Sent, ending: str) -> None:
    found = sent.of(ending)
    status, error = found["report"]["status"], found["report"]["error"]
    shown = (status["id"], status["groupId"], status["groupName"], status["name"])
    assert shown == STATUS[ending]
    assert (found["state"], found["state_description"], found["state_detail"]) == (
        *shown[2:],
        status["description"],
    )
    assert (
        *(error["id"], error["name"], error["groupId"], error["groupName"]),
        error["permanent"],
    ) == ERRORS[ending]
    assert status["description"]
    assert error["description"]


def test_a_recipient_has_every_field_in_its_shape(sent: Sent) -> None:
    found, number = sent.of("0001"), sent.numbers["0001"]
    price = PRICES[sent.anna.world]
    report = found.pop("report")
    sent_at, delivered_at = found.pop("timestamp_sent"), found.pop("timestamp_delivery")
    for time in (sent_at, delivered_at):
        assert set(time) == {"$date"}
        assert set(time["$date"]) == {"$numberLong"}
        assert time["$date"]["$numberLong"].isdigit()
    assert int(delivered_at["$date"]["$numberLong"]) >= int(sent_at["$date"]["$numberLong"])
    identifier = found.pop("id")
    assert len(identifier) == 24
    assert identifier != sent.message["id"]
    for name in ("state", "state_description", "state_detail"):
        del found[name]
    assert found == {
        "number": number,
        "prefix": "+39",
        "send_id": f"{sent.message['id']}_0",
        "body": "test Anna",
        "sms": 1,
        "remaining_chr": 160 - len("test Anna"),
        "price": price,
        "real_cost": price,
        "fields": {"name": "Anna", "age": 7},
        "message_id": sent.message["id"],
        "i": 0,
    }
    assert set(report) == {
        *("price", "status", "error", "messageId", "doneAt", "smsCount", "sentAt", "to"),
    }
    assert report["price"] == {"pricePerMessage": price, "currency": "EUR"}
    assert (report["messageId"], report["smsCount"]) == (identifier, 1)
    assert report["to"] == number.replace("-", "").removeprefix("+")
    for name in ("sentAt", "doneAt"):
        assert re.fullmatch(ROME_TIME, report[name])
    assert report["doneAt"] >= report["sentAt"]


def test_before_the_first_report_it_is_pending_and_without_times(sent: Sent) -> None:
    found = sent.of("9904")
    assert (found["state"], found["state_description"]) == ("PENDING", "PENDING_WAITING_DELIVERY")
    assert found["state_detail"]
    assert (found["report"], found["timestamp_sent"], found["timestamp_delivery"]) == (
        *(None, None),
        None,
    )
    assert found["fields"] == []
    assert (found["body"], found["i"]) == ("test ", 4)


def test_what_no_carrier_took_costs_nothing_in_the_end(sent: Sent) -> None:
    price = PRICES[sent.anna.world]
    costs = {ending: (sent.of(ending)["price"], sent.of(ending)["real_cost"]) for ending in STATUS}
    assert costs == {
        "0001": (price, price),
        "9901": (price, price),
        "9902": (price, 0),
        "9903": (price, price),
    }
    rejected = sent.of("9902")
    assert (rejected["timestamp_sent"], rejected["report"]["sentAt"]) == (None, None)


@pytest.mark.parametrize("plus", ["+", "%2B", "%2b"])
@pytest.mark.parametrize("hyphen", ["-", "", "%2D"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_the_number_in_the_path_is_read_in_each_of_its_forms(
    sent: Sent, plus: str, hyphen: str, slash: str
) -> None:
    number = sent.numbers["0001"]
    written = f"{plus}39{hyphen}{number[4:]}{slash}"
    assert sent.anna.recipient(sent.message["id"], written)["number"] == number


@pytest.mark.parametrize(
    "written",
    [
        *("%20{rest}", "{rest}", "+{rest}0", "+39-", "+", "-", "nobody", "%2B%2B{rest}"),
        *("+39-3330000000", "+3-9{national}", "+393-{national}", "+39--{national}", "%00", "+٣٩"),
    ],
)
def test_404_203_a_number_that_the_message_does_not_have(sent: Sent, written: str) -> None:
    rest = sent.numbers["0001"].removeprefix("+")
    path = written.format(rest=rest, national=rest.partition("-")[2])
    answer = sent.anna.client.get(f"/messages/{sent.message['id']}/recipients/{path}")
    assert refusal_of(answer) == (404, 203)


def test_the_list_is_in_the_order_given_and_in_pages(sent: Sent) -> None:
    everybody = sent.anna.recipients(sent.message["id"])
    assert [one["number"] for one in everybody] == list(sent.numbers.values())
    assert [one["i"] for one in everybody] == [0, 1, 2, 3, 4]
    assert len({one["id"] for one in everybody}) == 5
    path = f"/messages/{sent.message['id']}/recipients"
    page = sent.anna.client.get(f"{path}?skip=1&limit=2")
    assert data_of(page, 200, "2 Results") == everybody[1:3]
    last = sent.anna.client.get(f"{path}/?skip=4&limit=10001")
    assert data_of(last, 200, "1 Result") == everybody[4:]
    assert refusal_of(sent.anna.client.get(f"{path}?skip=5")) == (404, 203)


def test_a_page_is_a_thousand_and_at_most_ten_thousand(cast: Cast) -> None:
    anna = cast.sent["sandbox"].anna
    numbers = [f"+39-336{number:07d}" for number in range(10_001)]
    message = anna.send(recipients=numbers, test=True)
    path = f"/messages/{message['id']}/recipients/"
    page = data_of(anna.client.get(path), 200, "1000 Results")
    assert [one["number"] for one in page] == numbers[:1000]
    page = data_of(anna.client.get(f"{path}?limit=20000"), 200, "10000 Results")
    assert [one["i"] for one in page] == list(range(10_000))
    page = data_of(anna.client.get(f"{path}?skip=10000"), 200, "1 Result")
    assert page[0]["send_id"] == f"{message['id']}_10000"


def test_another_accounts_recipients_are_unknown(cast: Cast) -> None:
    bruno = v1_of(cast.site.customer("bruno"))
    for sent in cast.sent.values():
        path = f"/messages/{sent.message['id']}/recipients/"
        assert refusal_of(bruno.client.get(path)) == (404, 203)
        assert refusal_of(bruno.client.get(path + sent.numbers["0001"])) == (404, 203)


def test_long_texts_count_their_segments_and_what_is_left_of_the_last(cast: Cast) -> None:
    anna = cast.sent["production"].anna
    message = anna.send(body="ж" * 71, recipients=new_number())
    (found,) = anna.recipients(message["id"])
    assert (found["sms"], found["remaining_chr"], found["price"]) == (2, 67 - 4, money(0.06))
    anna.final(message["id"])
    (found,) = anna.recipients(message["id"])
    assert (found["report"]["smsCount"], found["report"]["price"]["pricePerMessage"]) == (2, 0.03)
