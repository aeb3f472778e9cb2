"""Making an account: its two spaces, each with a wallet and an API key."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from staffetta.accounts.email import Email
from staffetta.accounts.errors import AccountExists, InvalidCurrency
from staffetta.accounts.space import Space
from staffetta.accounts.sql import accounts as sql
from staffetta.accounts.sql import api_keys as api_keys_sql
from staffetta.db.pool import Connection
from staffetta.domain.environments import Environment
from staffetta.domain.money import SANDBOX_CREDIT_MICRO
from staffetta.domain.secrets import hash_secret, hint, make_api_key

SANDBOX_CREDIT_NOTE: Final = "sandbox credit"
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)

# Moves money into a space's wallet and answers the balance after. The ledger's `grant` has this
# shape; it is an argument because accounts and ledger do not know each other.
TopUp = Callable[[Connection, int, int, str, datetime], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What was made. The API keys are readable here and never again."""

    account_id: int
    email: str
    spaces: dict[Environment, Space]
    api_keys: dict[Environment, str] = field(repr=False)


async def create_account(
    connection: Connection, email: Email, currency: str, top_up: TopUp, now: datetime
) -> NewAccount:
    """Make an account in the caller's transaction, with 1,000 in its sandbox wallet.

    Raises AccountExists, InvalidCurrency.
    """
    if _CURRENCY.fullmatch(currency) is None:
        raise InvalidCurrency(f"{currency!r} is not a currency: write its ISO 4217 code, like EUR")
    account_id = await connection.fetchval(sql.INSERT_ACCOUNT, email.text, currency, now)
    if account_id is None:
        raise AccountExists(f"an account with the address {email.text} exists already")
    spaces: dict[Environment, Space] = {}
    api_keys: dict[Environment, str] = {}
    for environment in Environment:
        space_id = await connection.fetchval(sql.INSERT_SPACE, account_id, environment, now)
        spaces[environment] = Space(space_id, account_id, email.text, environment, currency)
        await connection.execute(sql.INSERT_WALLET, space_id, now)
        api_keys[environment] = await _insert_api_key(connection, space_id, now)
    sandbox_id = spaces[Environment.SANDBOX].space_id
    await top_up(connection, sandbox_id, SANDBOX_CREDIT_MICRO, SANDBOX_CREDIT_NOTE, now)
    return NewAccount(account_id, email.text, spaces, api_keys)


async def _insert_api_key(connection: Connection, space_id: int, now: datetime) -> str:
    api_key = make_api_key()
    await connection.execute(
        api_keys_sql.INSERT_API_KEY, space_id, hash_secret(api_key), hint(api_key), now
    )
    return api_key
