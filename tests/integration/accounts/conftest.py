"""An account to test with, made the real way."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import pytest

from staffetta.accounts.create_account import NewAccount, create_account
from staffetta.accounts.create_token import NewToken, create_token
from staffetta.accounts.email import Email
from staffetta.accounts.space import Space
from staffetta.db.pool import Database
from staffetta.domain.clock import Clock
from staffetta.domain.scopes import all_scopes
from staffetta.ledger.topup import top_up

MakeToken = Callable[..., Awaitable[NewToken]]


@pytest.fixture
async def account(database: Database, clock: Clock) -> NewAccount:
    async with database.transaction() as connection:
        return await create_account(
            connection, Email.parse("anna@example.com"), "EUR", top_up, clock.now()
        )


@pytest.fixture
def make_token(database: Database, clock: Clock) -> MakeToken:
    async def make(
        space: Space,
        scopes: Sequence[str] = (),
        now: datetime | None = None,
        **terms: object,
    ) -> NewToken:
        async with database.transaction() as connection:
            return await create_token(
                connection,
                space,
                scopes or all_scopes(space.environment),
                now or clock.now(),
                **terms,  # type: ignore[arg-type] - whatever create_token takes
            )

    return make
