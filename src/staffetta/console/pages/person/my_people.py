"""An account's people, changed by its owners: let in, given another role or password, shut out."""

from typing import Any, Final

from litestar import Response, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.accounts.errors import InvalidEmail
from staffetta.accounts.people_errors import InvalidPerson, LastOwner, PersonExists, TooManyPeople
from staffetta.accounts.sign_in import SignedIn
from staffetta.console.acting import actor_of
from staffetta.console.forms import lead_to, read_form
from staffetta.console.guards import for_owners
from staffetta.console.languages import mark
from staffetta.console.pages.person.me import ME, own_page
from staffetta.console.parts import ConsoleParts
from staffetta.console.people_changes import (
    WAYS,
    Newcomer,
    Way,
    change_person,
    let_in,
    renew_password,
)
from staffetta.console.rendering import PageRequest
from staffetta.domain.errors import NotAcceptingNow, StaffettaError

_FIELDS: Final = ("email", "name", "role")
_LAST: Final = mark("This is the last owner who can sign in: make somebody else an owner first.")
_BUSY: Final = mark("The gateway is busy. Try again in some seconds.")
# Why somebody is not let in: the field that says it, and the sentence.
_NOT_LET_IN: Final[dict[type[StaffettaError], tuple[str, str]]] = {
    InvalidEmail: ("email", mark("Write an e-mail address, like olga@example.com.")),
    PersonExists: ("email", mark("Somebody signs in with this address already.")),
    InvalidPerson: ("name", mark("A name has at most 100 characters.")),
    TooManyPeople: (
        "email",
        mark("The account has as many people as it may: remove somebody first."),
    ),
    NotAcceptingNow: ("email", _BUSY),
}


def my_people_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages; they have no address of their own to look at."""

    @post("/me/people", guards=[for_owners], status_code=200)
    async def add(request: PageRequest) -> Response[Any]:
        """Let somebody in; the password is shown once."""
        return await _add(parts, request)

    @post("/me/people/{person_id:int}/password", guards=[for_owners], status_code=200)
    async def renew(request: PageRequest, person_id: FromPath[int]) -> Response[Any]:
        """Make another password, shown once; one's own is changed by who knows the old one."""
        if person_id == _owner(request).person_id:
            raise NotFoundException("your own password is changed with the old one")
        whose, now = _account_id(request), parts.clock.now()
        try:
            made = await renew_password(parts, actor_of(request), whose, person_id, now)
        except NotAcceptingNow:
            return await own_page(parts, request, status=503, problems={"people": _BUSY})
        return await own_page(parts, request, made=made)

    return [add, renew, *(_changing(parts, word, way) for word, way in WAYS.items())]


def _changing(parts: ConsoleParts, word: str, way: Way) -> HTTPRouteHandler:
    """The page of one way to change somebody."""

    @post(f"/me/people/{{person_id:int}}/{word}", guards=[for_owners], status_code=200)
    async def change(request: PageRequest, person_id: FromPath[int]) -> Response[Any]:
        who, whose = actor_of(request), _account_id(request)
        try:
            await change_person(parts, who, whose, person_id, way, parts.clock.now())
        except LastOwner:
            return await own_page(parts, request, status=422, problems={"people": _LAST})
        return lead_to(ME, way.done)

    return change


async def _add(parts: ConsoleParts, request: PageRequest) -> Response[Any]:
    form = await read_form(request)
    typed = {name: form.text(name) for name in _FIELDS}
    whose, now = _account_id(request), parts.clock.now()
    try:
        made = await let_in(parts, actor_of(request), whose, Newcomer(**typed), now)
    except tuple(_NOT_LET_IN) as error:
        field, sentence = _NOT_LET_IN[type(error)]
        return await own_page(parts, request, status=422, problems={field: sentence}, typed=typed)
    return await own_page(parts, request, made=made)


def _owner(request: PageRequest) -> SignedIn:
    person = request.user.person
    assert person is not None, "the guard has seen to it"
    return person


def _account_id(request: PageRequest) -> int:
    account_id = _owner(request).account_id
    assert account_id is not None, "an owner is of an account"
    return account_id
