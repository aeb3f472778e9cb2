"""An account to test with, and one of its people, made the real way."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime

import pytest
from people_desk import HOME, OLGA, PASSWORD, QUICK

from staffetta.accounts.create_account import NewAccount, create_account
from staffetta.accounts.create_person import create_person
from staffetta.accounts.create_token import NewToken, create_token
from staffetta.accounts.email import Email
from staffetta.accounts.passwords import Passwords
from staffetta.accounts.people import Person, Role
from staffetta.accounts.sign_in import SignedIn, check_password
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


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    passwords = Passwords(QUICK)
    yield passwords
    passwords.close()


@pytest.fixture
def change(database: Database):
    async def run(use_case, *arguments, **more):
        async with database.transaction() as connection:
            return await use_case(connection, *arguments, **more)

    return run


@pytest.fixture
async def olga(change, passwords: Passwords, account: NewAccount, clock) -> Person:
    password_hash = await passwords.hash(PASSWORD)
    return await change(
        create_person, OLGA, Role.OWNER, account.account_id, password_hash, clock.now()
    )


@pytest.fixture
def sign_in(database: Database, passwords: Passwords, clock):
    async def check(
        email: str = OLGA.text, password: str = PASSWORD.text, address: str = HOME
    ) -> SignedIn | None:
        return await check_password(database, passwords, email, password, address, clock.now())

    return check
