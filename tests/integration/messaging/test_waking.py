"""What wakes a claim: something new, or room where something may be left."""

from hand_gateway import Gateway, accepted

from staffetta.messaging.connector import NotSent


def wakes(gateway: Gateway) -> bool:
    """Whether room, by itself, makes dispatch look now."""
    event = gateway.inbox.room_of(gateway.connector.connector_id)
    event.clear()
    gateway.inbox.ready(gateway.connector.connector_id)
    return event.is_set()


async def test_room_wakes_no_claim_after_one_that_found_all_there_was(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim()
    assert not wakes(gateway)
    await gateway.settle(claim, accepted("a1"))
    assert not wakes(gateway)


async def test_room_wakes_a_claim_after_one_that_was_full(gateway: Gateway) -> None:
    await gateway.accept()
    gateway.connector.capacity = 1
    assert await gateway.worker.dispatcher.dispatch_once() == 1
    assert wakes(gateway)


async def test_room_wakes_a_claim_after_a_segment_was_put_back(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim()
    await gateway.settle(claim, NotSent("the link went down"))
    assert wakes(gateway)


async def test_room_wakes_a_claim_after_there_was_none(gateway: Gateway) -> None:
    gateway.connector.capacity = 0
    assert await gateway.worker.dispatcher.dispatch_once() == 0
    assert wakes(gateway)


async def test_a_claim_that_emptied_the_queue_is_not_followed_by_another(gateway: Gateway) -> None:
    await gateway.accept()
    assert await gateway.worker.dispatcher.dispatch_or_rest() == 0
    assert len(gateway.connector.claims) == 1


async def test_a_claim_that_was_full_is_followed_by_another(gateway: Gateway) -> None:
    for _ in range(2):
        await gateway.accept()
    gateway.connector.capacity = 1
    assert await gateway.worker.dispatcher.dispatch_or_rest() == 1
    assert len(gateway.connector.claims) == 1
