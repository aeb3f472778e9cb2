"""Who may see a page, and from where it may be asked to do something.

Guards run before a page's handler. What they raise becomes a page: the form to sign in, or a
refusal that tells an account's member nothing of what operators have.
"""

from typing import Any

from litestar.connection import ASGIConnection, Request
from litestar.exceptions import NotFoundException
from litestar.handlers import BaseRouteHandler

from staffetta.accounts.people import Role
from staffetta.console.asked import NUMBER_MAX
from staffetta.console.forgery import FIELD, HEADER, SAFE_METHODS, is_from_here, is_token_of
from staffetta.console.forms import read_form
from staffetta.console.languages import mark
from staffetta.console.rendering import static_addresses
from staffetta.console.visitors import Visitor
from staffetta.domain.errors import StaffettaError

Visit = ASGIConnection[Any, Visitor, Any, Any]


class NotSignedIn(StaffettaError):
    """The page is for people who signed in."""


class NotForYou(StaffettaError):
    """The page is for people of another kind."""


class ForgedForm(StaffettaError):
    """The form was not filled in on a page of this server, or the session has changed since."""


def for_signed_in(visit: Visit, _handler: BaseRouteHandler) -> None:
    """Anybody who signed in."""
    if visit.user.person is None:
        raise NotSignedIn("sign in to see this page")


def for_operators(visit: Visit, handler: BaseRouteHandler) -> None:
    """Operators of the installation."""
    _for_roles(visit, handler, Role.OPERATOR)


def for_accounts(visit: Visit, handler: BaseRouteHandler) -> None:
    """Owners and members of an account."""
    _for_roles(visit, handler, Role.OWNER, Role.MEMBER)


def for_owners(visit: Visit, handler: BaseRouteHandler) -> None:
    """Owners of an account."""
    _for_roles(visit, handler, Role.OWNER)


def _for_roles(visit: Visit, handler: BaseRouteHandler, *roles: Role) -> None:
    for_signed_in(visit, handler)
    assert visit.user.person is not None
    if visit.user.person.role not in roles:
        raise NotForYou(mark("This page is for people with another role."))


def for_numbers_that_can_be(visit: Visit, _handler: BaseRouteHandler) -> None:
    """Numbers in an address: none that no row can have."""
    for value in visit.path_params.values():
        if isinstance(value, int) and not 0 < value <= NUMBER_MAX:
            raise NotFoundException("there is no such number")


def for_files_that_are_there(visit: Visit, _handler: BaseRouteHandler) -> None:
    """A static file by its very name: the file system is never asked for anybody's own words."""
    if visit.scope["path"] not in static_addresses():
        raise NotFoundException("there is no such file")


async def for_forms_of_ours(visit: Visit, _handler: BaseRouteHandler) -> None:
    """A request that changes something: sent from a page of ours, by this session."""
    assert isinstance(visit, Request), "the console has no web sockets"
    if visit.method in SAFE_METHODS:
        return
    if not is_from_here(visit.headers):
        raise ForgedForm(mark("This form was sent from another site."))
    if visit.user.session_id:
        given = visit.headers.get(HEADER) or (await read_form(visit)).text(FIELD)
        if not is_token_of(given, visit.user.session_id):
            raise ForgedForm(mark("This form is of another session: load the page again."))
