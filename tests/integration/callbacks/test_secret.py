"""Signing secrets: made when needed, sealed, rotated without a gap."""

from datetime import timedelta

import pytest
from delivery import KEYRING, delivering
from outbox import Outbox
from receiver import Receiver
from standardwebhooks import Webhook, WebhookVerificationError

from staffetta.callbacks.secret import PREVIOUS_SIGNS, SpaceSecrets, ensure_secret, rotate_secret
from staffetta.domain.clock import Clock, SystemClock
from staffetta.domain.secrets import CannotUnseal, Keyring


async def _ensure(outbox: Outbox, after: timedelta = timedelta(0)) -> SpaceSecrets:
    async with outbox.database.transaction() as connection:
        return await ensure_secret(connection, KEYRING, outbox.space_id, outbox.now + after)


async def _rotate(outbox: Outbox, after: timedelta = timedelta(0)) -> SpaceSecrets:
    async with outbox.database.transaction() as connection:
        return await rotate_secret(connection, KEYRING, outbox.space_id, outbox.now + after)


async def test_the_first_secret_is_made_once(outbox: Outbox) -> None:
    assert await _ensure(outbox) == await _ensure(outbox)


async def test_a_secret_is_stored_sealed_for_its_space_alone(outbox: Outbox) -> None:
    secret = (await _ensure(outbox)).secrets[0]
    other = await outbox.account("other@example.com")

    (row,) = await outbox.rows("SELECT callback_secret FROM space WHERE id = $1", outbox.space_id)
    assert secret.encode() not in row["callback_secret"]
    await outbox.rows(
        "UPDATE space SET callback_secret = $2 WHERE id = $1", other, row["callback_secret"]
    )
    with pytest.raises(CannotUnseal):
        async with outbox.database.transaction() as connection:
            await ensure_secret(connection, KEYRING, other, outbox.now)


async def test_after_a_rotation_the_secret_before_signs_for_a_day(outbox: Outbox) -> None:
    first = (await _ensure(outbox)).secrets

    second = (await _rotate(outbox)).secrets

    assert second[1:] == first
    assert second[0] not in first
    almost = PREVIOUS_SIGNS - timedelta(seconds=1)
    assert (await _ensure(outbox, almost)).secrets == second
    assert (await _ensure(outbox, PREVIOUS_SIGNS)).secrets == second[:1]


async def test_rotating_before_the_first_makes_the_first(outbox: Outbox) -> None:
    assert len((await _rotate(outbox)).secrets) == 1


async def test_what_a_receiver_gets_verifies_with_the_published_library(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    # The library compares with the machine's clock.
    system = SystemClock()
    outbox.now = system.now()
    old = (await _ensure(outbox)).secrets[0]
    new = (await _rotate(outbox)).secrets[0]
    await outbox.owe([await outbox.message(receiver.url())])
    await outbox.owe([await outbox.message(receiver.url(), method="POST")])

    async with delivering(outbox, system) as delivery:
        await delivery.step()

    for request in receiver.received:
        for secret in (old, new):
            Webhook(secret).verify(request.body, request.headers, json_parse=False)
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(request.body + b"x", request.headers, json_parse=False)
    assert len(receiver.received) == 2


async def test_the_secret_is_made_when_the_first_callback_goes(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    await outbox.owe([await outbox.message(receiver.url())])

    async with delivering(outbox, clock) as delivery:
        await delivery.step()

    assert receiver.received[0].headers["webhook-signature"].startswith("v1,")
    (row,) = await outbox.rows("SELECT callback_secret FROM space WHERE id = $1", outbox.space_id)
    assert row["callback_secret"] is not None


async def test_a_secret_that_cannot_be_opened_sends_nothing_unsigned(
    outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    async with outbox.database.transaction() as connection:
        await ensure_secret(connection, Keyring.parse("cd" * 32), outbox.space_id, outbox.now)
    await outbox.owe([await outbox.message(receiver.url())])

    async with delivering(outbox, clock) as delivery:
        await delivery.step()

    (owed,) = await outbox.owed()
    (attempt,) = await outbox.attempts()
    assert receiver.received == []
    assert (owed.status, owed.due_at) == ("owed", outbox.now + timedelta(minutes=1))
    assert "signing secret cannot be opened" in attempt["error"]
