"""Lists of messages: pages, filters, and how far one request looks."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hand_gateway import FRENCH, ITALIAN, START, Gateway, make_space

from staffetta.domain.environments import Market
from staffetta.domain.errors import NotAcceptingNow
from staffetta.domain.states import State
from staffetta.messaging.lists import ListQuery, StateFilter
from staffetta.messaging.read import Reader

TO_A_FRENCH = {"recipient": FRENCH, "market": Market.WORLD}


def ids(listed: Any) -> list[bytes]:
    return [view.id for view in listed.views]


def state_of(*states: State, perhaps_twice: Sequence[State] = ()) -> StateFilter:
    return StateFilter(states, tuple(perhaps_twice))


async def make(gateway: Gateway, count: int, **changes: Any) -> list[bytes]:
    """So many messages, a second apart; their ids, newest first."""
    made = []
    for _ in range(count):
        made.append((await gateway.accept(**changes)).message.id)
        gateway.clock.advance(1)
    return made[::-1]


async def set_state(gateway: Gateway, message_id: bytes, state: State, *, twice: bool) -> None:
    await gateway.rows(
        "UPDATE recipient SET state = $2::text::recipient_state, possibly_duplicate = $3"
        " WHERE id = $1",
        message_id,
        state,
        twice,
    )


async def all_pages(reader: Reader, space_id: int, wanted: ListQuery) -> list[list[bytes]]:
    pages = []
    while True:
        listed = await reader.list(space_id, wanted)
        pages.append(ids(listed))
        if listed.next_before is None:
            return pages
        wanted = msgspec.structs.replace(wanted, before=listed.next_before)


async def test_pages_follow_each_other_until_there_is_none(gateway: Gateway) -> None:
    made = await make(gateway, 5)
    pages = await all_pages(gateway.reader, gateway.space_id, ListQuery(2))
    assert pages == [made[:2], made[2:4], made[4:]]


async def test_a_full_last_page_has_no_next(gateway: Gateway) -> None:
    made = await make(gateway, 4)
    pages = await all_pages(gateway.reader, gateway.space_id, ListQuery(2))
    assert pages == [made[:2], made[2:]]


async def test_what_is_sent_meanwhile_moves_no_page(gateway: Gateway) -> None:
    made = await make(gateway, 4)
    first = await gateway.reader.list(gateway.space_id, ListQuery(2))
    await make(gateway, 3)
    second = await gateway.reader.list(gateway.space_id, ListQuery(2, before=first.next_before))
    assert ids(first) + ids(second) == made


async def test_a_page_reached_by_skip_goes_on_by_cursor(gateway: Gateway) -> None:
    made = await make(gateway, 5)
    listed = await gateway.reader.list(gateway.space_id, ListQuery(2, skip=1))
    assert ids(listed) == made[1:3]
    assert listed.next_before == made[2]


async def test_messages_are_found_by_recipient(gateway: Gateway) -> None:
    await make(gateway, 2)
    french = await make(gateway, 3, **TO_A_FRENCH)
    await make(gateway, 2)
    found = await gateway.reader.list(gateway.space_id, ListQuery(10, number=FRENCH))
    assert ids(found) == french
    assert found.next_before is None
    assert {view.recipient for view in found.views} == {FRENCH}


async def test_messages_are_found_by_state_and_by_whether_they_were_sent_twice(
    gateway: Gateway,
) -> None:
    made = await make(gateway, 6)
    await set_state(gateway, made[1], State.QUEUED, twice=True)
    await set_state(gateway, made[2], State.SUBMITTED, twice=False)
    await set_state(gateway, made[3], State.SUBMITTED, twice=True)
    await set_state(gateway, made[4], State.DELIVERED, twice=False)

    async def found(states: StateFilter) -> list[bytes]:
        return ids(await gateway.reader.list(gateway.space_id, ListQuery(10, states=states)))

    assert await found(state_of(State.QUEUED)) == [made[0], made[5]]
    pending = state_of(State.SUBMITTED, perhaps_twice=[State.SUBMITTED, State.QUEUED])
    assert await found(pending) == [made[1], made[2], made[3]]
    delivered = state_of(State.DELIVERED, perhaps_twice=[State.DELIVERED])
    assert await found(delivered) == [made[4]]


async def test_filters_are_met_together(gateway: Gateway) -> None:
    french = await make(gateway, 2, **TO_A_FRENCH)
    italian = await make(gateway, 1)
    for message_id in (french[0], *italian):
        await set_state(gateway, message_id, State.DELIVERED, twice=False)
    wanted = ListQuery(10, number=FRENCH, states=state_of(State.DELIVERED))
    assert ids(await gateway.reader.list(gateway.space_id, wanted)) == [french[0]]


@pytest.mark.parametrize("number", [None, ITALIAN])
async def test_times_are_half_open_and_exact(gateway: Gateway, number: str | None) -> None:
    made = []
    for milliseconds in (0, 250, 250, 500):
        gateway.clock.advance(milliseconds / 1000)
        made.insert(0, (await gateway.accept()).message.id)

    async def found(start: int | None, end: int | None) -> list[bytes]:
        wanted = ListQuery(
            10,
            number=number,
            created_from=None if start is None else START + timedelta(milliseconds=start),
            created_to=None if end is None else START + timedelta(milliseconds=end),
        )
        return ids(await gateway.reader.list(gateway.space_id, wanted))

    assert await found(None, None) == made
    assert await found(0, 1000) == made[1:]
    assert await found(250, 500) == [made[2]]
    assert await found(251, None) == made[:2]
    assert await found(None, 250) == [made[3]]
    assert await found(1001, None) == []
    assert await found(500, 500) == []


async def test_a_dry_run_is_never_found_by_a_filter(gateway: Gateway) -> None:
    await gateway.accept(dry_run=True)
    for wanted in (
        ListQuery(10, number=ITALIAN),
        ListQuery(10, states=state_of(*State, perhaps_twice=tuple(State))),
        ListQuery(10, created_from=START),
    ):
        assert ids(await gateway.reader.list(gateway.space_id, wanted)) == []


async def test_a_stranger_finds_nothing(gateway: Gateway) -> None:
    made = await make(gateway, 2)
    stranger = await make_space(gateway.database, "mallory@example.com")
    for wanted in (ListQuery(10, before=made[0]), ListQuery(10, number=ITALIAN)):
        listed = await gateway.reader.list(stranger, wanted)
        assert (ids(listed), listed.next_before) == ([], None)


async def test_a_search_that_looked_far_enough_says_where_it_came_to(gateway: Gateway) -> None:
    await make(gateway, 4)
    french = await make(gateway, 1, **TO_A_FRENCH)
    await make(gateway, 9)
    reader = Reader(gateway.database, looked_at_max=4)
    pages = await all_pages(reader, gateway.space_id, ListQuery(1, number=FRENCH))
    assert pages == [[], french, []]


@pytest.mark.parametrize("looked_at_max", [1, 2, 3, 7])
async def test_however_little_one_request_looks_at_every_message_is_found_once(
    gateway: Gateway, looked_at_max: int
) -> None:
    expected = []
    for count in (1, 3, 2):
        expected += await make(gateway, count, **TO_A_FRENCH)
        await make(gateway, count + 1)
        await gateway.accept(dry_run=True, **TO_A_FRENCH)
    reader = Reader(gateway.database, looked_at_max=looked_at_max)
    for limit in (1, 2, 100):
        pages = await all_pages(reader, gateway.space_id, ListQuery(limit, number=FRENCH))
        found = [message_id for page in pages for message_id in page]
        assert found == sorted(expected, reverse=True)


async def test_a_skip_past_what_is_looked_at_gives_nothing_but_where_it_came_to(
    gateway: Gateway,
) -> None:
    made = await make(gateway, 12)
    reader = Reader(gateway.database, looked_at_max=1)
    listed = await reader.list(gateway.space_id, ListQuery(1, skip=3, number=FRENCH))
    assert (ids(listed), listed.next_before) == ([], made[4])


async def test_searches_at_once_wait_for_each_other_and_all_are_answered(
    gateway: Gateway,
) -> None:
    made = await make(gateway, 3)
    found = await asyncio.gather(
        *(gateway.reader.list(gateway.space_id, ListQuery(1, number=ITALIAN)) for _ in range(20))
    )
    assert [ids(listed) for listed in found] == [made[:1]] * 20


async def test_a_search_that_waits_too_long_for_its_turn_is_told_to_come_back(
    gateway: Gateway,
) -> None:
    made = await make(gateway, 1)
    reader = Reader(gateway.database, wait_seconds_max=0.01)
    search = ListQuery(1, number=ITALIAN)
    async with gateway.database.transaction() as connection:
        await connection.execute("LOCK TABLE recipient")  # whoever has the turn now keeps it
        first = asyncio.create_task(reader.list(gateway.space_id, search))
        await asyncio.sleep(0)
        with pytest.raises(NotAcceptingNow, match="too many searches at once"):
            await reader.list(gateway.space_id, search)
        assert not first.done()
    assert ids(await first) == made
    assert ids(await reader.list(gateway.space_id, search)) == made


async def test_messages_of_several_months_are_one_list(gateway: Gateway) -> None:
    made = []
    for _ in range(4):
        made.insert(0, (await gateway.accept()).message.id)
        gateway.clock.advance(20 * 86_400)
    for wanted in (ListQuery(2), ListQuery(2, number=ITALIAN)):
        pages = await all_pages(gateway.reader, gateway.space_id, wanted)
        assert pages == [made[:2], made[2:]]
    recent = ListQuery(10, created_from=START + timedelta(days=30))
    assert ids(await gateway.reader.list(gateway.space_id, recent)) == made[:2]
