"""What lets an account's programs in, in one environment: API keys and tokens.

A key is shown once, when it is made. A token is never shown here: it belongs to the account.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.accounts.audit import record, was_obeyed
from staffetta.accounts.errors import NoSuchToken
from staffetta.accounts.find_tokens import list_tokens
from staffetta.accounts.named_tokens import find_named_token, token_id
from staffetta.accounts.people_errors import LastApiKey, NoSuchApiKey, TooManyApiKeys
from staffetta.accounts.revoke_token import revoke_token
from staffetta.accounts.rotate_api_key import (
    ApiKey,
    KeyState,
    NewApiKey,
    list_api_keys,
    revoke_api_key,
    rotate_api_key,
)
from staffetta.accounts.tokens import TokenRecord
from staffetta.console.acting import actor_of, number_of_once
from staffetta.console.asked import asked_of, skip_of
from staffetta.console.forms import lead_to, read_form
from staffetta.console.guards import for_operators
from staffetta.console.languages import mark
from staffetta.console.pages.operate.account_place import (
    NO_TROUBLE,
    OperatedPlace,
    Trouble,
    operated_place,
    tab_page,
)
from staffetta.console.parts import ConsoleParts
from staffetta.console.refused import Refused
from staffetta.console.rendering import PageRequest
from staffetta.db.pool import Connection

_ACCESS: Final = "/operate/accounts/{account_id:int}/access/{environment:str}"
TAB: Final = "/access"
_TOKENS_SHOWN: Final = 50
# How long the old keys work beside a new one: what a form offers.
OVERLAPS: Final[Mapping[str, tuple[timedelta, str]]] = MappingProxyType(
    {
        "24h": (timedelta(hours=24), mark("a day")),
        "1h": (timedelta(hours=1), mark("an hour")),
        "7d": (timedelta(days=7), mark("a week")),
        "30d": (timedelta(days=30), mark("30 days")),
        "0": (timedelta(0), mark("not at all")),
    }
)
KEY_STATES: Final = {
    KeyState.LIVE: mark("works"),
    KeyState.ENDING: mark("works until"),
    KeyState.EXPIRED: mark("ended"),
    KeyState.REVOKED: mark("revoked"),
}
_TOO_MANY_KEYS: Final = mark("As many keys work as an account may have: revoke one first.")
_DONE: Final = {
    "revoked": mark("The key is refused from now on."),
    "unseen": mark(
        "This form was obeyed already: a key was made once, and was shown in that answer alone."
        " If nobody saw it, make another one."
    ),
    "over": mark("No key of this number works here."),
    "token": mark("The token is refused from now on."),
    "gone": mark("This token was over already."),
}


def account_access_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get(_ACCESS, guards=[for_operators])
    async def access(
        request: PageRequest, account_id: FromPath[int], environment: FromPath[str]
    ) -> Response[Any]:
        """The keys, and the tokens that work."""
        return await _page(parts, request, account_id, environment)

    @post(f"{_ACCESS}/rotate", guards=[for_operators], status_code=200)
    async def rotate(
        request: PageRequest, account_id: FromPath[int], environment: FromPath[str]
    ) -> Response[Any]:
        """Make a key, shown here and never again; the old ones work a while longer."""
        return await _rotate(parts, request, account_id, environment)

    @post(f"{_ACCESS}/keys/{{key_id:int}}/revoke", guards=[for_operators], status_code=200)
    async def revoke(
        request: PageRequest,
        account_id: FromPath[int],
        environment: FromPath[str],
        key_id: FromPath[int],
    ) -> Response[Any]:
        """End a key at once; the last one only if the operator insists."""
        return await _revoke(parts, request, account_id, environment, key_id)

    @post(f"{_ACCESS}/tokens/{{token:str}}/revoke", guards=[for_operators], status_code=200)
    async def end_token(
        request: PageRequest,
        account_id: FromPath[int],
        environment: FromPath[str],
        token: FromPath[str],
    ) -> Response[Any]:
        """End a token: every process refuses it within a second."""
        return await _end_token(parts, request, account_id, environment, token)

    return [access, rotate, revoke, end_token]


async def _rotate(
    parts: ConsoleParts, request: PageRequest, account_id: int, environment: str
) -> Response[Any]:
    form = await read_form(request)
    overlap, _ = OVERLAPS.get(form.text("overlap"), OVERLAPS["24h"])
    now = parts.clock.now()
    try:
        number = number_of_once(form)
        async with parts.database.transaction() as connection:
            place = await operated_place(connection, parts, account_id, environment)
            if await was_obeyed(connection, place.account, number):
                return lead_to(place.path(TAB), "unseen")
            made = await rotate_api_key(connection, place.facts.space, overlap, now)
            await _note_rotation(connection, request, place, made, number, now)
            # Read before the commit: a key that is kept is a key that can be shown.
            shown = await _look(connection, request, place, now)
    except TooManyApiKeys:
        trouble = Trouble({}, {"overlap": _TOO_MANY_KEYS})
        return await _page(parts, request, account_id, environment, trouble)
    except Refused as refused:
        trouble = Trouble({}, {"overlap": str(refused)})
        return await _page(parts, request, account_id, environment, trouble)
    return _shown(request, place, shown, made=made)


async def _note_rotation(
    connection: Connection,
    request: PageRequest,
    place: OperatedPlace,
    made: NewApiKey,
    number: str,
    now: datetime,
) -> None:
    details = {
        "key": made.api_key_id,
        "ending": list(made.ending_ids),
        "old_until": made.old_until.isoformat(),
    }
    actor, space = actor_of(request), place.facts.space
    await record(connection, actor, "apikey.rotate", space, details, now, form=number)


async def _revoke(
    parts: ConsoleParts, request: PageRequest, account_id: int, environment: str, key_id: int
) -> Response[Any]:
    insists = (await read_form(request)).is_ticked("even_last")
    now = parts.clock.now()
    try:
        async with parts.database.transaction() as connection:
            place = await operated_place(connection, parts, account_id, environment)
            space = place.facts.space
            ended = await revoke_api_key(connection, space, key_id, now, even_last=insists)
            details = {"key": key_id, "ends_in": ended.hint}
            await record(connection, actor_of(request), "apikey.revoke", space, details, now)
    except LastApiKey:
        return await _page(parts, request, account_id, environment, last_key=key_id)
    except NoSuchApiKey:
        return lead_to(place.path(TAB), "over")
    return lead_to(place.path(TAB), "revoked")


async def _end_token(
    parts: ConsoleParts, request: PageRequest, account_id: int, environment: str, token: str
) -> Response[Any]:
    now = parts.clock.now()
    try:
        async with parts.database.transaction() as connection:
            place = await operated_place(connection, parts, account_id, environment)
            space = place.facts.space
            found = await find_named_token(connection, space, token, now, None)
            await revoke_token(connection, space, found.token_hash, now)
            details = {"token": token_id(found.token_hash), "name": found.name}
            await record(connection, actor_of(request), "token.revoke", space, details, now)
    except NoSuchToken:
        return lead_to(place.path(TAB), "gone")
    return lead_to(place.path(TAB), "token")


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the tab shows, as it was read."""

    now: datetime
    keys: Sequence[ApiKey]
    tokens: Sequence[TokenRecord]
    skip: int


async def _look(
    connection: Connection, request: PageRequest, place: OperatedPlace, now: datetime
) -> _Shown:
    space, skip = place.facts.space, skip_of(asked_of(request, ["skip"])["skip"])
    keys = await list_api_keys(connection, space)
    tokens = await list_tokens(
        connection, space, now, skip=skip, limit=_TOKENS_SHOWN + 1, keyring=None
    )
    return _Shown(now, keys, tokens, skip)


async def _page(
    parts: ConsoleParts,
    request: PageRequest,
    account_id: int,
    environment: str,
    trouble: Trouble = NO_TROUBLE,
    *,
    last_key: int | None = None,
) -> Response[Any]:
    async with parts.database.acquire() as connection:
        place = await operated_place(connection, parts, account_id, environment)
        shown = await _look(connection, request, place, parts.clock.now())
    return _shown(request, place, shown, trouble, last_key=last_key)


def _shown(
    request: PageRequest,
    place: OperatedPlace,
    shown: _Shown,
    trouble: Trouble = NO_TROUBLE,
    *,
    made: NewApiKey | None = None,
    last_key: int | None = None,
) -> Response[Any]:
    """The tab; `made` is shown this once, `last_key` is one that an operator must insist on."""
    tokens, skip = shown.tokens, shown.skip
    return tab_page(
        request,
        place,
        TAB,
        "operate/account_access.html",
        trouble=trouble,
        done=_DONE,
        keys=[(one, one.state(shown.now)) for one in shown.keys],
        key_states=KEY_STATES,
        overlaps=OVERLAPS,
        tokens=[(token_id(one.token_hash), one) for one in tokens[:_TOKENS_SHOWN]],
        skip=skip,
        more=skip + _TOKENS_SHOWN if len(tokens) > _TOKENS_SHOWN else None,
        made=made,
        last_key=last_key,
    )
