"""What is owed is written with the change it tells."""

import pytest
from outbox import Outbox

from staffetta.callbacks.owe import Lane, LowCredit, lanes_of, owe_changes, owe_low_credit
from staffetta.domain.states import State

_ALERT_URL = "https://alerts.example/low"


async def _owe(outbox: Outbox, *alerts: LowCredit) -> frozenset[Lane]:
    async with outbox.database.transaction() as connection:
        return await owe_low_credit(connection, alerts, outbox.ids, outbox.now)


async def test_a_change_is_owed_with_a_snapshot_of_what_can_change_later(outbox: Outbox) -> None:
    message_id = await outbox.message("https://example.com/sms")

    changes = await outbox.owe([message_id], State.DELIVERED, host="example.com")

    row = (await outbox.rows("SELECT * FROM callback"))[0]
    assert lanes_of(changes) == {Lane(outbox.space_id, "example.com")}
    assert (row["message_id"], row["event"], row["status"]) == (message_id, "delivered", "owed")
    assert (row["charged_micro"], row["delivered_at"]) == (70_000, outbox.now)


async def test_owing_nothing_writes_nothing(outbox: Outbox) -> None:
    async with outbox.database.transaction() as connection:
        await owe_changes(connection, [], outbox.ids, outbox.now)

    assert await _owe(outbox) == frozenset()
    assert await outbox.owed() == []


async def test_low_credit_is_owed_to_the_alert_url_with_all_it_says(outbox: Outbox) -> None:
    await outbox.settings({"alert_url": _ALERT_URL})

    lanes = await _owe(outbox, LowCredit(outbox.space_id, 1_500_000, 5_000_000))

    row = (await outbox.rows("SELECT kind, host, message_id, payload FROM callback"))[0]
    assert lanes == {Lane(outbox.space_id, "alerts.example")}
    assert (row["kind"], row["host"], row["message_id"]) == ("low_credit", "alerts.example", None)
    assert row["payload"] == {
        "url": _ALERT_URL,
        "body": {
            "event": "low_credit",
            "username": "anna@example.com",
            "environment": "production",
            "available": 1.5,
            "threshold": 5.0,
            "at": "2026-03-14T09:26:53Z",
        },
    }


@pytest.mark.parametrize("settings", [{}, {"alert_url": None}, {"alert_url": "nonsense"}])
async def test_low_credit_is_owed_to_nobody_without_a_url_that_can_be_used(
    outbox: Outbox, settings: dict[str, object]
) -> None:
    await outbox.settings(settings)

    assert await _owe(outbox, LowCredit(outbox.space_id, 0, 1)) == frozenset()
    assert await outbox.owed() == []
