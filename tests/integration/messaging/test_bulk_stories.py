"""Whatever becomes of v1's messages, in whatever order: counts, prices, wallet and ledger agree."""

import asyncio
from typing import Any
from uuid import uuid4

from bulk_world import GUESTS, BulkWorld
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from staffetta.db.pool import Database

# What hypothesis has when nobody chose a profile is too long for every day.
_UNCHOSEN = settings.get_profile("default").max_examples
EXAMPLES = 6 if settings.default.max_examples == _UNCHOSEN else settings.default.max_examples
STEPS = 25

choice = some.integers(0, 11)
guests = some.lists(some.integers(0, len(GUESTS) - 1), min_size=0, max_size=6)


class Stories(RuleBasedStateMachine):
    """One database and its messages, for one story."""

    server: Any  # tests/conftest.py's TestServer
    make_clock: Any

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.name = f"staffetta_test_{uuid4().hex}"
        self.world: BulkWorld

    def does(self, name: str, choice: int = 0, guests: tuple[int, ...] | list[int] = ()) -> None:
        self.runner.run(self.world.do(name, choice, list(guests)))
        self.runner.run(self.world.check())

    @initialize(choice=choice, guests=guests)
    def begin(self, choice: int, guests: list[int]) -> None:
        self.runner.run(self._begin())
        self.does("post", choice, [0, *guests])

    async def _begin(self) -> None:
        async with self.server.administration() as connection:
            await connection.execute(f"CREATE DATABASE {self.name} TEMPLATE {self.server.template}")
        self.database = await Database.connect(self.server.url_of(self.name))
        self.world = await BulkWorld.make(self.database, type(self).make_clock())

    @rule(choice=choice, guests=guests)
    def post(self, choice: int, guests: list[int]) -> None:
        self.does("post", choice, guests)

    @rule(choice=choice, guests=guests)
    def put(self, choice: int, guests: list[int]) -> None:
        self.does("put", choice, guests)

    @rule(choice=choice)
    def delete(self, choice: int) -> None:
        self.does("delete", choice)

    @rule(choice=choice)
    def wait_and_promote(self, choice: int) -> None:
        self.does("wait", choice)
        self.does("promote")

    @rule(choice=choice)
    def claim(self, choice: int) -> None:
        self.does("claim", choice)

    @rule(choice=choice)
    def claim_and_settle(self, choice: int) -> None:
        self.does("claim", 11)
        self.does("settle", choice)

    @rule(choice=choice)
    def settle(self, choice: int) -> None:
        self.does("settle", choice)

    @rule(choice=choice)
    def report(self, choice: int) -> None:
        self.does("report", choice)

    @rule()
    def expire(self) -> None:
        self.does("expire")

    @rule()
    def send_again(self) -> None:
        self.does("again")

    def teardown(self) -> None:
        self.runner.run(self._end())
        self.runner.close()

    async def _end(self) -> None:
        await self.database.close()
        async with self.server.administration() as connection:
            await connection.execute(f"DROP DATABASE {self.name} WITH (FORCE)")


def test_whatever_happens_to_messages_their_counts_prices_and_the_books_agree(
    database_server: Any, clock: Any
) -> None:
    Stories.server = database_server
    Stories.make_clock = type(clock)
    run_state_machine_as_test(
        Stories,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
