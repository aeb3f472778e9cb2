"""Where a page of an account stands: the account, and the environment that its address names.

The environment is part of every address, so that two windows may show two of them, and what is
done in one is never done in the other by mistake.
"""

from dataclasses import dataclass
from typing import Any

from litestar.exceptions import NotFoundException
from litestar.response import Template

from staffetta.accounts.read_account import SpaceFacts, read_account, read_spaces
from staffetta.console.languages import say_in
from staffetta.console.navigation import OPERATE, links_for
from staffetta.console.parts import ConsoleParts
from staffetta.console.rendering import PageRequest, page
from staffetta.console.visitors import PATH
from staffetta.domain.environments import Environment


@dataclass(frozen=True, slots=True)
class Place:
    """An account in one environment."""

    facts: SpaceFacts
    environment: Environment

    @property
    def space_id(self) -> int:
        """The account's space there."""
        return self.facts.space.space_id

    def path(self, page: str = "") -> str:
        """The address of a page of the account here."""
        return f"{PATH}/{self.environment.value}{page}"


async def place_of(parts: ConsoleParts, request: PageRequest, environment: str) -> Place:
    """The place that a request is about; 404 for an environment that does not exist.

    The page's guard has seen to it that somebody of an account signed in.
    """
    person = request.user.person
    if environment not in set(Environment) or person is None or person.account_id is None:
        raise NotFoundException(f"there is no page at {request.scope['path']}")
    found = Environment(environment)
    async with parts.database.acquire() as connection:
        account = await read_account(connection, person.account_id)
        assert account is not None, "a person of an account has one"
        facts = await read_spaces(connection, account, parts.clock.now())
    return Place(facts[found], found)


def account_page(
    request: PageRequest, place: Place, template: str, *, section: str, **values: Any
) -> Template:
    """A page of an account; `section` is its path below the environment."""
    assert request.user.person is not None
    say = say_in(request.user.language)
    links = links_for(request.user.person.role, place.environment, f"{place.path()}{section}", say)
    return page(request, template, place=place, links=links, section=section, **values)


def operator_page(request: PageRequest, template: str, *, section: str, **values: Any) -> Template:
    """A page of the installation's operators; `section` is its path below /console/operate."""
    assert request.user.person is not None
    say = say_in(request.user.language)
    links = links_for(request.user.person.role, None, f"{OPERATE}{section}", say)
    return page(request, template, links=links, section=section, operate=OPERATE, **values)
