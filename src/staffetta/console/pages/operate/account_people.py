"""The people of an account, for operators: let in, given another role or password, shut out."""

from typing import Any, Final

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.accounts.errors import InvalidEmail
from staffetta.accounts.people import NAME_CHARACTERS_MAX, Role, list_people
from staffetta.accounts.people_errors import (
    InvalidPerson,
    LastOwner,
    PersonExists,
    TooManyPeople,
)
from staffetta.console.acting import actor_of, number_of_once
from staffetta.console.forms import lead_to, read_form
from staffetta.console.guards import for_operators
from staffetta.console.languages import mark
from staffetta.console.pages.operate.account_place import (
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
    ObeyedAlready,
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
_NO_ADDRESS: Final = mark("Write an e-mail address, like olga@example.com.")
_TAKEN: Final = mark("Somebody signs in with this address already.")
_NO_NAME: Final = mark("A name has at most 100 characters.")
_OWNER_FIRST: Final = mark("The first person of an account is an owner.")
_TOO_MANY: Final = mark("The account has as many people as it may: remove somebody first.")
_LAST: Final = mark("This is the last owner who can sign in: make somebody else an owner first.")
_DONE: Final = {
    "unseen": mark(
        "This form was obeyed already: a password was made once, and was shown in that answer"
        " alone. If nobody saw it, make a new one."
    ),
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
        return await _renew(parts, request, account_id, person_id)

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
    form, now = await read_form(request), parts.clock.now()
    newcomer = Newcomer(**{name: form.text(name) for name in _FIELDS})
    try:
        number, who = number_of_once(form), actor_of(request)
        made = await let_in(parts, who, account_id, newcomer, now, form=number)
    except ObeyedAlready:
        return lead_to(_people_of(request), "unseen")
    except Refused as error:
        refused = error
    except InvalidEmail:
        refused = Refused("email", _NO_ADDRESS)
    except PersonExists:
        refused = Refused("email", _TAKEN)
    except InvalidPerson:
        too_long = len(newcomer.name) > NAME_CHARACTERS_MAX or not newcomer.name.isprintable()
        refused = Refused("role", _NO_NAME if too_long else _OWNER_FIRST)
    except TooManyPeople:
        refused = Refused("role", _TOO_MANY)
    except NotAcceptingNow:
        refused = Refused("", _BUSY)
    else:
        return await _page(parts, request, account_id, made=made)
    return await _page(parts, request, account_id, trouble_of(form, _FIELDS, refused))


async def _renew(
    parts: ConsoleParts, request: PageRequest, account_id: int, person_id: int
) -> Response[Any]:
    now = parts.clock.now()
    try:
        number, who = number_of_once(await read_form(request)), actor_of(request)
        made = await renew_password(parts, who, account_id, person_id, now, form=number)
    except ObeyedAlready:
        return lead_to(_people_of(request), "unseen")
    except Refused as refused:
        return await _page(parts, request, account_id, Trouble({}, {"": str(refused)}))
    except NotAcceptingNow:
        return await _page(parts, request, account_id, Trouble({}, {"": _BUSY}))
    return await _page(parts, request, account_id, made=made)


async def _change(
    parts: ConsoleParts, request: PageRequest, account_id: int, person_id: int, way: str
) -> Response[Any]:
    """Change somebody and show all of them; or say why it cannot be."""
    who, now = actor_of(request), parts.clock.now()
    try:
        await change_person(parts, who, account_id, person_id, WAYS[way], now)
    except (LastOwner, InvalidPerson) as error:
        sentence = _LAST if isinstance(error, LastOwner) else str(error)
        return await _page(parts, request, account_id, Trouble({}, {"": sentence}))
    return lead_to(_people_of(request), WAYS[way].done)


def _people_of(request: PageRequest) -> str:
    return f"{request.scope['path'].partition('/people')[0]}/people"


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
        "operate/account_people.html",
        trouble=trouble,
        done=_DONE,
        people=people,
        roles=ROLES,
        shown=made,
    )
