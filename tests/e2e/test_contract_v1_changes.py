"""v1's transactions, cancelling, lists, credit, and who may not send (contract section 4)."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from contract_site import Site, money, serving
from installation import wait_for
from v1_account import (
    UNKNOWN,
    V1Account,
    data_of,
    in_days,
    new_number,
    refusal_of,
    v1_of,
)

PRICE = 0.045  # of a segment to Italy, in the sandbox


@dataclass(frozen=True)
class Cast:
    """Accounts with a purpose each, all in the sandbox."""

    site: Site
    anna: V1Account
    poor: V1Account  # with 0.10
    dora: V1Account  # for one test alone, and so are the others
    emma: V1Account
    evil: V1Account


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with serving(tmp_path_factory.mktemp("v1_changes")) as site:
        everybody = (v1_of(one) for one in site.customers("anna", "poor", "dora", "emma", "evil"))
        anna, poor, dora, emma, evil = everybody
        poor.customer.topup("-999.90")
        yield Cast(site, anna, poor, dora, emma, evil)


@pytest.fixture
def anna(cast: Cast) -> V1Account:
    return cast.anna


# Transactions -------------------------------------------------------------------------------------


def test_a_transaction_is_stored_filled_closed_and_sent(anna: V1Account) -> None:
    before = float(anna.credit)
    first, second, third = (new_number() for _ in range(3))
    message = anna.send(transaction=True, recipients=[first, "nobody"])
    identifier = message["id"]
    assert (message["transaction"], message["state"]) == (True, 0)
    assert (message["price"], message["statistics"]["total"]) == (PRICE, 1)  # an estimate
    assert float(anna.credit) == money(before)

    added = anna.change(identifier, recipients=[second, first, "x"], transaction=True)
    assert added["recipients"] == {
        "valid": {"count": 2},
        "invalid": {"total": 2, "list": ["nobody", "x"]},
    }
    timed = anna.change(identifier, options={"timestamp_send": "2020-01-01"})  # no recipients
    assert (timed["transaction"], timed["statistics"]["total"]) == (True, 2)
    assert timed["options"]["timestamp_send"] > message["options"]["timestamp_send"]
    assert {one["state"] for one in anna.recipients(identifier)} == {"PENDING"}
    assert [one["real_cost"] for one in anna.recipients(identifier)] == [0, 0]

    answer = anna.put(identifier, recipients=third, transaction=False)
    closed = data_of(answer, 200, "Updated")
    assert (closed["transaction"], closed["statistics"]["total"]) == (False, 3)
    assert closed["price"] == money(3 * PRICE)
    assert float(answer.json()["credit"]) == money(before - 3 * PRICE)
    assert anna.final(identifier)["statistics"]["delivered"] == 3
    assert [one["i"] for one in anna.recipients(identifier)] == [0, 1, 2]
    answer = anna.put(identifier, recipients=[new_number()])
    assert refusal_of(answer) == (422, 212)
    assert answer.json()["message"] == "Transaction already closed"


def test_a_transaction_may_begin_with_nobody_and_close_for_later(anna: V1Account) -> None:
    message = anna.send(transaction=True, recipients=[])
    identifier = message["id"]
    assert message["statistics"]["total"] == 0
    assert refusal_of(anna.put(identifier, transaction=False)) == (422, 303)
    assert refusal_of(anna.client.get(f"/messages/{identifier}/recipients/")) == (404, 203)
    options = {"timestamp_send": in_days(2)}
    closed = anna.change(identifier, recipients=new_number(), options=options, transaction=False)
    assert (closed["state"], closed["transaction"]) == (0, False)
    anna.change(identifier, options={"timestamp_send": in_days(3)})
    assert anna.delete(identifier).status_code == 200


@pytest.mark.parametrize(
    ("body", "number"),
    [
        ({"recipients": 7}, 303),
        ({"transaction": "yes"}, 306),
        ({"options": 7}, 305),
        ({"options": {"timestamp_send": "tomorrow"}}, 305),
    ],
)
def test_422_a_put_of_the_wrong_shape(
    anna: V1Account, body: dict[str, object], number: int
) -> None:
    identifier = anna.send(transaction=True)["id"]
    assert refusal_of(anna.put(identifier, **body)) == (422, number)
    assert anna.read(identifier)["statistics"]["total"] == 1


def test_of_many_puts_at_once_none_is_lost(anna: V1Account) -> None:
    identifier = anna.send(transaction=True, recipients=[])["id"]
    numbers = [[new_number() for _ in range(5)] for _ in range(8)]
    pool = anna.customer.site.pool
    answers = list(pool.map(lambda some: anna.put(identifier, recipients=some), numbers))
    assert {answer.status_code for answer in answers} == {200}
    assert anna.read(identifier)["statistics"]["total"] == 40
    closing = list(pool.map(lambda _: anna.put(identifier, transaction=False), range(3)))
    assert sorted(answer.status_code for answer in closing) == [200, 422, 422]


# DELETE -------------------------------------------------------------------------------------------


def deleted(answer: httpx.Response, identifier: str) -> bool:
    return (answer.status_code, answer.json()) == (
        200,
        {"data": [], "message": f"{identifier} Deleted", "success": True, "error": None},
    )


def test_delete_cancels_what_waits_without_refund(anna: V1Account) -> None:
    message = anna.send(
        options={"timestamp_send": in_days(2)}, recipients=[new_number(), new_number()]
    )
    after = anna.credit
    assert deleted(anna.delete(message["id"]), message["id"])
    assert anna.credit == after
    cancelled = anna.read(message["id"])
    assert (cancelled["state"], cancelled["price"]) == (3, money(2 * PRICE))
    for recipient in anna.recipients(message["id"]):
        status = recipient["report"]["status"]
        assert (status["groupName"], status["name"]) == ("UNDELIVERABLE", "UNDELIVERABLE_NOT_SENT")
        assert (recipient["real_cost"], recipient["timestamp_sent"]) == (PRICE, None)
    assert refusal_of(anna.delete(message["id"])) == (422, 221)
    answer = anna.put(message["id"], options={"timestamp_send": in_days(3)})
    assert refusal_of(answer) == (422, 212)


def test_delete_discards_an_open_transaction_which_costs_nothing(anna: V1Account) -> None:
    before = anna.credit
    message = anna.send(transaction=True)
    assert deleted(anna.delete(message["id"]), message["id"])
    assert anna.read(message["id"])["state"] == 3
    assert refusal_of(anna.put(message["id"], recipients=new_number())) == (422, 212)
    assert anna.credit == before


def test_422_221_what_was_handed_to_the_queue_stays(anna: V1Account) -> None:
    message = anna.send()
    answer = anna.delete(message["id"])
    assert refusal_of(answer) == (422, 221)
    assert answer.json()["message"] == "message already scheduled for sending"
    assert anna.final(message["id"])["statistics"]["delivered"] == 1


# Lists --------------------------------------------------------------------------------------------


def test_the_list_is_newest_first_in_pages(cast: Cast) -> None:
    dora = cast.dora
    sent = [dora.send(sender=f"dora {number}", test=True) for number in range(5)]
    lines = [
        {"sender": one["sender"], "timestamp": one["timestamp"], "id": one["id"]}
        for one in reversed(sent)
    ]
    assert data_of(dora.client.get("/messages/"), 200, "5 Results") == lines
    page = dora.client.get("/messages/?skip=1&limit=2")
    assert data_of(page, 200, "2 Results") == lines[1:3]
    assert data_of(dora.client.get("/messages?limit=1"), 200, "1 Result") == lines[:1]
    assert data_of(dora.client.get("/messages/?limit=99999"), 200, "5 Results") == lines
    assert data_of(dora.client.get("/messages/?skip=&limit="), 200, "5 Results") == lines
    # v2's messages are not v1's, nor the other way round.
    other = dora.customer.send()
    assert dora.client.get("/messages/").json()["data"] == lines
    assert refusal_of(dora.client.get(f"/messages/{other['id']}")) == (404, 203)
    assert refusal_of(dora.delete(other["id"])) == (404, 219)
    assert [one["id"] for one in dora.customer.listed()] == [other["id"]]


def test_without_a_limit_the_newest_hundred_are_listed(cast: Cast) -> None:
    emma = cast.emma
    sent = list(cast.site.pool.map(lambda _: emma.send(test=True)["id"], range(101)))
    listed = data_of(emma.client.get("/messages/"), 200, "100 Results")
    assert [one["id"] for one in listed] == sorted(sent, reverse=True)[:100]
    assert len(emma.client.get("/messages/?limit=1000").json()["data"]) == 101


# Credit -------------------------------------------------------------------------------------------


def test_402_201_says_what_is_needed_and_what_there_is(cast: Cast) -> None:
    poor = cast.poor
    answer = poor.post(recipients=[new_number() for _ in range(3)])
    assert refusal_of(answer) == (402, 201)
    assert answer.json()["message"] == (
        "Current User credit is not enough. 0.135 needed 0.10 € available"
    )
    message = poor.send(transaction=True, recipients=[new_number() for _ in range(3)])
    answer = poor.put(message["id"], transaction=False)
    assert refusal_of(answer) == (402, 201)
    assert answer.json()["message"] == "Insufficient Credit in Wallet: 0.10"
    assert poor.read(message["id"])["transaction"] is True
    assert poor.credit == "0.10"
    assert poor.send(recipients=[new_number(), new_number()])["price"] == money(0.09)
    assert poor.credit == "0.01"


def test_a_recipient_that_no_carrier_took_is_refunded_in_full(anna: V1Account) -> None:
    before = float(anna.credit)
    refused, failed, good = (new_number(ending=one) for one in ("9902", "9901", "0001"))
    message = anna.send(recipients=[refused, failed, good], body="x" * 161, priority=2)
    assert message["price"] == money(3 * 2 * 2 * PRICE)
    anna.final(message["id"])
    costs = {
        number: anna.recipient(message["id"], number)["real_cost"]
        for number in (refused, failed, good)
    }
    assert costs == {refused: 0, failed: money(4 * PRICE), good: money(4 * PRICE)}
    assert float(anna.credit) == money(before - 8 * PRICE)
    assert anna.read(message["id"])["price"] == message["price"]


# Who may not send ---------------------------------------------------------------------------------


def test_403_310_forbidden_words_block_the_account_and_keep_nothing(cast: Cast) -> None:
    evil = cast.evil
    waiting = evil.send(options={"timestamp_send": in_days(2)})
    before = evil.credit
    cast.site.run("words", "add", "casino")

    def refused_test() -> bool:
        """A test of one is told, and blocks nobody."""
        answer = evil.post(body="the Cas1no", test=True)
        return answer.status_code == 422 and refusal_of(answer) == (422, 302)

    wait_for(refused_test, what="the words are known")
    listed = evil.client.get("/messages/?limit=1000").json()["data"]
    hidden = {"number": new_number(), "fields": {"what": "CASINO"}}
    answer = evil.post(body="go to the {{what}}", recipients=[new_number(), hidden])
    assert refusal_of(answer) == (403, 310)
    assert "blocklisted" in answer.json()["message"]
    # Looked at before the body, and nothing was kept of the offence.
    assert refusal_of(evil.client.post("/messages/", content=b"nonsense")) == (403, 310)
    assert refusal_of(evil.put(waiting["id"], options={"timestamp_send": "x"})) == (403, 310)
    assert evil.client.get("/messages/?limit=1000").json()["data"] == listed
    assert evil.credit == before
    assert evil.delete(waiting["id"]).status_code == 200
    evil.customer.lift()
    wait_for(lambda: evil.post().status_code == 201, what="the block is lifted")


def test_an_unknown_message_is_404_whatever_the_change(anna: V1Account) -> None:
    assert refusal_of(anna.put(UNKNOWN, transaction=False)) == (404, 211)
    assert refusal_of(anna.delete(UNKNOWN)) == (404, 219)
