"""Recorded PDUs: stored in batches, bounded on every side, shown in the trace of their message."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hand_gateway import ITALIAN, FrozenClock, Gateway, accepted
from prometheus_client import CollectorRegistry
from traced import texts, traced

from staffetta.messaging.asked_frames import (
    NobodyHoldsLinks,
    ask_for_frames,
    is_answered,
    read_answer,
)
from staffetta.messaging.connector import Claim, Refused
from staffetta.messaging.record_account import (
    record_space,
    record_space_no_more,
    recorded_until,
)
from staffetta.messaging.recordings import (
    FRAMES_MAX,
    PER_SECOND_MAX,
    SAMPLES_PER_SECOND_MAX,
    WAITING_MAX,
    Reason,
    Recording,
    RecordingPolicy,
    Recordings,
    Subject,
)
from staffetta.messaging.store_recordings import RecordingStore, forget_recordings_once
from staffetta.smpp import pdus
from staffetta.smpp.blanking import without_text
from staffetta.smpp.encode import encode

SUBMIT = encode(
    pdus.SubmitSm(
        7, source_addr=b"ACME", destination_addr=ITALIAN[1:].encode(), short_message=b"my words"
    )
)
REFUSAL = encode(pdus.SubmitSmResp(7, 0x0B))


class Recorder:
    """What one dispatch process does with recordings, step by step."""

    def __init__(self, gateway: Gateway, policy: RecordingPolicy = RecordingPolicy()) -> None:  # noqa: B008
        self.gateway = gateway
        self.shown: list[tuple[int, int, bytes]] = []
        self.shows = 1  # frames, to whoever asks
        self.registry = CollectorRegistry()
        self.recordings = Recordings(policy, gateway.clock)
        self.store = RecordingStore(
            gateway.database,
            self.recordings,
            gateway.clock,
            gateway.ids,
            gateway.owner,
            self._show,
            self.registry,
        )

    def _show(self, connector_id: int, count: int, incident: bytes) -> None:
        self.shown.append((connector_id, count, incident))
        for _ in range(self.shows):
            self.put(SUBMIT, reason=Reason.ASKED, incident=incident)

    def put(
        self,
        octets: bytes = SUBMIT,
        claim: Claim | None = None,
        *,
        reason: Reason = Reason.REFUSED,
        is_written: bool = True,
        is_blanked: bool = False,
        incident: bytes | None = None,
    ) -> None:
        subject = None
        if claim is not None:
            subject = Subject(claim.space_id, claim.recipient_id, claim.attempt, 1)
        self.recordings.put(
            Recording(
                at=self.gateway.clock.now(),
                connector_id=self.gateway.connector.connector_id,
                link=1,
                is_written=is_written,
                octets=octets,
                octet_count=len(octets),
                is_blanked=is_blanked,
                reason=reason,
                incident=incident,
                subject=subject,
            )
        )

    async def stored(self) -> Sequence[object]:
        return await self.gateway.rows("SELECT id FROM recording ORDER BY id")


@pytest.fixture
def recorder(gateway: Gateway) -> Recorder:
    return Recorder(gateway)


async def test_a_trace_shows_the_pdus_of_its_segments_decoded(
    gateway: Gateway, recorder: Recorder, clock: FrozenClock
) -> None:
    claim = await gateway.accept_and_claim()
    recorder.put(SUBMIT, claim)
    clock.advance(0.1)
    recorder.put(REFUSAL, claim, is_written=False)
    recorder.put(SUBMIT)  # of somebody else
    await gateway.settle(claim, Refused(0x0B, "no such number", temporary=False))
    await recorder.store.record_once()

    shown = texts(await traced(gateway, claim.recipient_id), "pdu")

    addresses = "source_addr=ACME destination_addr=393331234567"
    assert shown == [
        f"carrier/1 → submit_sm #7 {addresses} short_message=(8 octets, not kept)",
        "carrier/1 ← submit_sm_resp #7 command_status=0x0B ESME_RINVDSTADR",
    ]


async def test_a_text_that_was_kept_is_shown_to_who_asks(
    gateway: Gateway, recorder: Recorder
) -> None:
    claim = await gateway.accept_and_claim()
    recorder.put(SUBMIT, claim)
    recorder.put(without_text(SUBMIT), claim, is_blanked=True)
    await recorder.store.record_once()
    shown = texts(await traced(gateway, claim.recipient_id, with_text=True), "pdu")
    assert [text.partition("short_message=")[2] for text in shown] == [
        '"my words"',
        "(8 octets, not kept)",
    ]


async def test_octets_are_shown_without_text_and_number_to_strangers(
    gateway: Gateway, recorder: Recorder
) -> None:
    claim = await gateway.accept_and_claim()
    recorder.put(SUBMIT, claim)
    await recorder.store.record_once()
    timeline = await traced(gateway, claim.recipient_id, with_hex=True, redacts=True)
    (event,) = [event for event in timeline.events if event.kind == "pdu"]
    octets = bytes.fromhex(str(event.facts["octets"]))
    assert len(octets) == len(SUBMIT)
    assert (b"3331234567" in octets, b"my words" in octets) == (False, False)
    assert "destination_addr=3933******67" in event.text


async def test_what_went_before_a_failure_is_shown_to_who_asks(
    gateway: Gateway, recorder: Recorder
) -> None:
    claim = await gateway.accept_and_claim()
    recorder.put(encode(pdus.EnquireLink(6)), reason=Reason.AROUND, incident=b"x")
    recorder.put(SUBMIT, claim, incident=b"x")
    await recorder.store.record_once()
    assert len(texts(await traced(gateway, claim.recipient_id), "pdu")) == 1
    shown = texts(await traced(gateway, claim.recipient_id, with_around=True), "pdu")
    assert shown[0] == "carrier/1 → enquire_link #6 (before it)"


async def test_what_happened_to_the_link_meanwhile_is_shown(
    gateway: Gateway, recorder: Recorder, clock: FrozenClock
) -> None:
    claim = await gateway.accept_and_claim()
    clock.advance(1)
    recorder.put(encode(pdus.EnquireLink(6)), reason=Reason.LINK_LOST, incident=b"x")
    await recorder.store.record_once()
    clock.advance(1)
    await gateway.settle(claim, accepted("a1"))
    assert texts(await traced(gateway, claim.recipient_id), "pdu") == [
        "carrier/1 → enquire_link #6 (before the link was lost)"
    ]


async def test_the_queue_is_bounded_and_what_is_dropped_is_counted(
    recorder: Recorder, clock: FrozenClock
) -> None:
    for _ in range(WAITING_MAX // PER_SECOND_MAX + 2):
        for _ in range(PER_SECOND_MAX + 10):
            recorder.put()
        clock.advance(1)
    assert len(recorder.recordings.waiting) == WAITING_MAX
    await recorder.store.store_all()
    await recorder.store.record_once()
    assert len(await recorder.stored()) == WAITING_MAX
    dropped = recorder.registry.get_sample_value("staffetta_recordings_dropped_total")
    assert dropped == (WAITING_MAX // PER_SECOND_MAX) * 10 + 2 * (PER_SECOND_MAX + 10)


async def test_recordings_that_are_old_or_too_many_are_forgotten(
    gateway: Gateway, recorder: Recorder, clock: FrozenClock
) -> None:
    recorder.put()
    await recorder.store.record_once()
    clock.advance(86_400 * 8)
    for _ in range(5):
        recorder.put()
    await recorder.store.record_once()
    week = timedelta(days=7)

    async def forget(count_max: int, limit: int = 100) -> int:
        return await forget_recordings_once(
            gateway.database, clock.now(), kept=week, count_max=count_max, limit=limit
        )

    assert await forget(100) == 1
    newest = await recorder.stored()
    assert len(newest) == 5
    assert await forget(3) == 2
    assert await recorder.stored() == newest[2:]
    assert await forget(0, limit=2) == 2
    assert await forget(0) == 1


async def test_samples_leave_room_for_failures(
    gateway: Gateway, recorder: Recorder, clock: FrozenClock
) -> None:
    recorder.put()
    for _ in range(10):
        recorder.put(reason=Reason.SAMPLE)
    await recorder.store.record_once()
    week = timedelta(days=7)
    await forget_recordings_once(gateway.database, clock.now(), kept=week, count_max=8)
    rows = await gateway.rows(
        "SELECT reason, count(*)::int AS count FROM recording GROUP BY reason"
    )
    assert {row["reason"]: row["count"] for row in rows} == {"refused": 1, "sample": 2}


async def test_a_space_is_recorded_until_its_time_is_over(
    gateway: Gateway, recorder: Recorder, clock: FrozenClock
) -> None:
    claim = await gateway.accept_and_claim()
    async with gateway.database.transaction() as connection:
        until = clock.now() + timedelta(hours=1)
        await record_space(connection, gateway.space_id, until)
        assert await recorded_until(connection, gateway.space_id, clock.now()) == until
    assert recorder.recordings.wants(claim) is None
    await recorder.store.record_once()
    assert recorder.recordings.wants(claim) is Reason.ACCOUNT
    clock.advance(3600)
    await recorder.store.record_once()
    assert recorder.recordings.wants(claim) is None
    async with gateway.database.transaction() as connection:
        await record_space(connection, gateway.space_id, clock.now() + timedelta(hours=1))
        await record_space_no_more(connection, gateway.space_id)
        assert await recorded_until(connection, gateway.space_id, clock.now()) is None


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 0), (1.0, 400), (0.5, 200)], ids=["none", "all", "half"]
)
async def test_a_sample_is_about_its_share(
    gateway: Gateway, clock: FrozenClock, share: float, expected: int
) -> None:
    claim = await gateway.accept_and_claim()
    recordings = Recordings(RecordingPolicy(sample=share), clock)
    wanted = []
    for _ in range(400):
        clock.advance(1)
        one = Claim(**{**_fields(claim), "recipient_id": gateway.ids.make(clock.now())})
        wanted.append(recordings.wants(one))
        assert recordings.wants(one) == wanted[-1], "the same on every try"
    assert abs(wanted.count(Reason.SAMPLE) - expected) <= 80


async def test_no_more_than_a_few_are_sampled_in_a_second(
    gateway: Gateway, clock: FrozenClock
) -> None:
    claim = await gateway.accept_and_claim()
    recordings = Recordings(RecordingPolicy(sample=1.0), clock)
    wanted = [recordings.wants(claim) for _ in range(SAMPLES_PER_SECOND_MAX + 5)]
    assert wanted.count(Reason.SAMPLE) == SAMPLES_PER_SECOND_MAX
    clock.advance(1)
    assert recordings.wants(claim) is Reason.SAMPLE


def _fields(claim: Claim) -> dict[str, object]:
    return {name: getattr(claim, name) for name in claim.__struct_fields__}


async def test_who_asks_for_frames_gets_them_from_whoever_holds_the_links(
    gateway: Gateway, recorder: Recorder, clock: FrozenClock
) -> None:
    connector_id = gateway.connector.connector_id
    async with gateway.database.transaction() as connection:
        with pytest.raises(NobodyHoldsLinks):
            await ask_for_frames(connection, connector_id, 5, clock.now())
        await connection.execute(
            "INSERT INTO link (connector_id, number, owner, changed_at)"
            " VALUES ($1, 1, $2, $3), ($1, 2, $2, $3)",
            connector_id,
            gateway.owner,
            clock.now(),
        )
        incident = await ask_for_frames(connection, connector_id, 5, clock.now())
        assert not await is_answered(connection, incident)
    await recorder.store.record_once()
    assert recorder.shown == [(connector_id, 5, incident)]
    await recorder.store.record_once()
    assert len(recorder.shown) == 1
    async with gateway.database.acquire() as connection:
        assert await is_answered(connection, incident)
        (row,) = await read_answer(connection, incident, 5)
    assert (row["connector"], row["reason"], row["octets"]) == ("carrier", "asked", SUBMIT)


async def test_who_asks_in_a_storm_gets_an_answer(
    gateway: Gateway, recorder: Recorder, clock: FrozenClock
) -> None:
    for _ in range(PER_SECOND_MAX + 1):
        recorder.put()
    assert recorder.recordings.dropped_count == 1, "of this second nothing more is recorded"
    recorder.shows = FRAMES_MAX
    async with gateway.database.transaction() as connection:
        await connection.execute(
            "INSERT INTO link (connector_id, number, owner, changed_at) VALUES ($1, 1, $2, $3)",
            gateway.connector.connector_id,
            gateway.owner,
            clock.now(),
        )
        incident = await ask_for_frames(
            connection, gateway.connector.connector_id, FRAMES_MAX, clock.now()
        )
    await recorder.store.record_once()
    async with gateway.database.acquire() as connection:
        assert await is_answered(connection, incident)
        assert len(await read_answer(connection, incident, 2 * FRAMES_MAX)) == FRAMES_MAX


async def test_what_is_asked_for_is_bounded_too(recorder: Recorder) -> None:
    for _ in range(WAITING_MAX + FRAMES_MAX + 7):
        recorder.put(reason=Reason.ASKED)
    assert len(recorder.recordings.waiting) == WAITING_MAX + FRAMES_MAX
    assert recorder.recordings.dropped_count == 7
