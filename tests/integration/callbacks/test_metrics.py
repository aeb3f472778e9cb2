"""What operators can watch."""

from delivery import delivering
from outbox import Outbox
from prometheus_client import CollectorRegistry
from receiver import Receiver

from staffetta.callbacks.metrics import CallbackMetrics
from staffetta.callbacks.receiver import (
    RECEIVER_HOST,
    RECEIVER_URL,
    ReceiverAnswer,
    set_answer,
)
from staffetta.domain.clock import Clock


async def test_attempts_are_counted_and_what_waits_is_seen(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    registry = CollectorRegistry()
    async with delivering(outbox, clock, metrics=CallbackMetrics(registry)) as delivery:
        await outbox.owe(await outbox.messages(3, receiver.url()))
        await delivery.step()
        receiver.answers(503)
        await outbox.owe(await outbox.messages(20, receiver.url()))
        await delivery.step()
        clock.advance(10)  # type: ignore[attr-defined]
        await delivery.deliverer.discover_once()

    failed = registry.get_sample_value("staffetta_callback_attempts_total", {"outcome": "failed"})
    assert (
        registry.get_sample_value("staffetta_callback_attempts_total", {"outcome": "delivered"})
        == 3
    )
    assert failed == len(receiver.received) - 3
    assert registry.get_sample_value("staffetta_callback_hosts_down") == 1
    assert registry.get_sample_value("staffetta_callback_oldest_due_seconds") == 10
    assert registry.get_sample_value("staffetta_callbacks_under_way") == 0


async def test_the_test_receiver_alarms_nobody(outbox: Outbox, clock: Clock) -> None:
    async with outbox.database.transaction() as connection:
        await set_answer(connection, outbox.space_id, ReceiverAnswer.BROKEN)
    registry = CollectorRegistry()
    async with delivering(outbox, clock, metrics=CallbackMetrics(registry)) as delivery:
        await outbox.owe(await outbox.messages(20, RECEIVER_URL), host=RECEIVER_HOST)
        await delivery.step()
        clock.advance(10)  # type: ignore[attr-defined]
        await delivery.deliverer.discover_once()

    assert await outbox.attempts()
    for outcome in ("failed", "dead", "given_back"):
        labels = {"outcome": outcome}
        assert not registry.get_sample_value("staffetta_callback_attempts_total", labels)
    assert registry.get_sample_value("staffetta_callback_hosts_down") == 0
    assert registry.get_sample_value("staffetta_callback_oldest_due_seconds") == 0
