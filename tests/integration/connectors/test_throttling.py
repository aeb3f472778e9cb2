"""The rate of a link on real sockets: it holds, yields to the carrier, and comes back by itself."""

from scripted_esme import until
from scripted_smsc import Say

from staffetta.messaging.connector import Accepted, Busy


async def test_a_rate_bounds_what_is_written(make_rig, smsc, make_claim):
    rig = make_rig(rate_per_second=100, window_max=500)
    await rig.bound()
    started_at = rig.task.get_loop().time()
    rig.submit(*make_claim.many(60))
    await rig.settled(60)
    # Six may go at once, the others take more than half a second.
    assert rig.task.get_loop().time() - started_at >= 0.49


async def test_no_more_is_taken_than_a_second_of_rate(make_rig, smsc, make_claim):
    rig = make_rig(rate_per_second=5, window_max=500)
    await rig.bound()
    assert rig.connector.room() in {5, 6}
    rig.submit(*make_claim.many(6))
    assert rig.connector.room() == 0
    before = rig.inbox.ready_count
    await until(lambda: rig.inbox.ready_count > before)
    assert rig.connector.room() > 0


async def test_a_throttled_link_slows_down_and_recovers(make_rig, smsc, make_claim):
    rig = make_rig(throttle_pause_seconds=0.1, throttle_recovery_seconds=0.2, window_max=20)
    await rig.bound()
    connection = await smsc.bound()
    smsc.answering = lambda _pdu: Say("", 0x58)
    rig.submit(*make_claim.many(20))
    settlements = await rig.settled(20)
    assert {one.outcomes for one in settlements} == {(Busy(0x58, 0.1),)}
    # Twenty at once were too many: half of it is the rate now, so not all twenty fit in a second.
    assert rig.connector.room() < 20
    smsc.answering = lambda _pdu: Say("ok")
    rig.submit(*make_claim.many(5))
    assert len(connection.submits) == 20, "nothing is written in the pause"
    await rig.settled(25)
    assert all(isinstance(one.outcomes[0], Accepted) for one in settlements[20:])
    await until(lambda: rig.connector.room() == 20)


async def test_the_links_of_a_connector_share_its_rate(make_rig, smsc):
    rig = make_rig(rate_per_second=10, link_count=2, window_max=500)
    await rig.bound(2)
    assert rig.connector.room() in {10, 11, 12}


async def test_a_carrier_with_a_hidden_rate_takes_everything_in_the_end(make_rig, smsc, make_claim):
    """It takes 300 a second, twenty at once, and refuses the rest; nobody told us."""
    rig = make_rig(throttle_pause_seconds=0.1, throttle_recovery_seconds=1, window_max=50)
    await rig.bound()
    now = rig.task.get_loop().time
    tokens, at, refused = 20.0, now(), 0

    def take(_pdu):
        nonlocal tokens, at, refused
        tokens, at = min(20.0, tokens + 300 * (now() - at)), now()
        if tokens < 1:
            refused += 1
            return Say("", 0x58)
        tokens -= 1
        return Say("ok")

    smsc.answering = take
    waiting = make_claim.many(150)
    settlements = rig.inbox.settlements
    accepted = 0
    while accepted < 150:
        while waiting and rig.connector.room():
            rig.submit(waiting.pop())
        await until(lambda: settlements or (waiting and rig.connector.room()))
        for one in settlements:
            if isinstance(one.outcomes[0], Accepted):
                accepted += 1
            else:
                assert one.outcomes == (Busy(0x58, 0.1),)
                waiting.append(one.claim)
        settlements.clear()
    assert refused < 150, "it is not hammered"
