"""The proof of the books on a page: one at a time in a process."""

import asyncio

from lock_waits import until_somebody_waits
from operator_desk import Desk


async def test_who_asks_while_a_proof_runs_is_told_so_and_holds_no_connection(desk: Desk) -> None:
    async with desk.gateway.database.transaction() as connection:
        await connection.execute("LOCK TABLE wallet IN ACCESS EXCLUSIVE MODE")
        first = asyncio.create_task(desk.send("/accounts/books", {}))
        await until_somebody_waits(desk.gateway.database)
        second = await desk.send("/accounts/books", {})
        assert "Somebody has them proved at this moment" in second.text
    assert "The books are exact." in (await first).text
    assert "The books are exact." in (await desk.send("/accounts/books", {})).text
