"""What lets an account's programs in, in one environment: API keys and tokens.

A key is shown once, when it is made. A token is never shown here: it belongs to the account.
"""

from collections.abc import Mapping
from datetime import timedelta
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
    KeyState,
    NewApiKey,
    list_api_keys,
    revoke_api_key,
    rotate_api_key,
)
from staffetta.console.acting import actor_of
from staffetta.console.asked import asked_of, number_of
from staffetta.console.forms import lead_to, read_form
from staffetta.console.guards import for_operators
from staffetta.console.languages import mark
from staffetta.console.pages.account_place import (
    NO_TROUBLE,
    Refused,
    Trouble,
    number_of_once,
    operated_place,
    tab_page,
)
from staffetta.console.parts import ConsoleParts
from staffetta.console.rendering import PageRequest

_ACCESS: Final = "/operate/accounts/{account_id:int}/access/{environment:str}"
TAB: Final = "/access"
_TOKENS_SHOWN: Final = 50
_SKIPPED_MAX: Final = 1_000_000
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
_DONE: Final = {
    "revoked": mark("The key is refused from now on."),
    "again": mark("This form was obeyed already: nothing was done twice."),
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
        form = await read_form(request)
        overlap, _ = OVERLAPS.get(form.text("overlap"), OVERLAPS["24h"])
        now = parts.clock.now()
        try:
            number = number_of_once(form)
            async with parts.database.transaction() as connection:
                place = await operated_place(connection, parts, account_id, environment)
                space = place.facts.space
                if await was_obeyed(connection, place.account, number):
                    return lead_to(place.path(TAB), "again")
                made = await rotate_api_key(connection, space, overlap, now)
                details = {
                    "key": made.api_key_id,
                    "ending": list(made.ending_ids),
                    "old_until": made.old_until.isoformat(),
                }
                actor = actor_of(request)
                await record(connection, actor, "apikey.rotate", space, details, now, form=number)
        except (TooManyApiKeys, Refused) as error:
            trouble = Trouble({}, {"overlap": str(error)})
            return await _page(parts, request, account_id, environment, trouble)
        return await _page(parts, request, account_id, environment, made=made)

    @post(f"{_ACCESS}/keys/{{key_id:int}}/revoke", guards=[for_operators], status_code=200)
    async def revoke(
        request: PageRequest,
        account_id: FromPath[int],
        environment: FromPath[str],
        key_id: FromPath[int],
    ) -> Response[Any]:
        """End a key at once; the last one only if the operator insists."""
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
            return lead_to(place.path(TAB), "revoked")  # somebody else was first
        return lead_to(place.path(TAB), "revoked")

    @post(f"{_ACCESS}/tokens/{{token:str}}/revoke", guards=[for_operators], status_code=200)
    async def end_token(
        request: PageRequest,
        account_id: FromPath[int],
        environment: FromPath[str],
        token: FromPath[str],
    ) -> Response[Any]:
        """End a token: every process refuses it within a second."""
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

    return [access, rotate, revoke, end_token]


async def _page(
    parts: ConsoleParts,
    request: PageRequest,
    account_id: int,
    environment: str,
    trouble: Trouble = NO_TROUBLE,
    *,
    made: NewApiKey | None = None,
    last_key: int | None = None,
) -> Response[Any]:
    """The tab; `made` is shown this once, `last_key` is one that an operator must insist on."""
    now = parts.clock.now()
    skip = _skipped(asked_of(request, ["skip"])["skip"])
    async with parts.database.acquire() as connection:
        place = await operated_place(connection, parts, account_id, environment)
        space = place.facts.space
        keys = await list_api_keys(connection, space)
        tokens = await list_tokens(
            connection, space, now, skip=skip, limit=_TOKENS_SHOWN + 1, keyring=None
        )
    return tab_page(
        request,
        place,
        TAB,
        "account_access.html",
        trouble=trouble,
        done=_DONE,
        keys=[(one, one.state(now)) for one in keys],
        key_states=KEY_STATES,
        overlaps=OVERLAPS,
        tokens=[(token_id(one.token_hash), one) for one in tokens[:_TOKENS_SHOWN]],
        skip=skip,
        more=skip + _TOKENS_SHOWN if len(tokens) > _TOKENS_SHOWN else None,
        made=made,
        last_key=last_key,
    )


def _skipped(text: str) -> int:
    try:
        return min(number_of(text) or 0, _SKIPPED_MAX)
    except ValueError:
        return 0
