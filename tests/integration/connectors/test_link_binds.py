"""Links that are not bound: refused, not answered, one after the other, and who is told of it."""

import pytest
from scripted_esme import until

from staffetta.connectors.smpp.link_states import LinkState
from staffetta.routing.alarms import AlarmKind
from staffetta.smpp import events
from staffetta.smpp.statuses import StatusClass


@pytest.mark.parametrize("status", [0x0D, 0x0E, 0x0F, 0x53])
async def test_a_refused_bind_raises_an_alarm_that_the_next_bind_ends(make_rig, smsc, status):
    smsc.bind_statuses = [status]
    rig = make_rig(misconfigured_seconds_min=0.05)
    await rig.bound()
    raised = [change for change in rig.alarms if change.detail]
    assert [change.kind for change in raised] == [AlarmKind.BIND_REFUSED]
    assert "the carrier refused the bind" in raised[0].detail
    assert rig.open_alarms() == {}


async def test_a_wrong_password_is_shown_once_however_many_links_there_are(make_rig, smsc):
    smsc.bind_statuses = [0x0E, 0x0E]
    rig = make_rig(link_count=5, misconfigured_seconds_min=0.05)
    await rig.bound(5)
    refused = [change.number for change in rig.changes if change.state is LinkState.REFUSED]
    assert len(refused) == 2
    assert len(set(refused)) == 1
    assert len(smsc.connections) == 2 + 5
    assert rig.open_alarms() == {}


async def test_links_that_wait_for_another_are_stopped_without_a_connection(make_rig, smsc):
    smsc.bind_statuses = [None]
    rig = make_rig(link_count=3, bind_seconds=60)
    await until(lambda: LinkState.BINDING in rig.states)
    rig.stop.set()
    await rig.task
    assert len(smsc.connections) == 1


async def test_a_status_that_this_carrier_means_as_a_wrong_password_is_one(make_rig, smsc):
    smsc.bind_statuses = [0x0411]
    rig = make_rig(status_classes={"0x411": StatusClass.BIND}, misconfigured_seconds_min=0.05)
    await rig.bound()
    assert rig.states.count(LinkState.REFUSED) == 1


async def test_a_bind_that_is_never_answered_raises_an_alarm(make_rig, smsc):
    smsc.bind_statuses = [None]
    rig = make_rig(bind_seconds=0.1)
    await rig.bound()
    (raised,) = [change for change in rig.alarms if change.detail]
    assert raised.kind is AlarmKind.SILENT
    assert "does not answer the bind" in raised.detail
    assert rig.open_alarms() == {}


async def test_a_session_that_the_carrier_still_holds_is_waited_for_after_a_broken_link(
    make_rig, smsc
):
    rig = make_rig(already_bound_seconds_min=0.05)
    await rig.bound()
    smsc.bind_statuses = [0x05, 0x05]
    (await smsc.bound()).reset()
    await rig.bound(2)
    waits = [change.detail for change in rig.changes if change.state is LinkState.WAITING]
    assert sum("Already bound" in detail for detail in waits) == 2
    assert rig.open_alarms() == {}


@pytest.mark.parametrize(
    ("written", "read"), [("0x33", 0x33), ("0x34", 0x34), ("0x50", 0x50), (None, 0x34)]
)
async def test_the_version_is_what_was_agreed(make_rig, smsc, written, read):
    rig = make_rig(**({} if written is None else {"interface_version": written}))
    await rig.bound()
    (bind,) = (await smsc.bound()).of(events.BindRequested)
    assert bind.pdu.interface_version == read


async def test_a_long_password_reaches_the_carrier_whole(make_rig, smsc):
    rig = make_rig(long_password=True, password="correct-horse-battery-staple")
    await rig.bound()
    (bind,) = (await smsc.bound()).of(events.BindRequested)
    assert bind.pdu.password == b"correct-horse-battery-staple"


async def test_a_long_password_that_nobody_allowed_is_told_of(make_rig, smsc):
    rig = make_rig(password="correct-horse-battery-staple")
    await until(lambda: LinkState.REFUSED in rig.states)
    assert "password is longer than 8 octets" in rig.changes[-1].detail
    assert not (smsc.connections and smsc.connections[0].told)


async def test_our_end_while_the_bind_waits_for_its_answer_is_quick(make_rig, smsc):
    smsc.bind_statuses = [None]
    rig = make_rig(bind_seconds=600)
    await until(lambda: LinkState.BINDING in rig.states)
    rig.stop.set()
    await rig.task
    assert rig.states[-1] is LinkState.DOWN


async def test_a_link_without_a_bind_for_long_raises_an_alarm_whatever_keeps_it(make_rig, smsc):
    smsc.bind_statuses = [0, *[0x08] * 1000]
    rig = make_rig(link_count=2, not_bound_seconds=0.1)
    await until(lambda: AlarmKind.NOT_BOUND in rig.open_alarms())
    assert "no bind for" in rig.open_alarms()[AlarmKind.NOT_BOUND]
    assert "ESME_RSYSERR" in rig.open_alarms()[AlarmKind.NOT_BOUND]
    smsc.bind_statuses = []
    await rig.bound(2)
    assert rig.open_alarms() == {}


async def test_a_link_that_is_not_bound_leaves_its_share_of_the_rate_to_the_others(make_rig, smsc):
    smsc.bind_statuses = [0, *[0x08] * 1000]
    rig = make_rig(link_count=2, rate_per_second=100, window_max=200)
    await until(lambda: rig.connector.room() >= 100)
    smsc.bind_statuses = []
    await rig.bound(2)
    assert rig.connector.room() <= 110, "all together write no faster than one alone"
