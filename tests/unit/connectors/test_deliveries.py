"""What falls due when, and what is remembered of first times."""

from math import inf

from staffetta.connectors.simulated.behaviours import DELIVERED
from staffetta.connectors.simulated.deliveries import Delivery, Schedule
from staffetta.connectors.simulated.first_seen import FirstSeen
from staffetta.smpp.pdus import SubmitSm


def delivery() -> Delivery:
    return Delivery(SubmitSm(), b"esme", b"1", b"1", DELIVERED, 0.0, 0.0, True, 1)


def test_nothing_is_due_in_an_empty_schedule():
    schedule = Schedule()
    assert schedule.next_due == inf
    assert list(schedule.take_due(1e9)) == []


def test_each_falls_due_after_its_own_time():
    schedule = Schedule()
    late, soon, sooner = delivery(), delivery(), delivery()
    schedule.add(late, 60.0, now=0.0)
    schedule.add(soon, 1.0, now=0.5)
    schedule.add(sooner, 1.0, now=0.2)
    assert schedule.next_due == 1.5
    assert list(schedule.take_due(1.4)) == []
    assert list(schedule.take_due(1.5)) == [soon, sooner]
    assert schedule.next_due == 60.0
    assert list(schedule.take_due(60.0)) == [late]
    assert schedule.next_due == inf


def test_the_first_time_has_no_age():
    seen = FirstSeen(keep_seconds=10.0, count_max=5)
    assert seen.age(b"a", 1.0) is None
    assert seen.age(b"a", 4.0) == 3.0
    assert seen.age(b"b", 4.0) is None


def test_after_a_while_it_is_a_first_time_again():
    seen = FirstSeen(keep_seconds=10.0, count_max=5)
    seen.age(b"a", 0.0)
    assert seen.age(b"a", 10.0) is None
    assert seen.age(b"a", 11.0) == 1.0


def test_what_is_forgotten_is_new():
    seen = FirstSeen(keep_seconds=10.0, count_max=5)
    seen.age(b"a", 0.0)
    seen.forget(b"a")
    seen.forget(b"never seen")
    assert seen.age(b"a", 1.0) is None


def test_at_the_limit_the_oldest_is_forgotten():
    seen = FirstSeen(keep_seconds=10.0, count_max=2)
    for at, key in enumerate([b"a", b"b", b"c"]):
        seen.age(key, float(at))
    assert len(seen) == 2
    assert seen.age(b"c", 3.0) == 1.0
    assert seen.age(b"a", 3.0) is None
