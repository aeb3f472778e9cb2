"""People who sign in: operators of the installation, and those of an account.

Owns what is shown of them. What they may do with it is the console's; passwords are in
passwords.py and never leave it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from staffetta.accounts.email import Email
from staffetta.accounts.people_errors import InvalidPerson, NoSuchPerson
from staffetta.accounts.sql import people as sql
from staffetta.db.pool import Connection, Row

NAME_CHARACTERS_MAX: Final = 100
LISTED_MAX: Final = 1_000


class Role(StrEnum):
    """What somebody is to the installation or to an account; the values are the database's."""

    OPERATOR = "operator"  # of the installation: belongs to no account
    OWNER = "owner"  # of an account, which keeps at least one
    MEMBER = "member"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in."""

    person_id: int
    account_id: int | None  # None: an operator of the installation
    account: str | None  # the account's e-mail
    email: str
    name: str
    role: Role
    created_at: datetime
    password_at: datetime
    disabled_at: datetime | None


async def find_person(connection: Connection, email: Email) -> Person:
    """Who signs in with an address; raises NoSuchPerson."""
    row = await connection.fetchrow(sql.FIND_PERSON, email.text)
    if row is None:
        raise NoSuchPerson(
            f"nobody signs in with {email.text}: `staffetta person list` shows who does"
        )
    return _read(row)


async def list_people(connection: Connection, account_id: int | None = None) -> list[Person]:
    """The people of an account, or everybody: operators first, then by account."""
    return [_read(row) for row in await connection.fetch(sql.LIST_PEOPLE, account_id, LISTED_MAX)]


def check_name(name: str) -> None:
    """Raise InvalidPerson for a name that nobody could read."""
    if len(name) > NAME_CHARACTERS_MAX or not name.isprintable():
        raise InvalidPerson(
            f"a person's name has at most {NAME_CHARACTERS_MAX} printable characters"
        )


def _read(row: Row) -> Person:
    return Person(
        row["id"],
        row["account_id"],
        row["account"],
        row["email"],
        row["name"],
        Role(row["role"]),
        row["created_at"],
        row["password_at"],
        row["disabled_at"],
    )
