"""The account a first start makes, so that a newcomer sends a message within a minute."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from staffetta.accounts.create_account import TopUp, create_account
from staffetta.accounts.create_token import create_token
from staffetta.accounts.email import Email
from staffetta.accounts.sql import accounts as sql
from staffetta.db.pool import Connection
from staffetta.domain.environments import Environment
from staffetta.domain.scopes import all_scopes
from staffetta.domain.secrets import Keyring

# .example never belongs to anybody (RFC 2606).
DEMO_EMAIL: Final = Email("demo@staffetta.example")
DEMO_CURRENCY: Final = "EUR"


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """What a first start prints."""

    email: str
    api_keys: dict[Environment, str] = field(repr=False)
    tokens: dict[Environment, str] = field(repr=False)


async def seed_demo_account(
    connection: Connection, keyring: Keyring | None, top_up: TopUp, now: datetime
) -> DemoAccount | None:
    """Make the demo account in the caller's transaction; None when any account exists already.

    Two processes that start at once wait for each other: the lock goes with the transaction.
    """
    await connection.execute(sql.LOCK_ACCOUNTS)
    if await connection.fetchval(sql.ANY_ACCOUNT):
        return None
    account = await create_account(connection, DEMO_EMAIL, DEMO_CURRENCY, top_up, now)
    tokens = {}
    for environment, space in account.spaces.items():
        token = await create_token(
            connection,
            space,
            all_scopes(environment),
            now,
            name="first start",
            keyring=keyring,
        )
        tokens[environment] = token.token
    return DemoAccount(account.email, account.api_keys, tokens)
