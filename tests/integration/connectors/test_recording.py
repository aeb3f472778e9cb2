"""What of a link's PDUs is written down, over real sockets, and what is in it."""

from collections.abc import Callable
from typing import Any

import pytest
from scripted_esme import until
from scripted_smsc import Say

from staffetta.connectors.smpp.frame_ring import READ, WRITTEN
from staffetta.domain.clock import SystemClock
from staffetta.messaging.connector import Accepted, Refused, Uncertain
from staffetta.messaging.recordings import Reason, Recording, RecordingPolicy, Recordings
from staffetta.smpp.describe import describe_pdu

Names = list[tuple[str, bool]]
REPORTED = "+393331234567"  # whom the SMSC's reports name


@pytest.fixture
def recordings() -> Recordings:
    return Recordings(RecordingPolicy(ring_octets_max=1 << 20), SystemClock())


@pytest.fixture
def recording_rig(make_rig, recordings: Recordings) -> Callable[..., Any]:
    """A connector whose recordings the test looks at."""

    def make(*, keeps_text: bool = False, **changes: Any) -> Any:
        return make_rig(recordings=recordings, keeps_text=keeps_text, **changes)

    return make


def of(recordings: Recordings, reason: Reason) -> list[Recording]:
    return [one for one in recordings.waiting if one.reason is reason]


def names(recordings: list[Recording]) -> Names:
    return [(describe_pdu(one.octets).name, one.is_written) for one in recordings]


async def test_of_what_goes_well_nothing_is_recorded(recording_rig, recordings, make_claim):
    rig = recording_rig()
    await rig.bound()
    rig.submit(*make_claim.many(5))
    await rig.settled(5)
    assert list(recordings.waiting) == []


async def test_a_refused_segment_is_recorded_with_its_answer_and_what_came_before(
    recording_rig, recordings, smsc, make_claim
):
    smsc.answering = lambda pdu: Say("", 0x0B if pdu.short_message == b"no" else 0)
    rig = recording_rig()
    await rig.bound()
    rig.submit(make_claim("yes"))
    await rig.settled(1)
    claim = make_claim("no")
    rig.submit(claim)
    await rig.settled(2)
    own = of(recordings, Reason.REFUSED)
    assert names(own) == [("submit_sm", WRITTEN), ("submit_sm_resp", READ)]
    assert describe_pdu(own[1].octets).command_status == 0x0B
    assert {one.subject.recipient_id for one in own if one.subject} == {claim.recipient_id}
    assert {(one.connector_id, one.link) for one in own} == {(7, 1)}
    around = of(recordings, Reason.AROUND)
    assert names(around)[-2:] == [("submit_sm", WRITTEN), ("submit_sm_resp", READ)]
    assert {one.incident for one in around} == {own[0].incident}
    assert [one for one in around if one.subject] == []
    assert own[0].at <= own[1].at


async def test_a_segment_without_an_answer_is_recorded(recording_rig, recordings, smsc, make_claim):
    smsc.answering = lambda _pdu: None
    rig = recording_rig(response_seconds=0.1)
    await rig.bound()
    claim = make_claim()
    rig.submit(claim)
    await rig.settled(1)
    assert isinstance(rig.inbox.outcomes_of(claim)[0], Uncertain)
    assert names(of(recordings, Reason.UNCERTAIN)) == [("submit_sm", WRITTEN)]


async def test_an_answer_that_comes_too_late_is_recorded_with_its_segment(
    recording_rig, recordings, smsc, make_claim
):
    smsc.answering = lambda _pdu: None
    rig = recording_rig(response_seconds=0.1)
    await rig.bound()
    claim = make_claim()
    rig.submit(claim)
    await rig.settled(1)
    connection = await smsc.bound()
    connection.answer(connection.submits[0], Say("late"))
    await until(lambda: of(recordings, Reason.LATE) != [])
    (late,) = of(recordings, Reason.LATE)
    assert names([late]) == [("submit_sm_resp", READ)]
    assert late.subject is not None
    assert late.subject.recipient_id == claim.recipient_id
    assert late.incident == of(recordings, Reason.UNCERTAIN)[0].incident


async def test_a_lost_link_leaves_what_went_over_it_last(
    recording_rig, recordings, smsc, make_claim
):
    smsc.answering = lambda _pdu: None
    rig = recording_rig()
    await rig.bound()
    rig.submit(make_claim("one"), make_claim("two"))
    connection = await smsc.bound()
    await connection.submitted(2)
    connection.reset()
    await rig.settled(2)
    assert names(of(recordings, Reason.LINK_LOST)) == [
        ("bind_transceiver", WRITTEN),
        ("bind_transceiver_resp", READ),
        ("submit_sm", WRITTEN),
        ("submit_sm", WRITTEN),
    ]
    assert names(of(recordings, Reason.UNCERTAIN)) == [("submit_sm", WRITTEN)] * 2


async def test_before_all_that_fail_at_once_the_same_is_kept_once(
    recording_rig, recordings, smsc, make_claim
):
    smsc.answering = lambda _pdu: None
    rig = recording_rig()
    await rig.bound()
    rig.submit(*make_claim.many(8))
    connection = await smsc.bound()
    await connection.submitted(8)
    connection.reset()
    await rig.settled(8)
    own, around = of(recordings, Reason.UNCERTAIN), of(recordings, Reason.AROUND)
    assert names(own) == [("submit_sm", WRITTEN)] * 8
    assert len({one.octets for one in own}) == 8
    assert len(around) == 4
    assert {one.incident for one in around} == {one.incident for one in own}


async def test_a_refused_bind_is_recorded_without_its_password(recording_rig, recordings, smsc):
    smsc.bind_statuses = [0x0E]
    recording_rig(password="hidden!!", keeps_text=True)
    await until(lambda: of(recordings, Reason.BIND_REFUSED) != [])
    recorded = of(recordings, Reason.BIND_REFUSED)
    assert names(recorded) == [("bind_transceiver", WRITTEN), ("bind_transceiver_resp", READ)]
    assert not [one for one in recordings.waiting if b"hidden" in one.octets]


@pytest.mark.parametrize("keeps_text", [False, True], ids=["never", "always"])
async def test_what_cannot_be_read_is_recorded_without_anything_that_may_be_text(
    recording_rig, recordings, smsc, keeps_text: bool
):
    rig = recording_rig(keeps_text=keeps_text)
    await rig.bound()
    broken = bytes.fromhex("00000012 00000005 00000000 00000003 4142")
    (await smsc.bound()).send_raw(broken)
    await until(lambda: of(recordings, Reason.UNREADABLE) != [])
    (recorded,) = of(recordings, Reason.UNREADABLE)
    assert recorded.octets == broken[:16] + b"**"
    assert recorded.is_blanked


async def test_of_a_chosen_account_everything_is_recorded_reports_too(
    recording_rig, recordings, smsc, make_claim
):
    recordings.spaces = frozenset({2})
    rig = recording_rig()
    await rig.bound()
    other = make_claim(space_id=1)
    chosen = make_claim("a" * 153, "b", space_id=2, number=REPORTED)
    rig.submit(other, chosen)
    await rig.settled(2)
    accepted = rig.inbox.outcomes_of(chosen)
    connection = await smsc.bound()
    for one in (*accepted, *rig.inbox.outcomes_of(other)):
        assert isinstance(one, Accepted)
        connection.report(one.smsc_id)
    await until(lambda: len(rig.inbox.reports) == 3)
    recorded = of(recordings, Reason.ACCOUNT)
    assert names(recorded) == [
        *[("submit_sm", WRITTEN), ("submit_sm_resp", READ)] * 2,
        *[("deliver_sm", READ)] * 2,
    ]
    assert [one.subject.segment for one in recorded if one.subject] == [1, 1, 2, 2, 1, 2]
    assert len(recordings.waiting) == len(recorded)


async def test_a_report_that_spells_its_id_another_way_is_recorded_too(
    recording_rig, recordings, smsc, make_claim
):
    smsc.answering = lambda _pdu: Say("1f4")
    recordings.spaces = frozenset({2})
    rig = recording_rig()
    await rig.bound()
    chosen = make_claim(space_id=2, number=REPORTED)
    rig.submit(chosen)
    await rig.settled(1)
    connection = await smsc.bound()
    connection.report("500")
    await until(lambda: len(rig.inbox.reports) == 1)
    assert names(of(recordings, Reason.ACCOUNT))[2:] == [("deliver_sm", READ)]


@pytest.mark.parametrize("answered", ["1f4", "500"], ids=["like", "equal"])
async def test_a_report_of_another_message_with_such_an_id_is_not_recorded(
    recording_rig, recordings, smsc, make_claim, answered: str
):
    smsc.answering = lambda _pdu: Say(answered)
    recordings.spaces = frozenset({2})
    rig = recording_rig()
    await rig.bound()
    rig.submit(make_claim(space_id=2, number="+393339999999"))
    await rig.settled(1)
    (await smsc.bound()).report("500")
    await until(lambda: len(rig.inbox.reports) == 1)
    assert names(of(recordings, Reason.ACCOUNT))[2:] == []


async def test_after_the_report_that_decides_its_id_is_another_messages(
    recording_rig, recordings, smsc, make_claim
):
    smsc.answering = lambda _pdu: Say("5")
    recordings.spaces = frozenset({2})
    rig = recording_rig()
    await rig.bound()
    rig.submit(make_claim(space_id=2, number=REPORTED))
    await rig.settled(1)
    connection = await smsc.bound()
    for word in ("ENROUTE", "DELIVRD", "DELIVRD"):
        connection.report("5", word)
    await until(lambda: len(rig.inbox.reports) == 3)
    reports = of(recordings, Reason.ACCOUNT)[2:]
    assert [b"ENROUTE" in one.octets for one in reports] == [True, False]


async def test_a_text_is_kept_only_where_it_may_be(recording_rig, recordings, smsc, make_claim):
    smsc.answering = lambda _pdu: Say("", 0x0B)
    hidden = recording_rig()
    await hidden.bound()
    hidden.submit(make_claim("my words"))
    await hidden.settled(1)
    assert not [one for one in recordings.waiting if b"my words" in one.octets]
    assert all(one.is_blanked for one in recordings.waiting)
    recordings.waiting.clear()
    shown = recording_rig(keeps_text=True)
    await shown.bound()
    shown.submit(make_claim("my words"))
    await shown.settled(1)
    assert b"my words" in of(recordings, Reason.REFUSED)[0].octets


async def test_a_one_time_code_is_kept_nowhere(recording_rig, recordings, smsc, make_claim):
    smsc.answering = lambda pdu: Say("77", 0x0B if b"fails" in pdu.short_message else 0)
    recordings.spaces = frozenset({2})
    rig = recording_rig(keeps_text=True)
    await rig.bound()
    code = make_claim("your code is 73519", space_id=2, is_code=True, number=REPORTED)
    rig.submit(code)
    await rig.settled(1)
    (accepted,) = rig.inbox.outcomes_of(code)
    connection = await smsc.bound()
    connection.report(accepted.smsc_id)  # it quotes "hello"
    await until(lambda: len(rig.inbox.reports) == 1)
    rig.submit(make_claim("this fails"))  # and the code went just before it
    await rig.settled(2)
    rig.connector.record_newest(100, b"incident")
    assert not [one for one in recordings.waiting if b"73519" in one.octets]
    assert names(of(recordings, Reason.ACCOUNT))[-1:] == [("deliver_sm", READ)]
    assert not [one for one in of(recordings, Reason.ACCOUNT) if b"text:hello" in one.octets]
    assert of(recordings, Reason.ASKED) != []


async def test_who_asks_gets_the_newest_of_all_links(recording_rig, recordings, make_claim):
    rig = recording_rig(link_count=2)
    await rig.bound(2)
    rig.connector.record_newest(100, b"incident")
    asked = of(recordings, Reason.ASKED)
    assert {(one.link, describe_pdu(one.octets).name) for one in asked} == {
        (link, name) for link in (1, 2) for name in ("bind_transceiver", "bind_transceiver_resp")
    }
    assert {one.incident for one in asked} == {b"incident"}
    recordings.waiting.clear()
    rig.connector.record_newest(3, b"incident")
    assert [one.octets for one in of(recordings, Reason.ASKED)] == [one.octets for one in asked[1:]]


async def test_without_a_ring_nothing_is_recorded(make_rig, smsc, make_claim):
    recordings = Recordings(RecordingPolicy(ring_octets_max=0), SystemClock())
    smsc.answering = lambda _pdu: Say("", 0x0B)
    rig = make_rig(recordings=recordings)
    await rig.bound()
    claim = make_claim()
    rig.submit(claim)
    await rig.settled(1)
    assert isinstance(rig.inbox.outcomes_of(claim)[0], Refused)
    assert list(recordings.waiting) == []
