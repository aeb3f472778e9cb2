"""The life of a link: bound, refused, lost, rebuilt, drained; every claim gets its settlement."""

import asyncio
import socket
from contextlib import suppress

import pytest
from scripted_esme import until
from scripted_smsc import Say, ScriptedSmsc

from staffetta.connectors.smpp.link_states import LinkChange, LinkState
from staffetta.messaging.connector import Accepted, NotSent, Uncertain
from staffetta.smpp import events, pdus


async def test_a_link_tells_how_it_came_to_be_bound(rig, smsc):
    assert rig.changes == [
        LinkChange(7, 1, LinkState.CONNECTING, f"to 127.0.0.1:{smsc.port}"),
        LinkChange(7, 1, LinkState.BINDING, "as esme"),
        LinkChange(7, 1, LinkState.BOUND, "to SCRIPT"),
    ]
    (bind,) = (await smsc.bound()).of(events.BindRequested)
    assert bind.pdu == pdus.BindTransceiver(1, b"esme", b"secret")
    assert rig.counted("staffetta_link_bound", link="1") == 1.0


async def test_nothing_can_be_handed_over_before_the_bind(make_rig, smsc, make_claim):
    smsc.bind_statuses = [None]
    rig = make_rig()
    await until(lambda: LinkState.BINDING in rig.states)
    assert rig.connector.room() == 0
    rig.submit(make_claim())
    (settlement,) = await rig.settled(1)
    assert settlement.outcomes == (NotSent("no link is bound"),)


async def test_a_claim_that_comes_while_the_link_connects_is_given_back(make_rig, make_claim):
    rig = make_rig()
    rig.submit(make_claim())
    (settlement,) = await rig.settled(1)
    assert settlement.outcomes == (NotSent("no link is bound"),)
    await rig.bound()


async def test_the_inbox_hears_when_a_link_is_bound(rig):
    await until(lambda: rig.inbox.ready_count == 1)
    assert rig.connector.room() == 10


@pytest.mark.parametrize("status", [0x0D, 0x0E, 0x0F, 0x53])
async def test_wrong_credentials_wait_long(make_rig, smsc, status):
    smsc.bind_statuses = [status]
    rig = make_rig()
    await until(lambda: LinkState.REFUSED in rig.states)
    detail = rig.changes[-1].detail
    assert detail.startswith("the carrier refused the bind: ")
    seconds = float(detail.rpartition("trying again in ")[2].split()[0])
    assert 45 <= seconds <= 60


async def test_a_host_that_can_be_no_name_is_told_of_and_waits_long(make_rig, make_claim):
    rig = make_rig(host="smsc..example.com")
    await until(lambda: LinkState.REFUSED in rig.states)
    assert "smsc..example.com is not a name that can exist" in rig.changes[-1].detail
    rig.submit(make_claim())
    await rig.settled(1)
    assert not rig.task.done()


async def test_an_old_session_that_still_lives_is_waited_for(make_rig, smsc):
    smsc.bind_statuses = [0x05]
    rig = make_rig(already_bound_seconds_min=0.05)
    await rig.bound()
    assert LinkState.WAITING in rig.states


@pytest.mark.parametrize("status", [0x08, 0x14, 0x58])
async def test_a_bind_refused_for_now_is_tried_again_soon(make_rig, smsc, status):
    smsc.bind_statuses = [status, status]
    rig = make_rig()
    await rig.bound()
    assert rig.states.count(LinkState.WAITING) == 2


async def test_a_bind_without_an_answer_is_given_up(make_rig, smsc):
    smsc.bind_statuses = [None]
    rig = make_rig(bind_seconds=0.1)
    await rig.bound()
    assert "fell silent (bind)" in rig.changes[2].detail


async def test_a_password_that_does_not_fit_is_told(make_rig, smsc):
    rig = make_rig(system_id="sixteen-chars-id")
    await until(lambda: LinkState.REFUSED in rig.states)
    assert "system_id is longer than 15 octets" in rig.changes[-1].detail


async def test_a_carrier_that_is_not_there_is_tried_again(make_rig):
    smsc = ScriptedSmsc()
    smsc.take_port()
    rig = make_rig(port=smsc.port)
    await until(lambda: rig.states.count(LinkState.WAITING) >= 3)
    await smsc.start()
    await rig.bound()
    rig.task.cancel()
    with suppress(asyncio.CancelledError):
        await rig.task
    await smsc.stop()


async def test_a_cut_link_leaves_uncertain_exactly_what_was_written(make_rig, smsc, make_claim):
    rig = make_rig(window_max=5)
    await rig.bound()
    smsc.answering = lambda _pdu: None
    connection = await smsc.bound()
    claims = make_claim.many(8)
    rig.submit(*claims)
    submits = await connection.submitted(5)
    connection.answer(submits[0], Say("mine"))
    await connection.submitted(6)
    connection.reset()
    await rig.settled(8)
    kinds = [type(rig.inbox.outcomes_of(claim)[0]) for claim in claims]
    assert kinds == [Accepted] + [Uncertain] * 5 + [NotSent] * 2


async def test_a_cut_in_the_middle_of_a_message_knows_its_segments(make_rig, smsc, make_claim):
    rig = make_rig(window_max=2)
    await rig.bound()
    smsc.answering = lambda _pdu: None
    connection = await smsc.bound()
    claim = make_claim("a", "b", "c", "d")
    rig.submit(claim)
    submits = await connection.submitted(2)
    connection.answer(submits[0], Say("mine"))
    await connection.submitted(3)
    connection.reset()
    await rig.settled(1)
    kinds = [type(one) for one in rig.inbox.outcomes_of(claim)]
    assert kinds == [Accepted, Uncertain, Uncertain, NotSent]


async def test_a_rebuilt_link_carries_on(rig, smsc, make_claim):
    (await smsc.bound()).reset()
    await rig.bound(2)
    rig.submit(make_claim())
    (settlement,) = await rig.settled(1)
    assert isinstance(settlement.outcomes[0], Accepted)
    assert rig.states[3:] == [
        LinkState.WAITING,
        LinkState.CONNECTING,
        LinkState.BINDING,
        LinkState.BOUND,
    ]


async def test_an_unbind_of_the_carrier_is_answered_and_the_link_rebuilt(rig, smsc):
    connection = await smsc.bound()
    connection.unbind()
    await rig.bound(2)
    assert connection.of(events.Unbound) == [events.Unbound(by_peer=False)]
    assert "the carrier unbound" in rig.changes[3].detail


async def test_a_silent_carrier_is_noticed(make_rig, smsc, make_claim):
    rig = make_rig(enquire_seconds=0.1, enquire_answer_seconds=0.1)
    await rig.bound()
    smsc.answering = lambda _pdu: None
    connection = await smsc.bound()
    rig.submit(make_claim())
    await connection.submitted(1)
    connection.transport.pause_reading()
    (settlement,) = await rig.settled(1)
    assert settlement.outcomes == (Uncertain("the carrier fell silent (enquire_answer)"),)
    await rig.bound(2)


async def test_a_live_carrier_is_asked_and_kept(make_rig, smsc, make_claim):
    rig = make_rig(enquire_seconds=0.05)
    await rig.bound()
    connection = await smsc.bound()
    octets = sum(connection.chunk_sizes)
    await until(lambda: sum(connection.chunk_sizes) >= octets + 3 * 16)
    assert rig.states[-1] is LinkState.BOUND


async def test_a_bind_that_the_carrier_forgot_is_made_anew(rig, smsc, make_claim):
    smsc.answering = lambda pdu: Say("", 0x04) if pdu.short_message == b"first" else Say("ok")
    claim = make_claim("first")
    rig.submit(claim)
    await rig.settled(1)
    assert rig.inbox.outcomes_of(claim) == (
        NotSent("The bind does not allow this PDU. (ESME_RINVBNDSTS, 4)"),
    )
    await rig.bound(2)
    rig.submit(make_claim("second"))
    await rig.settled(2)


async def test_draining_waits_for_answers_and_unbinds(make_rig, smsc, make_claim):
    rig = make_rig(window_max=2)
    await rig.bound()
    smsc.answering = lambda _pdu: None
    connection = await smsc.bound()
    claims = make_claim.many(3)
    rig.submit(*claims)
    submits = await connection.submitted(2)
    rig.stop.set()
    await until(lambda: LinkState.DRAINING in rig.states)
    assert rig.connector.room() == 0
    assert rig.inbox.outcomes_of(claims[2]) == (NotSent("the connector is stopping"),)
    late = make_claim()
    rig.submit(late)
    await rig.settled(2)
    assert rig.inbox.outcomes_of(late) == (NotSent("the connector is stopping"),)
    assert not rig.task.done()
    for pdu in submits:
        connection.answer(pdu, Say("x"))
    await rig.task
    assert [type(rig.inbox.outcomes_of(claim)[0]) for claim in claims[:2]] == [Accepted] * 2
    await until(lambda: connection.of(events.Unbound) == [events.Unbound(by_peer=True)])
    assert rig.states[-1] is LinkState.DOWN


async def test_draining_ends_a_message_that_is_half_written(make_rig, smsc, make_claim):
    rig = make_rig(window_max=1)
    await rig.bound()
    smsc.answering = lambda _pdu: None
    connection = await smsc.bound()
    claim = make_claim("a", "b")
    rig.submit(claim)
    await connection.submitted(1)
    rig.stop.set()
    await until(lambda: LinkState.DRAINING in rig.states)
    connection.answer(connection.submits[0], Say("1"))
    await connection.submitted(2)
    connection.answer(connection.submits[1], Say("2"))
    await rig.task
    assert [type(one) for one in rig.inbox.outcomes_of(claim)] == [Accepted] * 2


async def test_draining_lets_reports_be_stored(rig, smsc):
    connection = await smsc.bound()
    connection.report("1")
    await until(lambda: len(rig.inbox.reports) == 1)
    rig.stop.set()
    await until(lambda: LinkState.DRAINING in rig.states)
    rig.inbox.reports[0][1](True)
    await rig.task
    assert connection.report_answers == [0]


async def test_draining_does_not_wait_for_ever(make_rig, smsc, make_claim):
    rig = make_rig(response_seconds=0.1, unbind_seconds=0.1)
    await rig.bound()
    smsc.answering = lambda _pdu: None
    connection = await smsc.bound()
    rig.submit(make_claim())
    await connection.submitted(1)
    connection.transport.pause_reading()  # not even the unbind is answered
    rig.stop.set()
    await asyncio.wait_for(rig.task, 5)
    (settlement,) = rig.inbox.settlements
    assert isinstance(settlement.outcomes[0], Uncertain)


async def test_stopping_cuts_the_pause_short(make_rig):
    with socket.socket() as taken:  # nobody listens there
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        rig = make_rig(port=port, reconnect_seconds_min=600, reconnect_seconds_max=600)
        await until(lambda: LinkState.WAITING in rig.states)
        rig.stop.set()
        await asyncio.wait_for(rig.task, 60)
    assert rig.states[-1] is LinkState.DOWN


async def test_a_cancelled_connector_settles_everything(make_rig, smsc, make_claim):
    rig = make_rig(window_max=2)
    await rig.bound()
    smsc.answering = lambda _pdu: None
    claims = [make_claim(), make_claim("a", "b", "c"), make_claim()]
    rig.submit(*claims)
    await (await smsc.bound()).submitted(2)
    rig.task.cancel()
    with suppress(asyncio.CancelledError):
        await rig.task
    assert [[type(one) for one in rig.inbox.outcomes_of(claim)] for claim in claims] == [
        [Uncertain],
        [Uncertain, NotSent, NotSent],
        [NotSent],
    ]


async def test_a_process_that_may_not_write_gives_its_claims_back(make_rig, smsc, make_claim):
    rig = make_rig(window_max=1)
    await rig.bound()
    smsc.answering = lambda _pdu: None
    connection = await smsc.bound()
    half, whole = make_claim("a", "b"), make_claim()
    rig.submit(half, whole)
    await connection.submitted(1)
    rig.may_write = False
    assert rig.connector.room() == 0
    connection.answer(connection.submits[0], Say("1"))
    await rig.settled(2)
    reason = NotSent("this process may not write now")
    assert rig.inbox.outcomes_of(whole) == (reason,)
    assert rig.inbox.outcomes_of(half)[1] == reason
    assert len(connection.submits) == 1
    connection.report("1")
    await until(lambda: len(rig.inbox.reports) == 1)
    rig.inbox.reports[0][1](True)
    await until(lambda: connection.report_answers == [0])


async def test_two_links_share_the_claims(make_rig, smsc, make_claim):
    rig = make_rig(link_count=2, window_max=3)
    await rig.bound(2)
    smsc.answering = lambda _pdu: None
    assert rig.connector.room() == 6
    rig.submit(*make_claim.many(6))
    for connection in smsc.connections:
        await connection.submitted(3)


async def test_claims_that_wait_go_over_the_link_that_is_left(make_rig, smsc, make_claim):
    rig = make_rig(link_count=2, window_max=1)
    await rig.bound(2)
    smsc.answering = lambda _pdu: None
    claims = make_claim.many(3)
    rig.submit(*claims)
    first, second = smsc.connections
    await first.submitted(1)
    await second.submitted(1)
    first.reset()
    await until(lambda: first.is_lost)
    second.answer(second.submits[0], Say("1"))
    await until(lambda: sum(len(one.submits) for one in smsc.connections) == 3)
    assert sum(isinstance(one.outcomes[0], Uncertain) for one in rig.inbox.settlements) == 1
