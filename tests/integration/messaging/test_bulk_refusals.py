"""What a v1 message is refused for when it is stored, and what is stored rejected instead."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from bulk_hand import BulkHand, bulk_request, italians
from hand_gateway import START, Gateway

from staffetta.connectors.smpp.outgoing import Outgoing
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.domain.errors import (
    AccountBlocklisted,
    GuardRefused,
    InvalidText,
    MessageRefused,
    NoRoute,
    SenderNotApproved,
)
from staffetta.domain.states import State
from staffetta.messaging.bulk.errors import NoRecipient, TransactionClosed

EMPTY_FOR_ONE = [{"number": "+39-3330000001", "fields": {"text": "x"}}, "+39-3330000002"]


@pytest.fixture
def bulk(gateway: Gateway) -> BulkHand:
    return BulkHand(gateway)


async def set_words(gateway: Gateway, *words: str) -> None:
    for word in words:
        await gateway.rows(
            "INSERT INTO forbidden_word (kind, text, country, created_at)"
            " VALUES ('word', $1, '*', $2)",
            word,
            START,
        )
    await gateway.snapshots.refresh_once()


async def only_routes_to(gateway: Gateway, *countries: str) -> None:
    await gateway.rows("DELETE FROM route WHERE country <> ALL($1)", list(countries))
    await gateway.snapshots.refresh_once()


async def nothing_is_kept(gateway: Gateway) -> bool:
    found = await gateway.rows(
        "SELECT FROM message UNION ALL SELECT FROM v1_message UNION ALL SELECT FROM recipient"
    )
    return not found and await gateway.wallet() == (10_000_000, 0)


async def test_forbidden_words_block_the_account_and_leave_nothing(
    gateway: Gateway, bulk: BulkHand
) -> None:
    await set_words(gateway, "casino")
    hidden = {"number": "+39-3330000009", "fields": {"name": "CASINO"}}
    with pytest.raises(AccountBlocklisted):
        await bulk.post([*italians(5), hidden], body="Ciao {{name}}")
    assert await nothing_is_kept(gateway)
    with pytest.raises(AccountBlocklisted):
        await bulk.post(italians(1))
    (row,) = await gateway.rows("SELECT blocklisted_at FROM space WHERE id = $1", gateway.space_id)
    assert row["blocklisted_at"] is not None


async def test_a_put_with_forbidden_words_leaves_the_transaction_as_it_was(
    gateway: Gateway, bulk: BulkHand
) -> None:
    identifier = (await bulk.post(italians(2), body="Ciao {{name}}", is_open=True)).message_id
    await set_words(gateway, "casino")
    with pytest.raises(AccountBlocklisted):
        await bulk.put(identifier, [{"number": "+39-3330000009", "fields": {"name": "casino"}}])
    assert (await bulk.read(identifier)).recipient_count == 2


async def test_a_test_with_forbidden_words_is_told_and_blocks_nobody(
    gateway: Gateway, bulk: BulkHand
) -> None:
    await set_words(gateway, "casino")
    with pytest.raises(InvalidText, match="forbidden word"):
        await bulk.post(italians(1), body="casino", is_test=True)
    assert await nothing_is_kept(gateway)
    await bulk.post(italians(1))


@pytest.mark.parametrize(
    ("countries", "recipients", "body", "refusal"),
    [
        (("IT",), ["+33-612345678"], "x", NoRoute),
        (("IT",), ["+33-612345678", "+34-612345678", "nobody"], "x", NoRoute),
        (("IT", "*"), italians(2), "{{nobody}}", InvalidText),
        (
            ("IT", "*"),
            [{"number": "+39-3330000001", "fields": {"a": "x" * 2000}}],
            "{{a}}",
            InvalidText,
        ),
        # The text is looked at before the route.
        (("IT",), ["+33-612345678", *italians(1)], "{{nobody}}", InvalidText),
        (("IT", "*"), ["nobody", "+39-3"], "x", NoRecipient),
        (("IT", "*"), [], "x", NoRecipient),
    ],
    ids=lambda one: getattr(one, "__name__", str(one)[:30]),
)
async def test_what_nobody_could_get_is_refused_for_the_first_reason(
    gateway: Gateway,
    bulk: BulkHand,
    countries: tuple[str, ...],
    recipients: list[object],
    body: str,
    refusal: type[MessageRefused],
) -> None:
    await only_routes_to(gateway, *countries)
    with pytest.raises(refusal):
        await bulk.post(recipients, body=body)
    assert await nothing_is_kept(gateway)
    identifier = (await bulk.post(recipients, body=body, is_open=True)).message_id
    with pytest.raises(refusal):
        await bulk.put(identifier, closes=True)
    assert (await bulk.read(identifier)).is_open


async def test_a_sender_that_needs_approval_and_countries_that_are_not_allowed(
    gateway: Gateway, bulk: BulkHand
) -> None:
    space = msgspec.structs.replace(
        gateway.space,
        terms=msgspec.structs.replace(gateway.space.terms, countries_allowed=frozenset({"FR"})),
    )
    now = gateway.clock.now()
    with pytest.raises(NoRecipient, match="countries"):
        await bulk.acceptor.accept(space, bulk_request(italians(2)), now)
    accepted = await bulk.acceptor.accept(
        space, bulk_request(["+39-3330000001", "+33-612345678"]), now
    )
    assert (await bulk.read(accepted.message_id)).counts == {State.REJECTED: 1, State.QUEUED: 1}
    await gateway.rows("INSERT INTO sender_rule (country, created_at) VALUES ('IT', $1)", START)
    await gateway.snapshots.refresh_once()
    with pytest.raises(SenderNotApproved):
        await bulk.post(italians(2))


async def test_who_has_no_route_is_rejected_beside_those_who_have_one(
    gateway: Gateway, bulk: BulkHand
) -> None:
    await only_routes_to(gateway, "IT")
    accepted = await bulk.post(["+33-612345678", *italians(2)])
    message = await bulk.read(accepted.message_id)
    assert message.counts == {State.REJECTED: 1, State.QUEUED: 2}
    assert (message.recipient_count, message.segment_total) == (3, 3)
    assert message.price_micro == 60_000
    rejected = await bulk.reader.recipient(gateway.space_id, accepted.message_id, "+33612345678")
    assert rejected is not None
    assert rejected.refused_as == "REJECTED_ROUTE_NOT_AVAILABLE"
    assert (rejected.price_micro, rejected.paid_micro) == (0, 0)
    await gateway.books_hold()


async def test_a_text_that_comes_out_empty_is_not_sent_and_costs_nothing(
    gateway: Gateway, bulk: BulkHand
) -> None:
    tomorrow = gateway.clock.now() + timedelta(days=1)
    accepted = await bulk.post(EMPTY_FOR_ONE, body="{{text}}", due_at=tomorrow)
    message = await bulk.read(accepted.message_id)
    assert message.counts == {State.SCHEDULED: 1, State.UNDELIVERABLE: 1}
    assert (message.error_count, message.price_micro) == (1, 30_000)
    # It never waited, so it keeps nobody from changing what does.
    await bulk.put(accepted.message_id, due_at=tomorrow + timedelta(days=1))
    await bulk.delete(accepted.message_id)
    assert (await bulk.read(accepted.message_id)).number == 3
    await gateway.books_hold()


@pytest.mark.parametrize("more", [{"closes": True}, {"closes": False}, {"recipients": italians(1)}])
async def test_a_closed_message_takes_a_time_alone(
    gateway: Gateway, bulk: BulkHand, more: dict[str, Any]
) -> None:
    tomorrow = gateway.clock.now() + timedelta(days=1)
    identifier = (await bulk.post(italians(1), due_at=tomorrow)).message_id
    with pytest.raises(TransactionClosed):
        await bulk.put(identifier, due_at=tomorrow + timedelta(hours=1), **more)
    before = await gateway.rows("SELECT due_at FROM recipient")
    assert [row["due_at"] for row in before] == [tomorrow]
    gateway.clock.advance(60)
    await bulk.put(identifier, due_at=None)  # a time that is past
    (row,) = await gateway.rows("SELECT due_at, state::text AS state FROM recipient")
    assert (row["due_at"], row["state"]) == (gateway.clock.now(), State.SCHEDULED)
    options = (await bulk.read(identifier)).options
    assert options["timestamp_send"] == str(int(gateway.clock.now().timestamp() * 1000))
    assert await gateway.housekeeper.promote_once() == 1


async def test_the_daily_cap_is_named_for_what_it_is(gateway: Gateway, bulk: BulkHand) -> None:
    await gateway.rows(
        "UPDATE wallet SET day_spend_max_micro = 50000 WHERE space_id = $1", gateway.space_id
    )
    with pytest.raises(GuardRefused, match="daily spending cap"):
        await bulk.post(italians(2))
    await bulk.post(italians(1))


# Class 0: shown at once, not stored (3GPP TS 23.038, coding groups 1111 and 0001).
@pytest.mark.parametrize(("body", "flash", "plain"), [("ciao", 0xF0, 0), ("привет", 0x18, 8)])
async def test_a_flash_message_is_of_class_0_on_the_wire(
    gateway: Gateway, bulk: BulkHand, body: str, flash: int, plain: int
) -> None:
    await bulk.post(italians(1), body=body, flash=True)
    await bulk.post(italians(1, first=1), body=body)
    await gateway.worker.dispatcher.dispatch_once()
    settings = SmppSettings(
        connector_id=1, name="carrier", host="127.0.0.1", port=2775, system_id="gw", password=""
    )
    outgoing, now = Outgoing(settings), gateway.clock.now()
    codings = [
        outgoing.submit_sm(claim, claim.segments[0], now).data_coding
        for claim in gateway.connector.claims
    ]
    assert codings == [flash, plain]
