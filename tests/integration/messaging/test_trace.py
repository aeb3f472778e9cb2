"""What happened to a message, told from its rows alone."""

from datetime import timedelta

import pytest
from hand_gateway import FRENCH, ITALIAN, FrozenClock, Gateway, accepted
from traced import kinds, texts, traced

from staffetta.domain.environments import Market
from staffetta.domain.errors import ForbiddenWords
from staffetta.messaging.connector import Busy, Refused, Uncertain
from staffetta.messaging.tracing.find import find_by_number
from staffetta.messaging.tracing.read import NoSuchMessage, find_message
from staffetta.messaging.tracing.sql import READ_KEY

CALLBACK = {"url": "https://example.com/cb"}


async def test_a_delivered_message_is_told_from_request_to_report(
    gateway: Gateway, clock: FrozenClock
) -> None:
    claim = await gateway.accept_and_claim(callback=CALLBACK, key="once")
    clock.advance(0.25)
    await gateway.settle(claim, accepted("a1"))
    clock.advance(2)
    await gateway.report(gateway.delivered("a1"))

    timeline = await traced(gateway, claim.recipient_id)

    assert (timeline.state, timeline.number) == ("delivered", ITALIAN)
    assert (timeline.account, timeline.environment) == ("alice@example.com", "production")
    assert texts(timeline, "request") == [
        "v2 /IT-messages from alice@example.com, sender ACME, with a callback",
        "with an Idempotency-Key, for /IT-messages",
    ]
    assert texts(timeline, "quote") == [
        "GSM-7, 5 characters, 1 segment; 0.03 each; class normal, priority 1.00"
    ]
    assert texts(timeline, "money") == ["charged 0.03 EUR; the balance is then 9.97"]
    assert texts(timeline, "route") == [
        "by carrier, for IT",
        "today: carrier for IT, rank 100, 0.03: it goes first",
    ]
    assert texts(timeline, "claim") == ["try 1 begins, after 0 ms in the queue"]
    assert texts(timeline, "segment") == ["segment 1 of 1 by carrier: accepted as A1"]
    assert texts(timeline, "report") == [
        "segment 1: DELIVERED, error 000, 2000 ms after the answer"
    ]
    assert [text.split(" (")[0] for text in texts(timeline, "callback")] == [
        "submitted is owed to example.com",
        "submitted is still owed",
        "delivered is owed to example.com",
        "delivered is still owed",
    ]
    assert texts(timeline, "state") == ["delivered"]
    times = [event.at for event in timeline.events if event.at is not None]
    assert times == sorted(times)
    assert kinds(timeline).index("claim") < kinds(timeline).index("segment")


async def test_the_text_is_shown_only_to_who_asks(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim(text="a secret between us")
    assert "secret" not in str(await traced(gateway, claim.recipient_id))
    shown = await traced(gateway, claim.recipient_id, with_text=True)
    assert texts(shown, "text") == ["“a secret between us”"]


async def test_a_refused_message_names_the_status_and_the_refund(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim()
    await gateway.settle(claim, Refused(0x0B, "invalid destination address", temporary=False))

    timeline = await traced(gateway, claim.recipient_id)

    (segment,) = texts(timeline, "segment")
    assert segment.startswith("segment 1 of 1 by carrier: refused: ESME_RINVDSTADR (0x0B): ")
    assert texts(timeline, "money") == [
        "charged 0.03 EUR; the balance is then 9.97",
        "refunded 0.03 EUR; the balance is then 10.00",
    ]
    assert texts(timeline, "state") == ["rejected: invalid destination address"]


async def test_a_world_message_shows_its_hold_and_what_was_captured(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim(market=Market.WORLD, recipient=FRENCH)
    await gateway.settle(claim, accepted("a1"))
    assert texts(await traced(gateway, claim.recipient_id), "money") == [
        "held 0.08 EUR",
        "the hold is captured: 0.08 taken, 0.00 given back",
        "captured 0.08 EUR; the balance is then 9.92",
    ]


async def test_tries_that_were_put_off_are_counted(gateway: Gateway, clock: FrozenClock) -> None:
    first = await gateway.accept_and_claim()
    await gateway.settle(first, Busy(0x58, 1.0))
    clock.advance(2)
    await gateway.housekeeper.promote_once()
    await gateway.worker.dispatcher.dispatch_once()
    second = gateway.connector.claims[-1]
    await gateway.settle(second, Refused(8, "system error", temporary=True))

    timeline = await traced(gateway, second.recipient_id)

    claims = texts(timeline, "claim")
    assert claims == [
        "try 1: put off by the carrier, or put back, or nothing is known of it",
        "try 2 begins",
    ]
    (state,) = texts(timeline, "state")
    assert state.startswith("waits for its time: system error; expires at ")


async def test_many_tries_that_were_put_off_take_one_line(
    gateway: Gateway, clock: FrozenClock
) -> None:
    claim = await gateway.accept_and_claim()
    for _ in range(20):
        await gateway.settle(claim, Busy(0x58, 1.0))
        clock.advance(2)
        await gateway.housekeeper.promote_once()
        await gateway.worker.dispatcher.dispatch_once()
        claim = gateway.connector.claims[-1]
    await gateway.settle(claim, accepted("a1"))
    claims = texts(await traced(gateway, claim.recipient_id), "claim")
    assert [text.partition(":")[0] for text in claims] == ["tries 1 to 20", "try 21 begins"]


async def test_an_open_answer_sent_again_is_flagged(gateway: Gateway, clock: FrozenClock) -> None:
    first = await gateway.accept_and_claim()
    await gateway.settle(first, Uncertain("no answer within 30 seconds"))
    clock.advance(1)
    await gateway.housekeeper.send_again_once()
    await gateway.worker.dispatcher.dispatch_once()
    await gateway.settle(gateway.connector.claims[-1], accepted("a2"))

    timeline = await traced(gateway, first.recipient_id)

    assert texts(timeline, "segment") == [
        "segment 1 of 1 by carrier: no answer came, the carrier may have it",
        "segment 1 of 1 by carrier: accepted as A2",
    ]
    said = "perhaps for the second time: one before it stayed without an answer"
    assert texts(timeline, "claim")[-1].endswith(said)
    assert [event.facts["attempt"] for event in timeline.events if event.kind == "segment"] == [
        1,
        2,
    ]


async def test_a_long_message_has_a_line_for_each_segment(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim(text="x" * 400)
    await gateway.settle(claim, accepted("a1"), accepted("a2"), accepted("a3"))
    await gateway.report(gateway.delivered("a2"), gateway.delivered("a1"))

    timeline = await traced(gateway, claim.recipient_id)

    assert [text.rsplit(" ", 1)[-1] for text in texts(timeline, "segment")] == ["A1", "A2", "A3"]
    assert sorted(text[:9] for text in texts(timeline, "report")) == ["segment 1", "segment 2"]
    assert texts(timeline, "quote")[0].startswith("GSM-7, 400 characters, 3 segments; 0.03 each;")
    assert timeline.state == "submitted"


async def test_a_report_that_comes_twice_is_shown_beside_the_first(
    gateway: Gateway, clock: FrozenClock
) -> None:
    claim = await gateway.accept_and_claim()
    await gateway.settle(claim, accepted("a1"))
    await gateway.report(gateway.delivered("a1"))
    clock.advance(60)
    await gateway.report(gateway.delivered("a1"))
    await gateway.report(gateway.delivered("b7"))

    timeline = await traced(gateway, claim.recipient_id)

    assert len(texts(timeline, "report")) == 2
    assert texts(timeline, "report")[1] == (
        "DELIVERED, error 000 for A1: came after another had decided, and changed nothing"
    )


async def test_a_report_that_overtook_its_answer_is_told_so(
    gateway: Gateway, clock: FrozenClock
) -> None:
    claim = await gateway.accept_and_claim()
    await gateway.report(gateway.delivered("a1"))
    clock.advance(1)
    await gateway.settle(claim, accepted("a1"))
    timeline = await traced(gateway, claim.recipient_id)
    assert timeline.state == "delivered"
    assert texts(timeline, "report")[0] == (
        "DELIVERED, error 000 for A1: came before its segment's answer, and was matched then"
    )


async def test_a_cancelled_message_says_who_took_it_back(
    gateway: Gateway, clock: FrozenClock
) -> None:
    send_at = clock.now() + timedelta(hours=1)
    made = await gateway.accept(send_at=send_at)
    await gateway.canceller.cancel(gateway.space_id, made.message.id, clock.now())

    timeline = await traced(gateway, made.message.id)

    assert texts(timeline, "state") == ["cancelled: cancelled by its account"]
    assert texts(timeline, "queue")[0].startswith("waits for its time, ")
    assert texts(timeline, "money")[-1] == "refunded 0.03 EUR; the balance is then 10.00"


async def test_what_waits_says_how_many_stand_before_it(gateway: Gateway) -> None:
    for _ in range(3):
        made = await gateway.accept()
    timeline = await traced(gateway, made.message.id)
    assert "now 2 stand before it" in texts(timeline, "queue")
    assert texts(timeline, "state")[0].startswith("waits in the queue; expires at ")


async def test_what_was_wrong_with_the_carrier_meanwhile_is_told(
    gateway: Gateway, clock: FrozenClock
) -> None:
    made = await gateway.accept()
    connector_id = gateway.connector.connector_id
    clock.advance(60)
    await gateway.rows(
        "INSERT INTO connector_alarm (connector_id, kind, detail, raised_at, last_at, cleared_at)"
        " VALUES ($1, 'silent', 'nothing was heard of it', $2, $2, NULL),"
        " ($1, 'old', 'long before', $3, $3, $3)",
        connector_id,
        clock.now(),
        clock.now() - timedelta(days=1),
    )
    await gateway.rows(
        "INSERT INTO link (connector_id, number, state, detail, changed_at)"
        " VALUES ($1, 1, 'waiting', 'no connection in time', $2)",
        connector_id,
        clock.now(),
    )
    clock.advance(60)
    timeline = await traced(gateway, made.message.id)
    assert texts(timeline, "alarm") == ["carrier: nothing was heard of it"]
    assert texts(timeline, "link") == ["today link 1 of carrier is waiting: no connection in time"]


async def test_a_dry_run_was_never_queued(gateway: Gateway) -> None:
    made = await gateway.accept(dry_run=True)
    timeline = await traced(gateway, made.message.id)
    assert texts(timeline, "queue", "claim", "money") == []
    assert texts(timeline, "state") == ["a dry run: nothing was sent"]


async def test_an_offence_says_what_it_did_to_its_account(gateway: Gateway) -> None:
    await gateway.rows(
        "INSERT INTO forbidden_word (kind, text, created_at) VALUES ('word', 'bomb', now())"
    )
    await gateway.snapshots.refresh_once()
    with pytest.raises(ForbiddenWords):
        await gateway.accept(text="a bomb")
    (row,) = await gateway.rows("SELECT id FROM message")

    checks = texts(await traced(gateway, row["id"]), "check")

    assert checks[0].startswith("refused: ")
    assert checks[1].startswith("it blocked its account: ")


async def test_attempts_to_call_back_are_shown_with_what_came_back(
    gateway: Gateway, clock: FrozenClock
) -> None:
    claim = await gateway.accept_and_claim(callback=CALLBACK)
    await gateway.settle(claim, accepted("a1"))
    (row,) = await gateway.rows("SELECT space_id, id FROM callback")
    await gateway.rows(
        "INSERT INTO callback_attempt (space_id, callback_id, attempt, at, elapsed_ms, http_status,"
        " answer) VALUES ($1, $2, 1, $3, 12, 500, $4)",
        row["space_id"],
        row["id"],
        clock.now(),
        "out of order\n" * 20,
    )
    attempt = texts(await traced(gateway, claim.recipient_id), "callback")[1]
    assert attempt.startswith("submitted: attempt 1 answered 500 after 12 ms: out of order out of")
    assert attempt.endswith("…")


async def test_numbers_are_shortened_for_strangers(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim()
    await gateway.settle(claim, accepted("a1"))
    timeline = await traced(gateway, claim.recipient_id, redacts=True)
    assert timeline.number == "+3933******67"
    assert set(kinds(timeline)) == {"request", "queue", "claim", "segment", "state"}
    assert "0.03" not in str(timeline)
    assert ITALIAN.removeprefix("+39") not in str(timeline)


async def test_messages_are_found_by_their_number(gateway: Gateway, clock: FrozenClock) -> None:
    old = await gateway.accept()
    clock.advance(7200)
    new = await gateway.accept()
    await gateway.accept(recipient="+393331234568")
    async with gateway.database.acquire() as connection:
        since = clock.now() - timedelta(hours=1)
        found = await find_by_number(connection, ITALIAN, since, 10)
        assert [one.message_id for one in found] == [new.message.id]
        found = await find_by_number(connection, ITALIAN, since - timedelta(hours=2), 10)
        assert [one.message_id for one in found] == [new.message.id, old.message.id]
        assert await find_by_number(connection, ITALIAN, since, 10, "bob@example.com") == []


async def test_an_id_of_nothing_is_said_to_be_none(gateway: Gateway) -> None:
    async with gateway.database.acquire() as connection:
        with pytest.raises(NoSuchMessage, match=r"there is no message 0{24}"):
            await find_message(connection, bytes(12))


async def test_the_key_of_a_message_is_looked_for_about_its_time_alone(
    gateway: Gateway, clock: FrozenClock
) -> None:
    claim = await gateway.accept_and_claim(key="once")
    await gateway.rows(
        "INSERT INTO idempotency_key (space_id, path, key, body_hash, message_id, created_at)"
        " SELECT $1, '/IT-messages', number::text, ''::bytea, ''::bytea,"
        "        $2::timestamptz - number * interval '10 seconds'"
        "   FROM generate_series(1, 5000) AS number",
        gateway.space_id,
        clock.now(),
    )
    await gateway.rows("ANALYZE idempotency_key")
    whose = (gateway.space_id, claim.recipient_id, clock.now())
    rows = await gateway.rows(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {READ_KEY}", *whose)
    plan = "\n".join(row[0] for row in rows)
    assert "idempotency_key_age" in plan
    assert "Rows Removed" not in plan, plan
    assert "with an Idempotency-Key, for /IT-messages" in texts(
        await traced(gateway, claim.recipient_id), "request"
    )
