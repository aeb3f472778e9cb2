"""What a receiver gets, and what becomes of a callback."""

from datetime import timedelta
from urllib.parse import parse_qs

import msgspec
import pytest
from delivery import delivering
from outbox import Outbox
from receiver import Receiver

from staffetta.callbacks.owe import LowCredit, owe_low_credit
from staffetta.domain.clock import Clock
from staffetta.domain.states import State


async def _deliver(outbox: Outbox, clock: Clock) -> None:
    async with delivering(outbox, clock) as delivery:
        await delivery.step()


async def test_a_change_of_state_is_delivered_as_the_message_was_then(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    message_id = await outbox.message(receiver.url("/sms?x=1"), custom={"order": 7})
    await outbox.owe([message_id], State.SUBMITTED)

    await _deliver(outbox, clock)

    (request,) = receiver.received
    assert request.path == "/sms?x=1"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"].startswith("Staffetta/")
    assert request.message["id"] == message_id.hex()
    assert request.message["state"] == "PENDING"  # the recipient's row says delivered by now
    assert request.message["username"] == "anna@example.com"
    assert request.message["custom"] == {"order": 7}
    assert request.message["sentAt"] == "2026-03-14T09:26:53Z"
    assert request.message["deliveredAt"] is None
    assert await outbox.statuses() == ["delivered"]


async def test_an_attempt_is_recorded_with_its_answer(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    receiver.answers(201, "noted\x00\x1b[31m")
    await outbox.owe([await outbox.message(receiver.url())])

    await _deliver(outbox, clock)

    (attempt,) = await outbox.attempts()
    assert (attempt["attempt"], attempt["http_status"], attempt["error"]) == (1, 201, "")
    assert attempt["answer"] == "noted��[31m"
    assert attempt["at"] == clock.now()


async def test_the_method_post_sends_a_form_with_the_json_in_its_field(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    message_id = await outbox.message(receiver.url(), method="POST", field="däta")
    await outbox.owe([message_id])

    await _deliver(outbox, clock)

    (request,) = receiver.received
    form = parse_qs(request.body.decode(), strict_parsing=True)
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert list(form) == ["däta"]
    assert msgspec.json.decode(form["däta"][0])["id"] == message_id.hex()


async def test_headers_are_sent_along_and_replace_none_of_ours(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    headers = {"X-Secret": "s3", "user-agent": "mine", "webhook-id": "forged", "HOST": "evil"}
    await outbox.owe([await outbox.message(receiver.url(), headers=headers)])

    await _deliver(outbox, clock)

    (request,) = receiver.received
    assert request.headers["X-Secret"] == "s3"
    assert request.headers["User-Agent"] == "mine"
    assert request.headers["webhook-id"].startswith("cb_")
    assert request.headers["Host"] == f"127.0.0.1:{receiver.port}"


async def test_low_credit_is_delivered_with_what_its_row_says(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    await outbox.settings({"alert_url": receiver.url("/alerts")})
    async with outbox.database.transaction() as connection:
        alert = LowCredit(outbox.space_id, 1_000_000, 5_000_000)
        await owe_low_credit(connection, [alert], outbox.ids, clock.now())

    await _deliver(outbox, clock)

    (request,) = receiver.received
    assert request.path == "/alerts"
    assert request.message["event"] == "low_credit"
    assert request.message["available"] == 1.0


async def test_a_failure_is_repeated_when_its_time_has_come(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    receiver.answers(500, "sorry")
    await outbox.owe([await outbox.message(receiver.url())])
    async with delivering(outbox, clock) as delivery:
        await delivery.step()
        (owed,) = await outbox.owed()
        assert (owed.status, owed.tries) == ("owed", 1)
        assert owed.due_at == clock.now() + timedelta(minutes=1)

        clock.advance(59)
        await delivery.step()
        assert len(receiver.received) == 1

        receiver.answers(200)
        clock.advance(1)
        await delivery.step()

    assert await outbox.statuses() == ["delivered"]
    assert [one["http_status"] for one in await outbox.attempts()] == [500, 200]


async def test_every_attempt_has_the_same_id(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    receiver.answers(500)
    await outbox.owe([await outbox.message(receiver.url())])
    async with delivering(outbox, clock) as delivery:
        await delivery.step()
        clock.advance(60)
        await delivery.step()

    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


@pytest.mark.parametrize(("retry", "attempts"), [(0, 1), (2, 3), (None, 6)])
async def test_what_fails_to_the_end_becomes_a_dead_letter(
    outbox: Outbox, receiver: Receiver, clock: Clock, retry: int | None, attempts: int
) -> None:
    receiver.answers(404)
    await outbox.owe([await outbox.message(receiver.url(), retry=retry)])
    async with delivering(outbox, clock) as delivery:
        for _ in range(8):
            await delivery.step()
            clock.advance(24 * 3600)

    assert len(receiver.received) == attempts
    assert await outbox.statuses() == ["dead"]


async def test_the_accounts_setting_counts_where_a_message_names_no_retry(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    await outbox.settings({"callback_retry": 0})
    receiver.answers(404)
    await outbox.owe([await outbox.message(receiver.url())])

    await _deliver(outbox, clock)

    assert await outbox.statuses() == ["dead"]


async def test_gone_ends_it_without_a_repeat(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    receiver.answers(410)
    await outbox.owe([await outbox.message(receiver.url())])

    await _deliver(outbox, clock)

    assert await outbox.statuses() == ["ended"]


async def test_retry_after_puts_a_repeat_off(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    receiver.answers(429, **{"Retry-After": "600"})
    await outbox.owe([await outbox.message(receiver.url())])

    await _deliver(outbox, clock)

    (owed,) = await outbox.owed()
    assert owed.due_at == clock.now() + timedelta(minutes=10)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ('callback = callback || \'{"method": "PUT"}\'', "owed"),
        ("callback = '[]'", "dead"),
    ],
    ids=["cannot be sent", "cannot be composed"],
)
async def test_a_message_that_our_own_code_fails_on_holds_up_no_other(
    outbox: Outbox, receiver: Receiver, clock: Clock, change: str, status: str
) -> None:
    bad, good = await outbox.messages(2, receiver.url())
    await outbox.rows(f"UPDATE message SET {change} WHERE id = $1", bad)
    await outbox.owe([bad, good])

    await _deliver(outbox, clock)

    assert await outbox.statuses(good) == ["delivered"]
    assert await outbox.statuses(bad) == [status]
    assert len(receiver.received) == 1


async def test_a_message_that_is_gone_makes_a_dead_letter_and_holds_up_no_other(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    lost, kept = await outbox.messages(2, receiver.url())
    await outbox.owe([lost, kept])
    await outbox.rows("DELETE FROM message WHERE id = $1", lost)

    await _deliver(outbox, clock)

    assert await outbox.statuses(lost) == ["dead"]
    assert await outbox.statuses(kept) == ["delivered"]
