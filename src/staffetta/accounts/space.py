"""A space: one account in one environment, which every row of data belongs to."""

from dataclasses import dataclass

from staffetta.accounts.email import Email
from staffetta.accounts.errors import NoSuchAccount
from staffetta.accounts.sql import accounts as sql
from staffetta.db.pool import Connection
from staffetta.domain.environments import Environment


@dataclass(frozen=True, slots=True)
class Space:
    """Whose, and in which world."""

    space_id: int
    account_id: int
    email: str
    environment: Environment
    currency: str


async def find_space(connection: Connection, email: Email, environment: Environment) -> Space:
    """The account's space in an environment; raises NoSuchAccount."""
    row = await connection.fetchrow(sql.FIND_SPACE, email.text, environment)
    if row is None:
        raise NoSuchAccount(
            f"no account has the address {email.text}:"
            f" make it with `staffetta account create --email {email.text}`"
        )
    return Space(row["space_id"], row["account_id"], row["email"], environment, row["currency"])
