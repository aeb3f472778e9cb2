"""A long backlog goes out no faster than its answers are written down."""

import pytest
from bulk_hand import BulkHand, italians
from hand_gateway import Gateway, accepted

from staffetta.messaging.answers import write_answers_once
from staffetta.messaging.connector import Claim, Settlement
from staffetta.messaging.dispatch import CLAIM_MAX
from staffetta.messaging.inbox import SETTLEMENTS_WAITING_MAX


@pytest.fixture
async def backlog(gateway: Gateway) -> Gateway:
    """With three batches waiting."""
    await gateway.rows("UPDATE wallet SET balance_micro = 1000000000")
    await BulkHand(gateway).post(italians(3 * CLAIM_MAX))
    return gateway


async def claim(gateway: Gateway) -> list[Claim]:
    """What the next claim takes."""
    gateway.connector.claims.clear()
    await gateway.worker.dispatcher.dispatch_once()
    return list(gateway.connector.claims)


def answer(gateway: Gateway, claims: list[Claim]) -> None:
    """The carrier takes these, and nobody has written that yet."""
    for one in claims:
        outcome = accepted(one.recipient_id.hex())
        gateway.inbox.settled(Settlement(gateway.connector.connector_id, one, (outcome,)))


async def test_nothing_is_claimed_while_a_batch_of_answers_waits_to_be_written(
    backlog: Gateway,
) -> None:
    claims = await claim(backlog)
    assert len(claims) == SETTLEMENTS_WAITING_MAX
    answer(backlog, claims[:-1])
    assert len(await claim(backlog)) == CLAIM_MAX
    answer(backlog, claims[-1:])
    assert await claim(backlog) == []
    room = backlog.inbox.room_of(backlog.connector.connector_id)
    room.clear()
    await backlog.worker.settler.settle_once()
    assert room.is_set()
    assert len(await claim(backlog)) == CLAIM_MAX


async def test_reports_find_the_submissions_that_came_before_them_however_many_wait(
    backlog: Gateway,
) -> None:
    claims = [*await claim(backlog), *await claim(backlog)]
    answer(backlog, claims)
    for one in claims[-100:]:
        report = backlog.delivered(one.recipient_id.hex())
        assert backlog.inbox.reported(report, backlog.answers.append)
    worker = backlog.worker
    assert await write_answers_once(worker.settler, backlog.reporter) == len(claims) + 100
    assert backlog.answers == [True] * 100
    assert await backlog.rows("SELECT FROM report") == []  # none had to be kept and found again
    rows = await backlog.rows("SELECT FROM recipient WHERE state = 'delivered'")
    assert len(rows) == 100
