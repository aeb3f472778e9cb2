"""The people of an account: let in, given another role or password, shut out.

Passwords are made here, shown once to the operator, and handed over.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from litestar import Response, get, post
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
from staffetta.accounts.people_errors import (
    InvalidPerson,
    LastOwner,
    PersonExists,
    TooManyPeople,
)
from staffetta.console.acting import actor_of
from staffetta.console.forms import lead_to, read_form
from staffetta.console.guards import for_operators
from staffetta.console.languages import mark
from staffetta.console.pages.account_place import (
    NO_TROUBLE,
    Refused,
    Trouble,
    operated_place,
    tab_page,
    trouble_of,
)
from staffetta.console.parts import ConsoleParts
from staffetta.console.rendering import PageRequest
from staffetta.db.pool import Connection

_PEOPLE: Final = "/operate/accounts/{account_id:int}/people"
_ONE: Final = f"{_PEOPLE}/{{person_id:int}}"
TAB: Final = "/people"
_FIELDS: Final = ("email", "name", "role")
ROLES: Final = {Role.OWNER: mark("owner"), Role.MEMBER: mark("member")}
_DONE: Final = {
    "role": mark("The role is changed."),
    "disabled": mark("This person is let in no more, and every session is over."),
    "enabled": mark("This person may sign in again, with the same password."),
    "removed": mark("This person is gone."),
}
Change = Callable[[Connection, Email], Awaitable[Person]]


def account_people_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get(_PEOPLE, guards=[for_operators])
    async def people(request: PageRequest, account_id: FromPath[int]) -> Response[Any]:
        """Who signs in for the account."""
        return await _page(parts, request, account_id)

    @post(_PEOPLE, guards=[for_operators], status_code=200)
    async def add(request: PageRequest, account_id: FromPath[int]) -> Response[Any]:
        """Let somebody in; the password is shown once."""
        return await _add(parts, request, account_id)

    @post(f"{_ONE}/password", guards=[for_operators], status_code=200)
    async def renew(
        request: PageRequest, account_id: FromPath[int], person_id: FromPath[int]
    ) -> Response[Any]:
        """Make another password, shown once; every session is over."""
        return await _renew(parts, request, account_id, person_id)

    @post(f"{_ONE}/role", guards=[for_operators], status_code=200)
    async def role(
        request: PageRequest, account_id: FromPath[int], person_id: FromPath[int]
    ) -> Response[Any]:
        """Make an owner a member, or the other way round."""
        return await _give_role(parts, request, account_id, person_id)

    @post(f"{_ONE}/disable", guards=[for_operators], status_code=200)
    async def disable(
        request: PageRequest, account_id: FromPath[int], person_id: FromPath[int]
    ) -> Response[Any]:
        """Let somebody in no more."""

        async def change(connection: Connection, email: Email) -> Person:
            return await disable_person(connection, email, parts.clock.now())

        done = "disabled"
        return await _obeyed(parts, request, account_id, person_id, "person.disable", done, change)

    @post(f"{_ONE}/enable", guards=[for_operators], status_code=200)
    async def enable(
        request: PageRequest, account_id: FromPath[int], person_id: FromPath[int]
    ) -> Response[Any]:
        """Let somebody in again."""
        done = "enabled"
        return await _obeyed(
            parts, request, account_id, person_id, "person.enable", done, enable_person
        )

    @post(f"{_ONE}/remove", guards=[for_operators], status_code=200)
    async def remove(
        request: PageRequest, account_id: FromPath[int], person_id: FromPath[int]
    ) -> Response[Any]:
        """Forget somebody."""
        done = "removed"
        return await _obeyed(
            parts, request, account_id, person_id, "person.remove", done, remove_person
        )

    return [people, add, renew, role, disable, enable, remove]


async def _add(parts: ConsoleParts, request: PageRequest, account_id: int) -> Response[Any]:
    form = await read_form(request)
    now = parts.clock.now()
    try:
        email = Email.parse(form.text("email"))
        password = make_password(email)
        password_hash = await parts.passwords.hash(password)
        async with parts.database.transaction() as connection:
            place = await operated_place(connection, parts, account_id)
            person = await create_person(
                connection,
                email,
                Role.OWNER if form.text("role") == Role.OWNER else Role.MEMBER,
                place.account.account_id,
                password_hash,
                now,
                name=form.text("name"),
            )
            details = {"person": person.email, "role": person.role.value}
            await record(connection, actor_of(request), "person.add", place.account, details, now)
    except (InvalidEmail, PersonExists) as error:
        trouble = trouble_of(form, _FIELDS, Refused("email", error))
        return await _page(parts, request, account_id, trouble)
    except (InvalidPerson, TooManyPeople) as error:
        trouble = trouble_of(form, _FIELDS, Refused("role", error))
        return await _page(parts, request, account_id, trouble)
    return await _page(parts, request, account_id, shown=(person, password.text))


async def _renew(
    parts: ConsoleParts, request: PageRequest, account_id: int, person_id: int
) -> Response[Any]:
    async with parts.database.acquire() as connection:
        email = Email.parse((await _found(connection, account_id, person_id)).email)
    password = make_password(email)
    password_hash = await parts.passwords.hash(password)

    async def change(connection: Connection, email: Email) -> Person:
        return await set_password(connection, email, password_hash, parts.clock.now())

    person = await _changed(parts, request, account_id, person_id, "person.password", change)
    return await _page(parts, request, account_id, shown=(person, password.text))


async def _give_role(
    parts: ConsoleParts, request: PageRequest, account_id: int, person_id: int
) -> Response[Any]:
    wanted = (await read_form(request)).text("role")
    if wanted not in ROLES:
        raise NotFoundException(f"there is no role {wanted}")

    async def change(connection: Connection, email: Email) -> Person:
        return await set_role(connection, email, Role(wanted))

    return await _obeyed(parts, request, account_id, person_id, "person.role", "role", change)


async def _obeyed(
    parts: ConsoleParts,
    request: PageRequest,
    account_id: int,
    person_id: int,
    action: str,
    done: str,
    change: Change,
) -> Response[Any]:
    """Change somebody and show all of them; or say why it cannot be."""
    try:
        await _changed(parts, request, account_id, person_id, action, change)
    except (LastOwner, InvalidPerson) as error:
        return await _page(parts, request, account_id, Trouble({}, {"": str(error)}))
    return lead_to(f"{request.scope['path'].partition('/people')[0]}/people", done)


async def _changed(
    parts: ConsoleParts,
    request: PageRequest,
    account_id: int,
    person_id: int,
    action: str,
    change: Change,
) -> Person:
    """Change somebody of this account, and note it."""
    async with parts.database.transaction() as connection:
        place = await operated_place(connection, parts, account_id)
        before = await _found(connection, account_id, person_id)
        person = await change(connection, Email.parse(before.email))
        details = {"person": person.email, "role": person.role.value}
        now = parts.clock.now()
        await record(connection, actor_of(request), action, place.account, details, now)
    return person


async def _found(connection: Connection, account_id: int, person_id: int) -> Person:
    for person in await list_people(connection, account_id):
        if person.person_id == person_id:
            return person
    raise NotFoundException("the account has no such person")


async def _page(
    parts: ConsoleParts,
    request: PageRequest,
    account_id: int,
    trouble: Trouble = NO_TROUBLE,
    *,
    shown: tuple[Person, str] | None = None,
) -> Response[Any]:
    """The tab; `shown` is somebody with a password that is shown this once."""
    async with parts.database.acquire() as connection:
        place = await operated_place(connection, parts, account_id)
        people = await list_people(connection, account_id)
    return tab_page(
        request,
        place,
        TAB,
        "account_people.html",
        trouble=trouble,
        done=_DONE,
        people=people,
        roles=ROLES,
        shown=shown,
    )
