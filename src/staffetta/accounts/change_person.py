"""Changing people: their password, their role, whether they may sign in, whether they exist.

An account with people keeps one owner who can sign in: whatever would take that away waits in line
at the account's row and is refused. A new password, and being disabled, end every session.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

from staffetta.accounts.email import Email
from staffetta.accounts.passwords import Password, Passwords
from staffetta.accounts.people import Person, Role, find_person
from staffetta.accounts.people_errors import InvalidPerson, LastOwner
from staffetta.accounts.sql import people as sql
from staffetta.db.pool import Connection, Database


async def set_password(
    connection: Connection, email: Email, password_hash: str, now: datetime
) -> Person:
    """Give somebody another password, in the caller's transaction; raises NoSuchPerson.

    `password_hash` comes from `Passwords.hash`, made before the transaction.
    """
    person = await find_person(connection, email)
    await connection.fetchval(sql.SET_PASSWORD, person.person_id, password_hash, now)
    await connection.fetch(sql.END_SESSIONS_OF, person.person_id)
    return await find_person(connection, email)


async def change_own_password(
    database: Database,
    passwords: Passwords,
    person_id: int,
    old: str,
    new: Password,
    now: datetime,
    then: Callable[[Connection], Awaitable[None]] | None = None,
) -> bool:
    """Change a password by who knows the old one; False: that was not it, or it is not any more.

    Of two changes at once one wins, and the other is told. `then` is done in the transaction of the
    change, when every session is over. Raises NotAcceptingNow.
    """
    async with database.acquire() as connection:
        stored = await connection.fetchval(sql.READ_PASSWORD, person_id)
    if not await passwords.verify(old, stored):
        return False
    password_hash = await passwords.hash(new)
    async with database.transaction() as connection:
        changed = await connection.fetchval(
            sql.REPLACE_PASSWORD, person_id, stored, password_hash, now
        )
        if changed is not None:
            await connection.fetch(sql.END_SESSIONS_OF, person_id)
            if then is not None:
                await then(connection)
    return changed is not None


async def set_role(connection: Connection, email: Email, role: Role) -> Person:
    """Make an owner a member or the other way round; raises NoSuchPerson, InvalidPerson, LastOwner.

    An operator belongs to no account, so nobody becomes one or ceases to be one.
    """
    person = await _in_line(connection, email)
    if Role.OPERATOR in {role, person.role} and role is not person.role:
        raise InvalidPerson(
            f"{person.email} is {_with_article(person.role)} and cannot become"
            f" {_with_article(role)}: remove the person and add it anew"
        )
    if role is Role.MEMBER:
        await _keep_an_owner(connection, person)
    await connection.execute(sql.SET_ROLE, person.person_id, role)
    return await find_person(connection, email)


async def disable_person(connection: Connection, email: Email, now: datetime) -> Person:
    """Let somebody in no more, and end every session; raises NoSuchPerson, LastOwner."""
    person = await _in_line(connection, email)
    if person.disabled_at is not None:
        return person
    await _keep_an_owner(connection, person)
    await connection.execute(sql.SET_DISABLED, person.person_id, now)
    await connection.fetch(sql.END_SESSIONS_OF, person.person_id)
    return await find_person(connection, email)


async def enable_person(connection: Connection, email: Email) -> Person:
    """Let somebody in again, with the same password; raises NoSuchPerson."""
    person = await _in_line(connection, email)
    await connection.execute(sql.SET_DISABLED, person.person_id, None)
    return await find_person(connection, email)


async def remove_person(connection: Connection, email: Email) -> Person:
    """Forget somebody, sessions included; answers who it was. Raises NoSuchPerson, LastOwner."""
    person = await _in_line(connection, email)
    await _keep_an_owner(connection, person)
    await connection.execute(sql.DELETE_PERSON, person.person_id)
    return person


async def _in_line(connection: Connection, email: Email) -> Person:
    """The person, as it is when everybody before us has finished."""
    person = await find_person(connection, email)
    if person.account_id is not None:
        await connection.fetchval(sql.LOCK_ACCOUNT, person.account_id)
    return await find_person(connection, email)


async def _keep_an_owner(connection: Connection, person: Person) -> None:
    """Raise LastOwner where the account would be left without an owner who can sign in."""
    if person.role is not Role.OWNER or person.disabled_at is not None:
        return
    if not await connection.fetchval(sql.COUNT_OTHER_OWNERS, person.account_id, person.person_id):
        raise LastOwner(
            f"{person.email} is the last owner of {person.account} who can sign in:"
            " make somebody else an owner first"
        )


def _with_article(role: Role) -> str:
    return f"{'a' if role is Role.MEMBER else 'an'} {role}"
