"""The people of an account, for operators: let in, given another role or password, shut out."""

from typing import Any, Final

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.accounts.errors import InvalidEmail
from staffetta.accounts.people import Role, list_people
from staffetta.accounts.people_errors import (
    InvalidPerson,
    LastOwner,
    PersonExists,
    TooManyPeople,
)
from staffetta.console.acting import actor_of
from staffetta.console.forms import lead_to, read_form
from staffetta.console.guards import for_operators
from staffetta.console.languages import mark, say_in
from staffetta.console.pages.account_place import (
    NO_TROUBLE,
    Trouble,
    operated_place,
    tab_page,
    trouble_of,
)
from staffetta.console.parts import ConsoleParts
from staffetta.console.people_changes import (
    WAYS,
    HandedOver,
    Newcomer,
    change_person,
    let_in,
    renew_password,
)
from staffetta.console.refused import Refused
from staffetta.console.rendering import PageRequest
from staffetta.domain.errors import NotAcceptingNow

_PEOPLE: Final = "/operate/accounts/{account_id:int}/people"
_ONE: Final = f"{_PEOPLE}/{{person_id:int}}"
TAB: Final = "/people"
_FIELDS: Final = ("email", "name", "role")
_BUTTONS: Final = ("disable", "enable", "remove")  # the role is a field of a form
ROLES: Final = {Role.OWNER: mark("owner"), Role.MEMBER: mark("member")}
_BUSY: Final = mark("The gateway is busy. Try again in some seconds.")
_DONE: Final = {
    "role": mark("The role is changed."),
    "disabled": mark("This person is let in no more, and every session is over."),
    "enabled": mark("This person may sign in again, with the same password."),
    "removed": mark("This person is gone."),
}


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
        now = parts.clock.now()
        try:
            made = await renew_password(parts, actor_of(request), account_id, person_id, now)
        except NotAcceptingNow:
            return await _page(parts, request, account_id, _busy(request))
        return await _page(parts, request, account_id, made=made)

    @post(f"{_ONE}/role", guards=[for_operators], status_code=200)
    async def role(
        request: PageRequest, account_id: FromPath[int], person_id: FromPath[int]
    ) -> Response[Any]:
        """Make an owner a member, or the other way round."""
        wanted = (await read_form(request)).text("role")
        if wanted not in ROLES:
            raise NotFoundException(f"there is no role {wanted}")
        return await _change(parts, request, account_id, person_id, wanted)

    return [people, add, renew, role, *(_changing(parts, way) for way in _BUTTONS)]


def _changing(parts: ConsoleParts, way: str) -> HTTPRouteHandler:
    """The page of one way to change somebody."""

    @post(f"{_ONE}/{way}", guards=[for_operators], status_code=200)
    async def change(
        request: PageRequest, account_id: FromPath[int], person_id: FromPath[int]
    ) -> Response[Any]:
        return await _change(parts, request, account_id, person_id, way)

    return change


async def _add(parts: ConsoleParts, request: PageRequest, account_id: int) -> Response[Any]:
    form = await read_form(request)
    newcomer = Newcomer(**{name: form.text(name) for name in _FIELDS})
    try:
        made = await let_in(parts, actor_of(request), account_id, newcomer, parts.clock.now())
    except (InvalidEmail, PersonExists) as error:
        refused = Refused("email", error)
    except (InvalidPerson, TooManyPeople) as error:
        refused = Refused("role", error)
    except NotAcceptingNow:
        refused = Refused("", say_in(request.user.language)(_BUSY))
    else:
        return await _page(parts, request, account_id, made=made)
    return await _page(parts, request, account_id, trouble_of(form, _FIELDS, refused))


async def _change(
    parts: ConsoleParts, request: PageRequest, account_id: int, person_id: int, way: str
) -> Response[Any]:
    """Change somebody and show all of them; or say why it cannot be."""
    who, now = actor_of(request), parts.clock.now()
    try:
        await change_person(parts, who, account_id, person_id, WAYS[way], now)
    except (LastOwner, InvalidPerson) as error:
        return await _page(parts, request, account_id, Trouble({}, {"": str(error)}))
    here = f"{request.scope['path'].partition('/people')[0]}/people"
    return lead_to(here, WAYS[way].done)


def _busy(request: PageRequest) -> Trouble:
    return Trouble({}, {"": say_in(request.user.language)(_BUSY)})


async def _page(
    parts: ConsoleParts,
    request: PageRequest,
    account_id: int,
    trouble: Trouble = NO_TROUBLE,
    *,
    made: HandedOver | None = None,
) -> Response[Any]:
    """The tab; `made` is somebody with a password to hand over."""
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
        shown=made,
    )
