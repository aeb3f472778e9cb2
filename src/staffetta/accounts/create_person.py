"""Letting somebody sign in."""

from datetime import datetime
from typing import Final

from staffetta.accounts.email import Email
from staffetta.accounts.people import Person, Role, check_name, find_person
from staffetta.accounts.people_errors import InvalidPerson, PersonExists, TooManyPeople
from staffetta.accounts.sql import people as sql
from staffetta.db.pool import Connection

PEOPLE_MAX: Final = 200  # of an account, and operators


async def create_person(
    connection: Connection,
    email: Email,
    role: Role,
    account_id: int | None,
    password_hash: str,
    now: datetime,
    *,
    name: str = "",
) -> Person:
    """Make a person in the caller's transaction: an operator without account, others with one.

    The first of an account is an owner. `password_hash` comes from `Passwords.hash`, made before
    the transaction. Raises InvalidPerson, PersonExists, TooManyPeople.
    """
    check_name(name)
    if (role is Role.OPERATOR) != (account_id is None):
        raise InvalidPerson(
            "an operator belongs to the installation, to no account; owners and members to one"
        )
    count = await _count_in_line(connection, account_id)
    if count == 0 and role is Role.MEMBER:
        raise InvalidPerson("the first person of an account is an owner: nobody else could help")
    if count >= PEOPLE_MAX:
        raise TooManyPeople(f"at most {PEOPLE_MAX} people are possible: remove somebody first")
    person_id = await connection.fetchval(
        sql.INSERT_PERSON, account_id, email.text, name, role, password_hash, now
    )
    if person_id is None:
        raise PersonExists(f"somebody signs in with {email.text} already")
    return await find_person(connection, email)


async def _count_in_line(connection: Connection, account_id: int | None) -> int:
    """How many there are, while nobody else can add one."""
    if account_id is None:
        await connection.execute(sql.LOCK_OPERATORS)
    else:
        await connection.fetchval(sql.LOCK_ACCOUNT, account_id)
    return int(await connection.fetchval(sql.COUNT_PEOPLE, account_id))
