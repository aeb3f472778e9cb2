"""Ringing: who delivers callbacks hears of lanes, each once."""

import asyncio

from staffetta.callbacks.bell import CHANNEL, CallbackBell, lane_in
from staffetta.callbacks.owe import Lane
from staffetta.db.pool import Database

_READY = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND query ILIKE 'LISTEN %' AND state = 'idle'
"""


async def _listens(database: Database) -> None:
    async with database.acquire() as connection:
        while await connection.fetchval(_READY) == 0:  # noqa: ASYNC110 - the server's state
            await asyncio.sleep(0.01)


async def test_lanes_that_ring_are_heard_once_each(database: Database) -> None:
    heard: list[Lane | None] = []
    all_heard = asyncio.Event()

    def hear(payload: str) -> None:
        heard.append(lane_in(payload))
        if len(heard) == 2:
            all_heard.set()

    listening = asyncio.create_task(database.listen_once(CHANNEL, hear))
    async with asyncio.timeout(30):
        await _listens(database)
        bell = CallbackBell(database)
        bell.ring([Lane(7, "one.example"), Lane(8, "one.example"), Lane(7, "one.example")])

        assert await bell.notify_once() == 2

        await all_heard.wait()
    listening.cancel()
    assert set(heard) == {Lane(7, "one.example"), Lane(8, "one.example")}


def test_a_payload_that_names_no_lane_is_none() -> None:
    assert lane_in("") is None
    assert lane_in("7") is None
    assert lane_in("x one.example") is None
    assert lane_in("7 ") is None
