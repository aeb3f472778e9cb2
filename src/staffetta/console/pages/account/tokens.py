"""An account's tokens: what there are, what they may do and did; made, changed and revoked here.

Everybody of an account may look, for a list holds no secret: a token cannot be read again. Making,
changing and revoking is for owners, who answer for the account's money.

A token is shown in the answer to the form that made it, and never stored for it: the page is not
kept by browsers (no-store), and the form has a number that works once, so that loading the page
again shows no token, and makes none.
"""

from typing import Any, Final

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.accounts.errors import NoSuchToken, TooManyTokens
from staffetta.accounts.named_tokens import ID_CHARACTERS
from staffetta.accounts.people import Role
from staffetta.accounts.token_desk import Asked, NewToken, TokenTerms
from staffetta.accounts.token_lines import TokenLine
from staffetta.console.acting import actor_of, form_number_of, new_form_number
from staffetta.console.examples import example_for
from staffetta.console.forms import lead_to, read_form
from staffetta.console.guards import for_accounts, for_owners
from staffetta.console.hosts import own_address, own_host
from staffetta.console.languages import mark
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import Place, account_page, place_of
from staffetta.console.rendering import PageRequest
from staffetta.console.shown_tokens import shown_token
from staffetta.console.token_form import (
    EMPTY,
    KEEP,
    LIFETIMES,
    TypedToken,
    change_of,
    chosen_token,
    digest_of,
    last_day,
    read_token,
    typed_limits,
    typed_token,
)
from staffetta.console.token_words import PRESETS, TOO_MANY_TOKENS, box_groups, preset_of

_SECTION: Final = "/tokens"
_PAGE: Final = 50
_SKIP_MAX: Final = 10_000
_REFUSED: Final = 422
_CONFLICT: Final = 409
_DONE: Final = {
    "revoked": mark("The token was revoked: it is refused from now on."),
    "changed": mark("The token was changed."),
}


def token_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""
    return [*_list_pages(parts), *_making_pages(parts), *_changing_pages(parts)]


def _list_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    @get("/{environment:str}/tokens", guards=[for_accounts])
    async def tokens(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """The list."""
        place = await place_of(parts, request, environment)
        now = parts.clock.now()
        skip = _skip(request)
        lines = await parts.token_desk.lines(
            place.facts.space, now, parts.reports, skip=skip, limit=_PAGE + 1
        )
        return account_page(
            request,
            place,
            "account/tokens.html",
            section=_SECTION,
            tokens=[shown_token(one, place.environment, now) for one in lines[:_PAGE]],
            skip=skip,
            older=skip + _PAGE if len(lines) > _PAGE else None,
            presets=PRESETS,
            is_owner=_is_owner(request),
            done=_DONE.get(request.query_params.get("done", ""), ""),
        )

    @get("/{environment:str}/tokens/{token:str}", guards=[for_accounts])
    async def token(
        request: PageRequest, environment: FromPath[str], token: FromPath[str]
    ) -> Response[Any]:
        """One token: what it may do, what it did, and the form to change it."""
        place = await place_of(parts, request, environment)
        line = await _find(parts, place, token)
        return _one(parts, request, place, line, _typed_of(line, place))

    return [tokens, token]


def _making_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    @get("/{environment:str}/tokens/new", guards=[for_owners])
    async def new(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """The form to make one."""
        place = await place_of(parts, request, environment)
        return _form(parts, request, place, EMPTY, number=new_form_number())

    @post("/{environment:str}/tokens/new", guards=[for_owners], status_code=200)
    async def make(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """Make one, and show it this once."""
        place = await place_of(parts, request, environment)
        form = await read_form(request)
        typed, number = typed_token(form), form_number_of(form)
        now = parts.clock.now()
        read = read_token(typed, place.environment, now, _own_hosts(parts, request))
        if number is None or read.problems or read.lifetime_seconds is None:
            again = number or new_form_number()
            return _form(parts, request, place, typed, read.problems, number=again)
        terms = TokenTerms(read.scopes, read.lifetime_seconds, read.name, read.limits)
        asked = Asked(actor_of(request), number)
        try:
            made = await parts.token_desk.create_once(
                place.facts.space, terms, asked, now, (own_host(request),)
            )
        except TooManyTokens:
            return _form(
                parts, request, place, typed, number=new_form_number(), sentence=TOO_MANY_TOKENS
            )
        return _made(request, place, made)

    return [new, make]


def _changing_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    @post("/{environment:str}/tokens/{token:str}", guards=[for_owners], status_code=200)
    async def change(
        request: PageRequest, environment: FromPath[str], token: FromPath[str]
    ) -> Response[Any]:
        """Change one."""
        place = await place_of(parts, request, environment)
        line = await _find(parts, place, token)
        form = await read_form(request)
        if form.text("shown") != digest_of(line.record):
            typed = _typed_of(line, place)
            return _one(parts, request, place, line, typed, is_outdated=True)
        typed, now = typed_token(form), parts.clock.now()
        hosts = _own_hosts(parts, request)
        read = read_token(typed, place.environment, now, hosts, line.record.scopes)
        if read.problems:
            return _one(parts, request, place, line, typed, read.problems)
        change = change_of(read, line.record, place.environment)
        asked = Asked(actor_of(request))
        try:
            await parts.token_desk.change_named(
                place.facts.space, token, change, asked, now, (own_host(request),)
            )
        except NoSuchToken as error:
            raise NotFoundException("there is no such token") from error
        return lead_to(place.path(f"{_SECTION}/{token}"), "changed")

    @post("/{environment:str}/tokens/{token:str}/revoke", guards=[for_owners], status_code=200)
    async def revoke(
        request: PageRequest, environment: FromPath[str], token: FromPath[str]
    ) -> Response[Any]:
        """End one."""
        place = await place_of(parts, request, environment)
        await _find(parts, place, token)
        try:
            await parts.token_desk.revoke_named(
                place.facts.space, token, Asked(actor_of(request)), parts.clock.now()
            )
        except NoSuchToken as error:
            raise NotFoundException("there is no such token") from error
        return lead_to(place.path(_SECTION), "revoked")

    return [change, revoke]


async def _find(parts: ConsoleParts, place: Place, name: str) -> TokenLine:
    """The live token with an id, which is named in full; 404 for any other."""
    if len(name) != ID_CHARACTERS:
        raise NotFoundException("there is no such token")
    try:
        return await parts.token_desk.line(
            place.facts.space, name, parts.clock.now(), parts.reports
        )
    except NoSuchToken as error:
        raise NotFoundException("there is no such token") from error


def _form(
    parts: ConsoleParts,
    request: PageRequest,
    place: Place,
    typed: TypedToken,
    problems: Any = None,
    *,
    number: str,
    sentence: str = "",
) -> Response[Any]:
    return account_page(
        request,
        place,
        "account/token_new.html",
        section=_SECTION,
        status=_CONFLICT if sentence else _REFUSED if problems else 200,
        problem_sentence=sentence,
        once=number,
        keeps=False,
        **_form_values(parts, place, typed, problems or {}),
    )


def _one(
    parts: ConsoleParts,
    request: PageRequest,
    place: Place,
    line: TokenLine,
    typed: TypedToken,
    problems: Any = None,
    *,
    is_outdated: bool = False,
) -> Response[Any]:
    return account_page(
        request,
        place,
        "account/token.html",
        section=_SECTION,
        status=_CONFLICT if is_outdated else _REFUSED if problems else 200,
        is_outdated=is_outdated,
        shown=digest_of(line.record),
        token=shown_token(line, place.environment, parts.clock.now()),
        is_owner=_is_owner(request),
        presets_by_name=PRESETS,
        done=_DONE.get(request.query_params.get("done", ""), ""),
        keeps=True,
        **_form_values(parts, place, typed, problems or {}),
    )


def _form_values(
    parts: ConsoleParts, place: Place, typed: TypedToken, problems: Any
) -> dict[str, Any]:
    return {
        "typed": typed.texts,
        "ticked": frozenset(typed.scopes),
        "problems": problems,
        "groups": box_groups(place.environment),
        "presets": PRESETS,
        "lifetimes": LIFETIMES,
        "today": parts.clock.now().date().isoformat(),
        "last_day": last_day(parts.clock.now()),
    }


def _made(request: PageRequest, place: Place, made: NewToken | None) -> Response[Any]:
    """The token, this once; or that the form was sent before."""
    example = made and example_for(made.scopes, place.environment)
    line = (
        example.line(own_address(request), place.environment, made.token)
        if made and example
        else None
    )
    return account_page(
        request,
        place,
        "account/token_made.html",
        section=_SECTION,
        status=200 if made else _CONFLICT,
        made=made,
        line=line,
    )


def _typed_of(line: TokenLine, place: Place) -> TypedToken:
    record = line.record
    boxes = {box.scope for group in box_groups(place.environment) for box in group.boxes}
    texts = {
        "name": record.name,
        "access": preset_of(record.scopes, place.environment),
        "other": "\n".join(one for one in record.scopes if one not in boxes),
        "lifetime": KEEP,
        **typed_limits(record.limits),
    }
    return chosen_token(texts, record.scopes)


def _own_hosts(parts: ConsoleParts, request: PageRequest) -> tuple[str, ...]:
    return (*parts.token_desk.own_hosts, own_host(request))


def _is_owner(request: PageRequest) -> bool:
    return request.user.person is not None and request.user.person.role is Role.OWNER


def _skip(request: PageRequest) -> int:
    text = request.query_params.get("skip", "")
    return min(int(text), _SKIP_MAX) if text.isascii() and text.isdigit() and text else 0
