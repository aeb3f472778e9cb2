"""Carriers that go wrong in ways a link must notice by itself, tell of, and live with."""

import pytest
from scripted_esme import until
from scripted_smsc import Say
from structlog.testing import capture_logs

from staffetta.connectors.smpp.link_states import LinkState
from staffetta.messaging.connector import Accepted, Busy, NotSent, Refused, Uncertain
from staffetta.routing.alarms import AlarmKind
from staffetta.smpp.statuses import StatusClass

NO_CREDIT = "the account at the carrier is out of credit"


def kinds(rig, claims):
    return [type(rig.inbox.outcomes_of(claim)[0]) for claim in claims]


# Silence -----------------------------------------------------------------------------------------


async def test_a_dead_carrier_is_noticed_within_the_response_timer(make_rig, smsc, make_claim):
    rig = make_rig(response_seconds=0.4, window_max=3)
    await rig.bound()
    connection = await smsc.bound()
    connection.transport.pause_reading()
    claims = make_claim.many(5)
    began = rig.task.get_loop().time()
    rig.submit(*claims)
    await rig.settled(5)
    assert rig.task.get_loop().time() - began < 1.0
    assert kinds(rig, claims) == [Uncertain] * 3 + [NotSent] * 2
    assert rig.inbox.outcomes_of(claims[0]) == (
        Uncertain("the carrier fell silent (enquire_answer)"),
    )
    await rig.bound(2)


async def test_waiting_claims_of_a_dead_link_go_over_the_other(make_rig, smsc, make_claim):
    rig = make_rig(link_count=2, window_max=1, response_seconds=0.4)
    await rig.bound(2)
    dead, alive = smsc.connections
    dead.transport.pause_reading()
    claims = make_claim.many(3)
    rig.submit(*claims)
    await rig.settled(3)
    assert sorted(kinds(rig, claims), key=str) == sorted([Accepted, Accepted, Uncertain], key=str)
    assert len(alive.submits) == 2


async def test_a_carrier_that_answers_enquiries_alone_is_left_and_approached_with_care(
    make_rig, smsc, make_claim
):
    rig = make_rig(response_seconds=0.2, window_max=5, throttle_pause_seconds=0.05)
    await rig.bound()
    smsc.answering = lambda _pdu: None
    claims = make_claim.many(7)
    with capture_logs() as logs:
        rig.submit(*claims)
        await rig.settled(7)
    assert kinds(rig, claims) == [Uncertain] * 5 + [NotSent] * 2
    assert AlarmKind.SILENT in rig.open_alarms()
    assert [one["log_level"] for one in logs if one["event"] == "carrier_answers_nothing"]
    await rig.bound(2)
    assert rig.changes[-1].detail.endswith("one segment at a time, until the carrier answers one")
    assert rig.connector.room() == 1
    smsc.answering = lambda _pdu: Say("ok")
    rig.submit(make_claim())
    await rig.settled(8)
    assert rig.open_alarms() == {}
    await until(lambda: rig.connector.room() == 5)


async def test_one_that_is_never_answered_gives_its_place_back_and_costs_nothing_else(
    make_rig, smsc, make_claim
):
    rig = make_rig(response_seconds=0.2, window_max=2)
    await rig.bound()
    smsc.answering = lambda pdu: None if pdu.short_message == b"lost" else Say("ok")
    lost = make_claim("lost")
    rig.submit(lost)
    settled = rig.inbox.settlements
    for _ in range(40):
        claim = make_claim()
        rig.submit(claim)
        await until(lambda: claim in [one.claim for one in settled])  # noqa: B023 - awaited at once
        assert isinstance(rig.inbox.outcomes_of(claim)[0], Accepted)
    await until(lambda: lost in [one.claim for one in settled])
    assert rig.inbox.outcomes_of(lost) == (Uncertain("no answer within 0.2 seconds"),)
    assert rig.connector.room() == 2
    assert rig.states.count(LinkState.BOUND) == 1
    assert rig.open_alarms() == {}


async def test_a_window_smaller_than_told_is_found_and_kept_to(make_rig, smsc, make_claim):
    """A carrier that takes four at a time and drops the others without a word."""
    rig = make_rig(response_seconds=0.3, window_max=20)
    await rig.bound()
    connection = await smsc.bound()
    loop = rig.task.get_loop()
    taken = []

    def answer_all():
        for pdu in taken:
            connection.answer(pdu, Say("ok"), flush=False)
        taken.clear()
        connection.flush()

    def take_four(pdu):
        if len(taken) < 4:
            taken.append(pdu)
            if len(taken) == 1:
                loop.call_later(0.01, answer_all)

    smsc.answering = take_four
    first = make_claim.many(20)
    rig.submit(*first)
    await rig.settled(20)
    assert kinds(rig, first) == [Accepted] * 4 + [Uncertain] * 16
    assert rig.connector.room() == 4
    await until(lambda: "at most 4 of 20 open" in rig.changes[-1].detail)
    assert rig.states[-1] is LinkState.BOUND
    second = make_claim.many(40)
    rig.submit(*second)
    await rig.settled(60)
    assert kinds(rig, second) == [Accepted] * 40


# Credit ------------------------------------------------------------------------------------------


@pytest.fixture
async def poor_rig(make_rig, smsc):
    smsc.answering = lambda _pdu: Say("", 0x45)
    rig = make_rig(
        link_count=2,
        status_classes={"0x45": StatusClass.CREDIT},
        credit_probe_seconds_min=0.05,
        credit_probe_seconds_max=0.1,
    )
    await rig.bound(2)
    return rig


async def test_without_credit_nothing_fails_and_nothing_is_taken(poor_rig, smsc, make_claim):
    claims = make_claim.many(3)
    poor_rig.submit(*claims)
    await poor_rig.settled(3)
    assert {one.outcomes for one in poor_rig.inbox.settlements} == {(Busy(0x45, 1.0, NO_CREDIT),)}
    assert poor_rig.connector.room() <= 1
    assert "our account is out of credit" in poor_rig.open_alarms()[AlarmKind.NO_CREDIT]
    await until(lambda: poor_rig.states[-2:] == [LinkState.NO_CREDIT] * 2)
    assert poor_rig.changes[-1].detail.startswith(NO_CREDIT)


async def test_one_message_tries_now_and_then_until_one_is_accepted(poor_rig, smsc, make_claim):
    poor_rig.submit(make_claim())
    await poor_rig.settled(1)
    for count in range(2, 4):
        await until(lambda: poor_rig.connector.room() == 1)
        poor_rig.submit(make_claim(), make_claim())
        await poor_rig.settled(2 * count - 1)
        probe, other = [one.outcomes for one in poor_rig.inbox.settlements[-2:]]
        assert {probe, other} == {(Busy(0x45, 1.0, NO_CREDIT),), (NotSent(NO_CREDIT),)}
    smsc.answering = lambda _pdu: Say("ok")
    await until(lambda: poor_rig.connector.room() == 1)
    poor_rig.submit(*make_claim.many(4))
    settlements = await poor_rig.settled(9)
    assert all(isinstance(one.outcomes[0], Accepted) for one in settlements[-4:])
    assert poor_rig.open_alarms() == {}
    assert poor_rig.connector.room() == 20
    await until(lambda: poor_rig.states[-2:] == [LinkState.BOUND] * 2)
    assert len([change for change in poor_rig.alarms if change.detail]) == 3


async def test_one_acceptance_ends_the_alarm_whichever_links_were_refused(
    poor_rig, smsc, make_claim
):
    # More than the window of one link: both write before either hears an answer.
    poor_rig.submit(*make_claim.many(15))
    await poor_rig.settled(15)
    assert all(connection.submits for connection in smsc.connections)
    smsc.answering = lambda _pdu: Say("ok")
    await until(lambda: poor_rig.connector.room() == 1)
    poor_rig.submit(make_claim())
    await poor_rig.settled(16)
    assert poor_rig.open_alarms() == {}


async def test_a_try_that_the_carrier_could_not_read_is_followed_by_another(
    poor_rig, smsc, make_claim
):
    poor_rig.submit(make_claim())
    await poor_rig.settled(1)
    smsc.answering = lambda _pdu: None
    await until(lambda: poor_rig.connector.room() == 1)
    poor_rig.submit(make_claim())
    await until(lambda: sum(len(one.submits) for one in smsc.connections) == 2)
    trying = next(one for one in smsc.connections if one.session.unanswered_count)
    trying.send_raw(bytes.fromhex("00000010 80000000 00000002 00000000"))
    await poor_rig.settled(2)
    smsc.answering = lambda _pdu: Say("ok")
    await until(lambda: poor_rig.connector.room() == 1)
    poor_rig.submit(make_claim())
    await poor_rig.settled(3)
    assert poor_rig.open_alarms() == {}


async def test_a_fault_of_ours_with_one_answer_leaves_no_claim_open(make_rig, smsc, make_claim):
    def fail(change):
        if change.detail is not None:
            raise ValueError("nobody thought of this")

    rig = make_rig(alarmed=fail, status_classes={"0x45": StatusClass.CREDIT})
    await until(lambda: rig.connector.room() == 10)
    smsc.answering = lambda _pdu: Say("", 0x45)
    claims = make_claim.many(3)
    with capture_logs() as logs:
        rig.submit(*claims)
        await rig.settled(3)
    assert kinds(rig, claims) == [Uncertain, Busy, Busy]
    assert "event_failed" in [one["event"] for one in logs]
    assert not rig.task.done()


# Too fast ----------------------------------------------------------------------------------------


async def test_a_carrier_that_cuts_fast_links_again_and_again_is_written_to_slower(
    make_rig, smsc, make_claim
):
    rig = make_rig(window_max=100)

    def cut(pdu):
        if len(smsc.connections[-1].submits) == 20:
            smsc.connections[-1].transport.abort()

    for number in (1, 2, 3):
        await rig.bound(number)
        smsc.answering = cut
        rig.submit(*make_claim.many(100))
        await rig.settled(100 * number)
    smsc.answering = lambda _pdu: Say("ok")
    await rig.bound(4)
    lost = [change.detail for change in rig.changes if change.state is LinkState.WAITING]
    assert ["right behind a burst" in detail for detail in lost] == [False, True, True]
    assert rig.connector.room() < 100


async def test_a_carrier_that_ends_quiet_links_is_not(make_rig, smsc):
    rig = make_rig(window_max=100)
    for number in (1, 2, 3):
        await rig.bound(number)
        smsc.connections[-1].reset()
    await rig.bound(4)
    assert rig.connector.room() == 100


async def test_a_congested_carrier_is_written_to_slower(make_rig, smsc, make_claim):
    rig = make_rig(window_max=20, throttle_pause_seconds=0.05)
    await rig.bound()
    smsc.answering = lambda _pdu: Say("ok", tlvs=((0x0428, b"\x5a"),))
    with capture_logs() as logs:
        rig.submit(*make_claim.many(20))
        await rig.settled(20)
    assert [one["percent"] for one in logs if one["event"] == "congested"] == [90]
    assert rig.connector.room() < 20


# Unreadable --------------------------------------------------------------------------------------


async def test_a_carrier_that_cannot_read_us_is_told_of(rig, smsc, make_claim):
    smsc.answering = lambda _pdu: Say("", 0x03)
    rig.submit(make_claim())
    (settlement,) = await rig.settled(1)
    assert isinstance(settlement.outcomes[0], Refused)
    assert "ESME_RINVCMDID, 3" in rig.open_alarms()[AlarmKind.UNREADABLE]
    smsc.answering = lambda _pdu: Say("ok")
    rig.submit(make_claim())
    await rig.settled(2)
    assert AlarmKind.UNREADABLE in rig.open_alarms(), "one that is taken between proves nothing"


# Old carriers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "warned"),
    [
        ({}, False),
        ({"tlvs": {"0x1400": "1201159"}}, True),
        ({"long_messages": "sar"}, True),
        ({"flash": "subunit"}, True),
    ],
)
async def test_an_smsc_that_names_no_version_gets_tlvs_only_where_they_were_set(
    make_rig, smsc, make_claim, settings, warned
):
    # An SMSC names its version to those alone that named 3.4 or newer.
    with capture_logs() as logs:
        rig = make_rig(interface_version="0x33", **settings)
        await rig.bound()
    said = [one["event"] for one in logs]
    assert ("tlvs_to_carrier_without_version" in said) is warned
    rig.submit(make_claim())
    await rig.settled(1)
    (submit,) = (await smsc.bound()).submits
    assert bool(submit.tlvs) is ("tlvs" in settings)
