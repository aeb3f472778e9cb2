"""Ids: 12 bytes that only grow and begin with their second."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from staffetta.domain.ids import IdMaker, id_time, lowest_id, parse_id

NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)


def test_an_id_begins_with_its_creation_second_in_hexadecimal() -> None:
    made = IdMaker().make(NOW)
    assert len(made) == 12
    assert int(made.hex()[:8], 16) == int(NOW.timestamp())
    assert id_time(made) == NOW.replace(microsecond=0)


@given(steps=st.lists(st.integers(-2_000_000, 2_000_000), min_size=2, max_size=50))
def test_ids_grow_even_when_the_clock_steps_back(steps: list[int]) -> None:
    maker, now, made = IdMaker(), NOW, []
    for step in steps:
        now += timedelta(microseconds=step)
        made.append(maker.make(now))
    assert made == sorted(set(made))


def test_the_lowest_id_of_a_moment_bounds_the_ids_made_then() -> None:
    second = NOW.replace(microsecond=0)
    assert lowest_id(second) <= IdMaker().make(second)
    assert IdMaker().make(second - timedelta(microseconds=1)) < lowest_id(second)


def test_only_24_hexadecimal_digits_are_an_id() -> None:
    assert parse_id("5E5E1A2B0102030405060708") == bytes.fromhex("5e5e1a2b0102030405060708")
    for text in ("", "5e5e", "g" * 24, "5e5e1a2b01020304050607081", "５" * 24):
        assert parse_id(text) is None
