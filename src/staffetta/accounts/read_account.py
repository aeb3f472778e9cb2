"""Accounts as an operator sees them. Money is the ledger's, and not here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from staffetta.accounts.email import Email
from staffetta.accounts.errors import NoSuchAccount
from staffetta.accounts.space import Space
from staffetta.accounts.sql import whole_accounts as sql
from staffetta.accounts.terms import Terms, parse_terms
from staffetta.db.pool import Connection, Row
from staffetta.domain.environments import Environment

LISTED_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Account:
    """One customer."""

    account_id: int
    email: str
    currency: str
    created_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One customer in a list."""

    account: Account
    people_count: int
    token_count: int  # those that work
    blocked_in: tuple[Environment, ...]


@dataclass(frozen=True, slots=True)
class SpaceFacts:
    """What is known of an account in one environment."""

    space: Space
    blocklisted_at: datetime | None
    blocklisted_reason: str | None
    terms: Terms
    token_count: int  # those that work
    api_key_count: int  # those that work


async def find_account(connection: Connection, email: Email) -> Account:
    """The account with an address, closed or not; raises NoSuchAccount."""
    return account_of(await connection.fetchrow(sql.FIND_ACCOUNT, email.text), email)


async def read_account(connection: Connection, account_id: int) -> Account | None:
    """The account with this number, closed or not."""
    row = await connection.fetchrow(sql.FIND_ACCOUNT_BY_ID, account_id)
    return None if row is None else _read(row)


def account_of(row: Row | None, email: Email) -> Account:
    """The account of a row; raises NoSuchAccount where there is none."""
    if row is None:
        raise NoSuchAccount(
            f"no account has the address {email.text}: `staffetta account list` shows all"
        )
    return _read(row)


async def list_accounts(
    connection: Connection,
    now: datetime,
    *,
    search: str = "",
    closed_too: bool = False,
    skip: int = 0,
    limit: int = 100,
) -> list[AccountLine]:
    """Accounts whose address holds `search`, by address."""
    # An address is ASCII: nothing is lost, and nothing reaches the database that is no text.
    wanted = search.strip().lower().encode("ascii", "replace").decode().replace("\0", "?")
    rows = await connection.fetch(
        sql.LIST_ACCOUNTS, wanted, closed_too, now, skip, min(limit, LISTED_MAX)
    )
    return [
        AccountLine(
            _read(row),
            row["people_count"],
            row["token_count"],
            tuple(Environment(one) for one in row["blocked_in"]),
        )
        for row in rows
    ]


async def read_spaces(
    connection: Connection, account: Account, now: datetime
) -> dict[Environment, SpaceFacts]:
    """Both environments of an account."""
    facts = {}
    for row in await connection.fetch(sql.READ_SPACES, account.account_id, now):
        environment = Environment(row["environment"])
        facts[environment] = SpaceFacts(
            Space(row["id"], account.account_id, account.email, environment, account.currency),
            row["blocklisted_at"],
            row["blocklisted_reason"],
            parse_terms(row["settings"]),
            row["token_count"],
            row["api_key_count"],
        )
    return facts


def _read(row: Row) -> Account:
    return Account(row["id"], row["email"], row["currency"], row["created_at"], row["closed_at"])
