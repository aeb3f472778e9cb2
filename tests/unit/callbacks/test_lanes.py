"""How much may be claimed where."""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from staffetta.callbacks.breaker import FAILURES_MAX, OPEN_SECONDS
from staffetta.callbacks.claim import Claim, Claimed
from staffetta.callbacks.lane_state import CLAIMED_OF_LANE_MAX, FIRST_CONCURRENCY, LaneState
from staffetta.callbacks.lanes import (
    CLAIM_MAX,
    CLAIMED_MAX,
    FORGOTTEN_SECONDS,
    LANES_OF_CLAIM_MAX,
    Lanes,
)
from staffetta.callbacks.owe import Lane

_AT = datetime(2026, 3, 14, tzinfo=UTC)
_LANE = Lane(1, "one.example")


def _claims(lane: Lane, count: int, start: int = 0) -> list[Claim]:
    return [
        Claim(
            space_id=lane.space_id,
            id=f"{lane.space_id} {lane.host} {number}".encode(),
            host=lane.host,
            kind="message",
            message_id=b"",
            recipient_id=b"",
            event="delivered",
            attempt=1,
            attempts_before=0,
            changed_at=_AT,
            created_at=_AT,
            sent_at=None,
            delivered_at=None,
            charged_micro=0,
            possibly_duplicate=False,
            payload=None,
        )
        for number in range(start, start + count)
    ]


def _claim_all(lanes: Lanes[None], rooms: dict[Lane, int]) -> list[Claim]:
    """Every room is filled."""
    claims = [one for lane, room in rooms.items() for one in _claims(lane, room)]
    lanes.claimed(rooms, Claimed(frozenset(rooms), claims, rooms), 0.0)
    return claims


def _look_at(lanes: Lanes[None], found: Iterable[Lane]) -> None:
    for lane in found:
        lanes.look_at(lane)


def test_a_new_lane_begins_with_a_few_and_earns_more_by_answers() -> None:
    state: LaneState[None] = LaneState(32, 0.0)
    assert state.room(0.0, has_backlog=False) == FIRST_CONCURRENCY

    for _ in range(100):
        state.succeeded(1.0)

    assert state.concurrency == 32
    assert state.room(0.0, has_backlog=False) == 32


def test_a_limit_below_the_first_few_is_kept() -> None:
    state: LaneState[None] = LaneState(2, 0.0)
    state.succeeded(10.0)

    assert state.room(0.0, has_backlog=False) == 2


def test_a_fast_lane_is_claimed_ahead_and_a_slow_one_is_not() -> None:
    fast: LaneState[None] = LaneState(32, 0.0)
    slow: LaneState[None] = LaneState(32, 0.0)
    for _ in range(100):
        fast.succeeded(0.005)
        slow.succeeded(2.0)

    assert fast.room(0.0, has_backlog=False) == CLAIMED_OF_LANE_MAX
    assert slow.room(0.0, has_backlog=False) == 32


def test_a_failure_halves_what_is_under_way_at_once_and_ends_claiming_ahead() -> None:
    state: LaneState[None] = LaneState(32, 0.0)
    for _ in range(100):
        state.succeeded(0.001)

    state.failed(0.0)

    assert state.concurrency == 16
    assert state.room(0.0, has_backlog=False) == 16


def test_a_broken_lane_has_no_room_and_then_room_for_one_probe() -> None:
    state: LaneState[None] = LaneState(32, 0.0)
    for _ in range(FAILURES_MAX):
        state.failed(0.0)

    assert state.room(1.0, has_backlog=False) == 0
    assert state.room(OPEN_SECONDS, has_backlog=False) == 1
    state.claimed = 1
    assert state.room(OPEN_SECONDS, has_backlog=False) == 0


def test_a_lane_with_a_backlog_waits_until_half_of_its_window_is_free() -> None:
    state: LaneState[None] = LaneState(32, 0.0)
    for _ in range(100):
        state.succeeded(1.0)

    state.claimed = 20
    assert state.room(0.0, has_backlog=True) == 0
    state.claimed = 16
    assert state.room(0.0, has_backlog=True) == 16


def test_no_lane_takes_the_last_of_what_is_free() -> None:
    lanes: Lanes[None] = Lanes(500)
    many = [Lane(number, "one.example") for number in range(1, 6)]
    for lane in many:
        for _ in range(600):
            lanes.state(lane, 0.0).succeeded(1.0)
    _look_at(lanes, many)

    assert list(lanes.rooms(0.0).values()) == [250, 125, 62, 31, 16]


def test_a_claim_is_bounded_in_rows_and_in_lanes() -> None:
    lanes: Lanes[None] = Lanes(32)
    _look_at(lanes, (Lane(1, f"h{number}") for number in range(1000)))

    rooms = lanes.rooms(0.0)

    assert len(rooms) <= LANES_OF_CLAIM_MAX
    assert sum(rooms.values()) <= CLAIM_MAX
    assert len(lanes.rooms(0.0)) > 0  # the others are still ready


def test_all_that_is_claimed_together_is_bounded() -> None:
    lanes: Lanes[None] = Lanes(32)
    _look_at(lanes, (Lane(number, "one.example") for number in range(1, 5000)))
    claimed = 0
    while rooms := lanes.rooms(0.0):
        claimed += len(_claim_all(lanes, rooms))
        if claimed > CLAIMED_MAX:
            break

    assert claimed == CLAIMED_MAX


def test_one_account_cannot_hold_all_there_is_by_many_hosts() -> None:
    lanes: Lanes[None] = Lanes(32)
    _look_at(lanes, (Lane(1, f"h{number}") for number in range(5000)))
    claimed = 0
    while rooms := lanes.rooms(0.0):
        claimed += len(_claim_all(lanes, rooms))

    assert claimed == CLAIMED_MAX // 2
    other = Lane(2, "h")
    lanes.look_at(other)
    assert lanes.rooms(0.0) == {other: FIRST_CONCURRENCY}


def test_some_accounts_cannot_hold_all_there_is_together() -> None:
    lanes: Lanes[None] = Lanes(32)
    for space_id in range(1, 7):
        _look_at(lanes, (Lane(space_id, f"h{number}") for number in range(1000)))
        while rooms := lanes.rooms(0.0):
            _claim_all(lanes, rooms)

    other = Lane(7, "h")
    lanes.look_at(other)
    assert lanes.rooms(0.0) == {other: FIRST_CONCURRENCY}


def test_an_account_that_has_nothing_finds_the_last_room_there_is() -> None:
    lanes: Lanes[None] = Lanes(32)
    for space_id in range(1, CLAIMED_MAX):
        one = Lane(space_id, "h")
        lanes.claimed({one: 1}, Claimed(frozenset({one}), _claims(one, 1), {one: 1}), 0.0)

    other = Lane(CLAIMED_MAX, "h")
    lanes.look_at(other)
    assert lanes.rooms(0.0)[other] == 1


def test_a_lane_that_filled_its_room_is_looked_at_again() -> None:
    lanes: Lanes[None] = Lanes(32)
    lanes.look_at(_LANE)
    claims = _claim_all(lanes, lanes.rooms(0.0))
    assert lanes.rooms(0.0) == {}  # it has no room now

    assert [lanes.written(one, 0.0) for one in claims] == [True] * len(claims)

    assert lanes.rooms(0.0) == {_LANE: FIRST_CONCURRENCY}


def test_what_is_claimed_anew_before_its_result_is_written_takes_one_place() -> None:
    lanes: Lanes[None] = Lanes(32)
    rooms = {_LANE: 1}
    (stale,) = _claims(_LANE, 1)
    anew = msgspec.structs.replace(stale, attempt=stale.attempt + 1)
    for claim in (stale, anew):
        lanes.claimed(rooms, Claimed(frozenset(rooms), [claim], {_LANE: 1}), 0.0)

    lanes.written(stale, 0.0)
    assert lanes.known_ids() == [anew.id]  # still under way: it must not be put back

    lanes.written(anew, 0.0)
    assert (lanes.claimed_count, lanes.state(_LANE, 0.0).claimed) == (0, 0)


def test_a_lane_that_left_nothing_behind_is_not() -> None:
    lanes: Lanes[None] = Lanes(32)
    lanes.look_at(_LANE)
    rooms = lanes.rooms(0.0)
    (claim,) = _claims(_LANE, 1)
    lanes.claimed(rooms, Claimed(frozenset(rooms), [claim], {_LANE: 1}), 0.0)

    assert not lanes.written(claim, 0.0)
    assert lanes.rooms(0.0) == {}


def test_what_rang_while_something_was_under_way_is_looked_at_again_after_it() -> None:
    lanes: Lanes[None] = Lanes(32)
    lanes.look_at(_LANE)
    rooms = lanes.rooms(0.0)
    (claim,) = _claims(_LANE, 1)
    lanes.claimed(rooms, Claimed(frozenset(rooms), [claim], {_LANE: 1}), 0.0)
    lanes.look_at(_LANE)  # a newer state: it waits for the one under way
    rooms = lanes.rooms(0.0)
    lanes.claimed(rooms, Claimed(frozenset(rooms), [], {}), 0.0)

    assert lanes.written(claim, 0.0)
    assert _LANE in lanes.rooms(0.0)


def test_a_lane_in_which_another_process_claims_is_looked_at_again() -> None:
    lanes: Lanes[None] = Lanes(32)
    lanes.look_at(_LANE)

    lanes.claimed(lanes.rooms(0.0), Claimed(frozenset(), [], {}), 0.0)

    assert _LANE in lanes.rooms(0.0)


def test_a_claim_that_failed_leaves_its_lanes_ready() -> None:
    lanes: Lanes[None] = Lanes(32)
    lanes.look_at(_LANE)

    lanes.not_claimed(lanes.rooms(0.0))

    assert _LANE in lanes.rooms(0.0)


def test_quiet_lanes_are_forgotten_and_those_at_work_or_with_something_due_are_not() -> None:
    lanes: Lanes[None] = Lanes(32)
    quiet, gone = Lane(1, "quiet"), Lane(1, "never answered")
    down, at_work = Lane(1, "down, with something due"), Lane(1, "at work")
    lanes.state(quiet, 0.0)
    lanes.state(at_work, 0.0).claimed = 1
    for lane in (gone, down):
        for _ in range(FAILURES_MAX):
            lanes.state(lane, 0.0).failed(0.0)
    lanes.look_at(down)
    lanes.rooms(FORGOTTEN_SECONDS)

    lanes.forget(FORGOTTEN_SECONDS + 1)

    assert set(lanes.states()) == {down, at_work}
