"""What is done with an account's people: let in, given another role or password, shut out.

Operators do it for any account, owners for theirs. Who may, and how it looks, is the pages' matter;
that the person is of the account, and that it is noted, is seen to here. Passwords are made here,
and handed back to be shown once.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final

from litestar.exceptions import NotFoundException

from staffetta.accounts.audit import Actor, record, was_obeyed
from staffetta.accounts.change_person import (
    disable_person,
    enable_person,
    remove_person,
    set_password,
    set_role,
)
from staffetta.accounts.create_person import create_person
from staffetta.accounts.email import Email
from staffetta.accounts.passwords import make_password
from staffetta.accounts.people import Person, Role, list_people
from staffetta.accounts.people_errors import NoSuchPerson
from staffetta.accounts.read_account import read_account
from staffetta.console.parts import ConsoleParts
from staffetta.db.pool import Connection

Change = Callable[[Connection, Email, datetime], Awaitable[Person]]


@dataclass(frozen=True, slots=True)
class Way:
    """A way to change somebody."""

    action: str  # in the audit trail
    done: str  # what is said of it
    change: Change


# By the last word of the page that asks for it.
WAYS: Final[Mapping[str, Way]] = MappingProxyType(
    {
        "owner": Way("person.role", "role", lambda one, who, _: set_role(one, who, Role.OWNER)),
        "member": Way("person.role", "role", lambda one, who, _: set_role(one, who, Role.MEMBER)),
        "disable": Way("person.disable", "disabled", disable_person),
        "enable": Way("person.enable", "enabled", lambda one, who, _: enable_person(one, who)),
        "remove": Way("person.remove", "removed", lambda one, who, _: remove_person(one, who)),
    }
)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody to be let in, as typed; a role that is none is a member's."""

    email: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Somebody with a password that is shown this once."""

    person: Person
    password: str = field(repr=False)


class ObeyedAlready(Exception):
    """The form was obeyed before: a password was made, and shown in that answer alone."""


async def let_in(
    parts: ConsoleParts,
    actor: Actor,
    account_id: int,
    newcomer: Newcomer,
    now: datetime,
    *,
    form: str | None = None,
) -> HandedOver:
    """Let somebody in with a password that is made here.

    `form` is the number of a form that is obeyed once. Raises ObeyedAlready, InvalidEmail,
    PersonExists, InvalidPerson, TooManyPeople, NotAcceptingNow; 404 where there is no such account.
    """
    email = Email.parse(newcomer.email)
    role = Role.OWNER if newcomer.role == Role.OWNER else Role.MEMBER
    password = make_password(email)
    password_hash = await parts.passwords.hash(password)
    async with parts.database.transaction() as connection:
        await _refuse_again(connection, account_id, form)
        person = await create_person(
            connection, email, role, account_id, password_hash, now, name=newcomer.name
        )
        await _note(connection, actor, "person.add", account_id, person, now, form)
    return HandedOver(person, password.text)


async def renew_password(
    parts: ConsoleParts,
    actor: Actor,
    account_id: int,
    person_id: int,
    now: datetime,
    *,
    form: str | None = None,
) -> HandedOver:
    """Make another password for somebody; every session of theirs is over.

    `form` as for `let_in`. Raises ObeyedAlready, NotAcceptingNow; 404 for whoever is not of the
    account.
    """
    async with parts.database.acquire() as connection:
        email = Email.parse((await _found(connection, account_id, person_id)).email)
    password = make_password(email)
    password_hash = await parts.passwords.hash(password)

    async def change(connection: Connection, email: Email, now: datetime) -> Person:
        return await set_password(connection, email, password_hash, now)

    way = Way("person.password", "", change)
    person = await change_person(parts, actor, account_id, person_id, way, now, form=form)
    return HandedOver(person, password.text)


async def change_person(
    parts: ConsoleParts,
    actor: Actor,
    account_id: int,
    person_id: int,
    way: Way,
    now: datetime,
    *,
    form: str | None = None,
) -> Person:
    """Change somebody of the account, and note it; `form` as for `let_in`.

    Raises ObeyedAlready, LastOwner, InvalidPerson; 404 for whoever is not of the account.
    """
    async with parts.database.transaction() as connection:
        await _refuse_again(connection, account_id, form)
        before = await _found(connection, account_id, person_id)
        try:
            person = await way.change(connection, Email.parse(before.email), now)
        except NoSuchPerson:  # somebody else was first
            raise _not_of_it() from None
        # An address may have become somebody else's in between.
        if person.person_id != person_id:
            raise _not_of_it()
        await _note(connection, actor, way.action, account_id, person, now, form)
    return person


async def _refuse_again(connection: Connection, account_id: int, form: str | None) -> None:
    account = await read_account(connection, account_id)
    if account is None:
        raise NotFoundException("there is no such account")
    if form is not None and await was_obeyed(connection, account, form):
        raise ObeyedAlready


async def _note(
    connection: Connection,
    actor: Actor,
    action: str,
    account_id: int,
    person: Person,
    now: datetime,
    form: str | None,
) -> None:
    account = await read_account(connection, account_id)
    details = {"person": person.email, "role": person.role.value}
    await record(connection, actor, action, account, details, now, form=form)


async def _found(connection: Connection, account_id: int, person_id: int) -> Person:
    for person in await list_people(connection, account_id):
        if person.person_id == person_id:
            return person
    raise _not_of_it()


def _not_of_it() -> NotFoundException:
    return NotFoundException("the account has no such person")
