"""An account's people, changed by its owners: let in, given another role or password, shut out."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from litestar import Response, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.accounts.audit import record
from staffetta.accounts.change_person import (
    disable_person,
    enable_person,
    remove_person,
    set_password,
    set_role,
)
from staffetta.accounts.create_person import create_person
from staffetta.accounts.email import Email
from staffetta.accounts.errors import InvalidEmail
from staffetta.accounts.passwords import make_password
from staffetta.accounts.people import Person, Role, list_people
from staffetta.accounts.people_errors import InvalidPerson, LastOwner, PersonExists, TooManyPeople
from staffetta.accounts.read_account import read_account
from staffetta.console.acting import actor_of
from staffetta.console.forms import lead_to, read_form
from staffetta.console.guards import for_owners
from staffetta.console.languages import mark
from staffetta.console.pages.me import ME, own_page
from staffetta.console.parts import ConsoleParts
from staffetta.console.rendering import PageRequest
from staffetta.db.pool import Connection
from staffetta.domain.errors import NotAcceptingNow

_NO_ADDRESS = mark("Write an e-mail address, like olga@example.com.")
_TAKEN = mark("Somebody signs in with this address already.")
_NO_NAME = mark("A name has at most 100 characters.")
_TOO_MANY = mark("The account has as many people as it may: remove somebody first.")
_LAST = mark("This is the last owner who can sign in: make somebody else an owner first.")
_BUSY = mark("The gateway is busy. Try again in some seconds.")
Change = Callable[[Connection, Email], Awaitable[Person]]


@dataclass(frozen=True, slots=True)
class _Way:
    """A way to change somebody, and the page that asks for it."""

    path: str
    action: str  # in the audit trail
    done: str  # what is said of it
    change: Callable[[Connection, Email, datetime], Awaitable[Person]]


_WAYS: Final = (
    _Way("owner", "person.role", "role", lambda one, who, _: set_role(one, who, Role.OWNER)),
    _Way("member", "person.role", "role", lambda one, who, _: set_role(one, who, Role.MEMBER)),
    _Way("disable", "person.disable", "disabled", disable_person),
    _Way("enable", "person.enable", "enabled", lambda one, who, _: enable_person(one, who)),
    _Way("remove", "person.remove", "removed", lambda one, who, _: remove_person(one, who)),
)


def my_people_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages; they have no address of their own to look at."""

    @post("/me/people", guards=[for_owners], status_code=200)
    async def add(request: PageRequest) -> Response[Any]:
        """Let somebody in; the password is shown once."""
        return await _add(parts, request)

    @post("/me/people/{person_id:int}/password", guards=[for_owners], status_code=200)
    async def renew(request: PageRequest, person_id: FromPath[int]) -> Response[Any]:
        """Make another password, shown once; every session of theirs is over."""
        return await _renew(parts, request, person_id)

    return [add, renew, *(_changing(parts, way) for way in _WAYS)]


def _changing(parts: ConsoleParts, way: _Way) -> HTTPRouteHandler:
    """The page of one way to change somebody."""

    @post(f"/me/people/{{person_id:int}}/{way.path}", guards=[for_owners], status_code=200)
    async def change(request: PageRequest, person_id: FromPath[int]) -> Response[Any]:
        now = parts.clock.now()

        async def wanted(connection: Connection, email: Email) -> Person:
            return await way.change(connection, email, now)

        try:
            await _changed(parts, request, person_id, way.action, wanted)
        except LastOwner:
            return await own_page(parts, request, status=422, problems={"people": _LAST})
        return lead_to(ME, way.done)

    return change


async def _add(parts: ConsoleParts, request: PageRequest) -> Response[Any]:
    form, now = await read_form(request), parts.clock.now()
    typed = {name: form.text(name) for name in ("email", "name", "role")}

    async def refused(field: str, sentence: str) -> Response[Any]:
        return await own_page(parts, request, status=422, problems={field: sentence}, typed=typed)

    try:
        email = Email.parse(typed["email"])
        password = make_password(email)
        password_hash = await parts.passwords.hash(password)
        role = Role.OWNER if typed["role"] == Role.OWNER else Role.MEMBER
        async with parts.database.transaction() as connection:
            account_id = _account_id(request)
            person = await create_person(
                connection, email, role, account_id, password_hash, now, name=typed["name"]
            )
            await _note(connection, request, "person.add", person, parts)
    except InvalidEmail:
        return await refused("email", _NO_ADDRESS)
    except PersonExists:
        return await refused("email", _TAKEN)
    except InvalidPerson:
        return await refused("name", _NO_NAME)
    except TooManyPeople:
        return await refused("email", _TOO_MANY)
    except NotAcceptingNow:
        return await refused("email", _BUSY)
    return await own_page(parts, request, made=(person, password.text))


async def _renew(parts: ConsoleParts, request: PageRequest, person_id: int) -> Response[Any]:
    """Make another password; one's own is changed by who knows the old one."""
    assert request.user.person is not None
    if person_id == request.user.person.person_id:
        raise NotFoundException("your own password is changed with the old one")
    async with parts.database.acquire() as connection:
        email = Email.parse((await _found(connection, request, person_id)).email)
    password = make_password(email)
    try:
        password_hash = await parts.passwords.hash(password)
    except NotAcceptingNow:
        return await own_page(parts, request, status=503, problems={"people": _BUSY})

    async def change(connection: Connection, email: Email) -> Person:
        return await set_password(connection, email, password_hash, parts.clock.now())

    person = await _changed(parts, request, person_id, "person.password", change)
    return await own_page(parts, request, made=(person, password.text))


async def _changed(
    parts: ConsoleParts, request: PageRequest, person_id: int, action: str, change: Change
) -> Person:
    """Change somebody of the owner's account, and note it; anybody else is not found."""
    async with parts.database.transaction() as connection:
        before = await _found(connection, request, person_id)
        person = await change(connection, Email.parse(before.email))
        # An address may have become somebody else's in between.
        if person.person_id != person_id:
            raise NotFoundException("the account has no such person")
        await _note(connection, request, action, person, parts)
    return person


async def _note(
    connection: Connection, request: PageRequest, action: str, person: Person, parts: ConsoleParts
) -> None:
    account = await read_account(connection, _account_id(request))
    details = {"person": person.email, "role": person.role.value}
    await record(connection, actor_of(request), action, account, details, parts.clock.now())


async def _found(connection: Connection, request: PageRequest, person_id: int) -> Person:
    for person in await list_people(connection, _account_id(request)):
        if person.person_id == person_id:
            return person
    raise NotFoundException("the account has no such person")


def _account_id(request: PageRequest) -> int:
    person = request.user.person
    assert person is not None, "the guard has seen to it"
    assert person.account_id is not None, "an owner is of an account"
    return person.account_id
