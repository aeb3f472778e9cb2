"""The lanes of one process: which may have something due, and how much may be claimed where.

No I/O. Keeps the limits that stop one lane, one account or one outage from taking all there is.
"""

from collections import Counter, OrderedDict
from collections.abc import Mapping
from typing import Final, Generic, TypeVar

from staffetta.callbacks.claim import Claim, Claimed
from staffetta.callbacks.lane_state import LaneState
from staffetta.callbacks.owe import Lane

CLAIM_MAX: Final = 500
CLAIMED_MAX: Final = 1000
LANES_OF_CLAIM_MAX: Final = 200
UNPARKED_MAX: Final = 100  # lanes of an account, each time that it has room again
READY_MAX: Final = 100_000  # what is past it is found again
FORGOTTEN_SECONDS: Final = 900.0
DOWN_SECONDS_MIN: Final = 3600.0  # before anything is given up that was not tried

Work = TypeVar("Work")


class Lanes(Generic[Work]):
    """What a deliverer knows of lanes."""

    def __init__(self, concurrency_max: int) -> None:
        self._concurrency_max = concurrency_max
        self._states: dict[Lane, LaneState[Work]] = {}
        self._ready: OrderedDict[Lane, None] = (
            OrderedDict()
        )  # in the order in which they are looked at
        self._parked: dict[int, OrderedDict[Lane, None]] = {}  # ready, in spaces that are full
        self._backlogs: set[Lane] = set()  # their last claim left something behind
        self._known: dict[bytes, Claim] = {}  # claimed, and not written yet
        self._of_space: Counter[int] = Counter()

    def look_at(self, lane: Lane) -> None:
        """Note that a lane may have something due."""
        if len(self._ready) < READY_MAX:
            self._ready.setdefault(lane)

    def state(self, lane: Lane, now: float) -> LaneState[Work]:
        """What is known of a lane."""
        state = self._states.get(lane)
        if state is None:
            state = self._states[lane] = LaneState(self._concurrency_max, now)
        state.touched_at = now
        return state

    def states(self) -> Mapping[Lane, LaneState[Work]]:
        """All that is known."""
        return self._states

    @property
    def claimed_count(self) -> int:
        """How many callbacks are claimed and not written."""
        return len(self._known)

    def broken_count(self, now: float, besides: str) -> int:
        """How many lanes are left alone because their host is down, one host not counted."""
        return sum(
            1
            for lane, state in self._states.items()
            if lane.host != besides and state.breaker.is_open(now)
        )

    def is_down(self, lane: Lane, now: float) -> bool:
        """Whether a lane's host has been found down here, and for long."""
        state = self._states.get(lane)
        return state is not None and state.breaker.down_seconds(now) >= DOWN_SECONDS_MIN

    def known_ids(self) -> list[bytes]:
        """The callbacks that are claimed and not written."""
        return list(self._known)

    def rooms(self, now: float) -> dict[Lane, int]:
        """How much to claim where, of what is ready. These lanes are then no longer ready."""
        held = len(self._known)
        free = min(CLAIMED_MAX - held, CLAIM_MAX)
        rooms: dict[Lane, int] = {}
        given = self._of_space.copy()
        while self._ready and free > 0 and len(rooms) < LANES_OF_CLAIM_MAX:
            lane, _ = self._ready.popitem(last=False)
            of_space = _room_of_space(given[lane.space_id], held)
            if of_space <= 0:  # it is not the lane that is full: it waits apart, out of others' way
                self._parked.setdefault(lane.space_id, OrderedDict())[lane] = None
                continue
            # No lane takes the last of what is free: there may be another behind it.
            room = min(self._room(lane, now), of_space, max(1, free // 2))
            if room > 0:
                rooms[lane] = room
                given[lane.space_id] += room
                held += room
                free -= room
        return rooms

    def _room(self, lane: Lane, now: float) -> int:
        state = self.state(lane, now)
        room = state.room(now, has_backlog=lane in self._backlogs)
        if state.claimed:
            # Whatever is due and not claimed now is looked at when something of it is written.
            state.look_again = True
        return room

    def not_claimed(self, rooms: Mapping[Lane, int]) -> None:
        """A claim failed: nothing is known of what it left behind."""
        for lane in rooms:
            self.look_at(lane)

    def claimed(self, rooms: Mapping[Lane, int], found: Claimed, now: float) -> None:
        """Take note of what a claim with these rooms found."""
        for lane, room in rooms.items():
            # What another process is claiming in may have left something for us.
            has_more = lane not in found.lanes or found.moved.get(lane, 0) >= room
            if has_more or lane in found.left:
                self.look_at(lane)
            (self._backlogs.add if has_more else self._backlogs.discard)(lane)
        for one in found.claims:
            # Another process may have taken it from us, and opened it: then we know it already.
            if one.id not in self._known:
                self._of_space[one.space_id] += 1
                self.state(one.lane, now).claimed += 1
            self._known[one.id] = one
        for space_id in {lane.space_id for lane in rooms}:
            self._unpark(space_id)

    def written(self, claim: Claim, now: float) -> bool:
        """The result of a claim is durable; whether its lane is to be looked at again."""
        known = self._known.get(claim.id)
        if known is None or known.attempt != claim.attempt:
            return False  # it was claimed anew since: the newer claim's result is to come
        del self._known[claim.id]
        self._of_space[claim.space_id] -= 1
        if not self._of_space[claim.space_id]:
            del self._of_space[claim.space_id]
        state = self.state(claim.lane, now)
        state.claimed -= 1
        again = state.look_again or claim.lane in self._backlogs
        state.look_again = state.look_again and state.claimed > 0
        if again:
            self.look_at(claim.lane)
        return self._unpark(claim.space_id) or again

    def _unpark(self, space_id: int) -> bool:
        """Make lanes of a space ready that waited until it has room; whether there were any."""
        parked = self._parked.get(space_id)
        if parked is None or _room_of_space(self._of_space[space_id], len(self._known)) <= 0:
            return False
        for _ in range(min(UNPARKED_MAX, len(parked))):
            self._ready.setdefault(parked.popitem(last=False)[0])
        if not parked:
            del self._parked[space_id]
        return True

    def forget(self, now: float) -> None:
        """Forget lanes of which nothing was heard for long.

        Those in trouble too, or every host that never answered would be known for ever: where
        something is due, a lane is looked at all the time, and so it is not forgotten.
        """
        for lane, state in list(self._states.items()):
            if state.claimed == 0 and now - state.touched_at > FORGOTTEN_SECONDS:
                del self._states[lane]
                self._backlogs.discard(lane)


def _room_of_space(own: int, held: int) -> int:
    """How much more an account may claim that has `own` of all that are `held`.

    Half of what the others leave, and one in any case: behind accounts whose hosts keep every
    request waiting, the next one still finds room.
    """
    return max(1, (CLAIMED_MAX - (held - own)) // 2) - own
