"""The way to the documentation, and lines to paste that call this server.

Tokens are kept as hashes, so no page can fill one in that was made before. An owner may have one
made for trying instead: of the sandbox, for a day, shown in the answer to the form that made it and
in no page after it (as in tokens.py). In production no token is made here.
"""

from dataclasses import dataclass
from typing import Any, Final

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.accounts.errors import TooManyTokens
from staffetta.accounts.people import Role
from staffetta.accounts.token_desk import Asked, TokenTerms
from staffetta.callbacks.receiver import RECEIVER_URL
from staffetta.console.acting import actor_of, form_number_of, new_form_number
from staffetta.console.examples import examples_of
from staffetta.console.forms import read_form
from staffetta.console.guards import for_accounts, for_owners
from staffetta.console.hosts import own_address, own_host
from staffetta.console.languages import mark
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import Place, account_page, place_of
from staffetta.console.rendering import PageRequest
from staffetta.console.token_words import TOO_MANY_TOKENS, scopes_of_preset
from staffetta.domain.environments import Environment

_SECTION: Final = "/documentation"
_LIFETIME_SECONDS: Final = 24 * 3600
_MADE_NAME: Final = "documentation, for a day"
_PLACEHOLDER: Final = "$TOKEN"
_CONFLICT: Final = 409


@dataclass(frozen=True, slots=True)
class DocumentedService:
    """A service that has a reference."""

    name: str  # in the addresses of its reference
    title: str
    path: str  # of its calls, below the environment's
    about: str  # English


SERVICES: Final = (
    DocumentedService(
        "v2",
        "Gateway SMS v2",
        "/v2",
        mark("One message to one phone, one-time passwords, and what became of them."),
    ),
    DocumentedService(
        "v1",
        "Gateway SMS v1",
        "/v1",
        mark("One text to many phones, with templates, transactions and scheduling."),
    ),
    DocumentedService(
        "oauth-v2",
        "OAuth v2",
        "/oauth/v2",
        mark("Tokens with limits, money, statistics, refused calls, callbacks."),
    ),
    DocumentedService(
        "oauth-v1",
        "OAuth v1",
        "/oauth/v1",
        mark("Tokens, credit and counters, as older clients ask for them."),
    ),
)


def documentation_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get("/{environment:str}/documentation", guards=[for_accounts])
    async def documentation(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """References, and lines to paste."""
        place = await place_of(parts, request, environment)
        return _page(request, place)

    @post("/{environment:str}/documentation", guards=[for_owners], status_code=200)
    async def fill_in(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """The same, with a token made for trying filled in."""
        place = await place_of(parts, request, environment)
        if place.environment is not Environment.SANDBOX:
            raise NotFoundException("tokens for trying are of the sandbox")
        number = form_number_of(await read_form(request))
        if number is None:
            return _page(request, place)
        terms = TokenTerms(
            scopes_of_preset("everything", place.environment), _LIFETIME_SECONDS, _MADE_NAME
        )
        asked = Asked(actor_of(request), number)
        try:
            made = await parts.token_desk.create_once(
                place.facts.space, terms, asked, parts.clock.now(), (own_host(request),)
            )
        except TooManyTokens:
            return _page(request, place, problem=TOO_MANY_TOKENS)
        if made is None:
            return _page(request, place, was_used=True)
        return _page(request, place, token=made.token)

    return [documentation, fill_in]


def _page(
    request: PageRequest,
    place: Place,
    *,
    token: str = "",
    was_used: bool = False,
    problem: str = "",
) -> Response[Any]:
    address = own_address(request)
    person = request.user.person
    examples = [
        (one.title, one.line(address, place.environment, token or _PLACEHOLDER))
        for one in examples_of(RECEIVER_URL)
    ]
    return account_page(
        request,
        place,
        "account/documentation.html",
        section=_SECTION,
        status=_CONFLICT if was_used or problem else 200,
        services=SERVICES,
        base=f"{address}/sandbox" if place.environment is Environment.SANDBOX else address,
        examples=examples,
        token=token,
        was_used=was_used,
        problem_sentence=problem,
        once=new_form_number(),
        is_owner=person is not None and person.role is Role.OWNER,
        placeholder=_PLACEHOLDER,
    )
