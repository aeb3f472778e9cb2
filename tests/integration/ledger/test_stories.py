"""Whatever happens to money, in whatever order and at once, the books are exact; and whatever is
done to the books is found.
"""

import asyncio
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from ledger_world import CHANGES, CLOSING_CHANGES, OPERATIONS, SPACES, World, damaged

from staffetta.db.pool import Connection, Database
from staffetta.ledger.verify import verify_books

# What hypothesis has when nobody chose a profile is too long for every day.
_UNCHOSEN = settings.get_profile("default").max_examples
EXAMPLES = 5 if settings.default.max_examples == _UNCHOSEN else settings.default.max_examples
STEPS = 14

space = some.integers(0, SPACES - 1)
operations = some.lists(
    some.tuples(some.sampled_from(OPERATIONS), space, some.integers(0, 9)), min_size=4, max_size=10
)


class RolledBackError(Exception):
    """Ends a transaction without a trace."""


def undo() -> None:
    raise RolledBackError


class Stories(RuleBasedStateMachine):
    """One database and its accounts, for one story."""

    server: Any  # tests/conftest.py's TestServer

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.name = f"staffetta_test_{uuid4().hex}"
        self.world: World

    def does(self, work: Any) -> Any:
        return self.runner.run(work)

    @initialize()
    def begin(self) -> None:
        self.does(self._begin())

    async def _begin(self) -> None:
        async with self.server.administration() as connection:
            await connection.execute(f"CREATE DATABASE {self.name} TEMPLATE {self.server.template}")
        url = self.server.url_of(self.name)
        self.database = await Database.connect(url, patience_seconds=60)
        self.world = await World.make(self.database)

    @rule(operations=operations)
    def happen_together(self, operations: list[tuple[str, int, int]]) -> None:
        self.does(self.world.together([("accept", 0, 9), ("accept", 1, 8), *operations]))
        self.does(self.world.check())

    @rule(hours=some.sampled_from([1, 12, 100, 400]), operations=operations)
    def happen_later(self, hours: int, operations: list[tuple[str, int, int]]) -> None:
        self.does(self.world.wait(hours))
        self.does(self.world.together(operations))
        self.does(self.world.check())

    @rule(which=space, micro=some.sampled_from([0, 100_000, 2_000_000]), force=some.booleans())
    def change_limit(self, which: int, micro: int, force: bool) -> None:
        self.does(self.world.limit(which, micro, force=force))
        self.does(self.world.check())

    @rule()
    def drop_the_oldest_month(self) -> None:
        self.does(self.world.drop_oldest())
        self.does(self.world.check())

    @rule(
        how=some.sampled_from([*CHANGES, "first", "last", "middle", "twice"]),
        place=some.integers(0, 10_000),
    )
    def damage_an_entry(self, how: str, place: int) -> None:
        self.does(self._in_vain(self._damage_an_entry, how, place))

    @precondition(lambda self: self.does(self.world.has_closings()))
    @rule(how=some.sampled_from([*CLOSING_CHANGES]), place=some.integers(0, 100))
    def damage_a_closing(self, how: str, place: int) -> None:
        self.does(self._in_vain(self._damage_a_closing, how, place))

    async def _in_vain(self, damage: Any, *arguments: Any) -> None:
        """Do damage, and undo it."""
        try:
            async with self.database.transaction() as connection:
                await damage(connection, *arguments)
                undo()
        except RolledBackError:
            pass

    async def _damage_an_entry(self, connection: Connection, how: str, place: int) -> None:
        entries = await connection.fetch("SELECT * FROM ledger_entry ORDER BY space_id, sequence")
        if not entries:
            return
        one = entries[place % len(entries)]
        if how in {"first", "last"}:
            mine = [row for row in entries if row["space_id"] == one["space_id"]]
            one = mine[0 if how == "first" else -1]
        key = (one["space_id"], one["sequence"])
        where = "WHERE space_id = $1 AND sequence = $2"
        if how in CHANGES:
            await damaged(
                connection, f"UPDATE ledger_entry SET {how} = {CHANGES[how]} {where}", *key
            )
            moved = 1000 if how in {"space_id", "sequence"} else 0
            expected = f"entry {key[1] + (moved if how == 'sequence' else 0)} ("
            space_id = key[0] + (moved if how == "space_id" else 0)
        elif how == "twice":
            columns = ", ".join(CHANGES["id"] if name == "id" else name for name in dict(one))
            await damaged(
                connection,
                f"INSERT INTO ledger_entry SELECT {columns} FROM ledger_entry {where}",
                *key,
            )
            space_id, expected = key[0], f"entry {key[1]} is there twice"
        else:
            await damaged(connection, f"DELETE FROM ledger_entry {where}", *key)
            space_id, expected = key[0], f"entry {key[1]} is missing"
        await self._is_named(connection, space_id, expected)

    async def _damage_a_closing(self, connection: Connection, how: str, place: int) -> None:
        closings = await connection.fetch("SELECT * FROM ledger_closing ORDER BY space_id, month")
        one = closings[place % len(closings)]
        await damaged(
            connection,
            f"UPDATE ledger_closing SET {how} = {CLOSING_CHANGES[how]}"
            " WHERE space_id = $1 AND month = $2",
            one["space_id"],
            one["month"],
        )
        expected = f"the closing of {one['month']:%Y-%m} was changed"
        await self._is_named(connection, one["space_id"], expected)

    async def _is_named(self, connection: Connection, space_id: int, expected: str) -> None:
        faults = (await verify_books(connection)).faults
        note(f"{space_id}: {expected}")
        assert any(
            fault.space_id == space_id and fault.what.startswith(expected) for fault in faults
        ), (expected, faults)

    def teardown(self) -> None:
        self.does(self._end())
        self.runner.close()

    async def _end(self) -> None:
        await self.database.close()
        async with self.server.administration() as connection:
            await connection.execute(f"DROP DATABASE {self.name} WITH (FORCE)")


def test_the_books_are_exact_whatever_happens(database_server: Any) -> None:
    stories = type("StoriesHere", (Stories,), {"server": database_server})
    run_state_machine_as_test(
        stories,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            # What happens at once happens in another order next time: shrinking takes minutes.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
