"""The calls of /tokens: making, listing, looking at, changing, renewing and ending tokens."""

from functools import partial
from typing import Any, Final, NoReturn

from staffetta.accounts.errors import NoSuchToken
from staffetta.accounts.token_desk import NewToken, TokenRecord
from staffetta.accounts.usage import ScopeUsage, UsageReader
from staffetta.api.asgi import Answer
from staffetta.api.context import ApiContext
from staffetta.api.oauth.endpoint import Handle, OAuthCall
from staffetta.api.oauth.v2.answers import answer_data, answer_flat, shown_time
from staffetta.api.oauth.v2.errors import WrongId
from staffetta.api.oauth.v2.parse_query import parse_window
from staffetta.api.oauth.v2.parse_token import parse_change, parse_terms
from staffetta.api.oauth.v2.show_usage import counts_object
from staffetta.domain.secrets import is_token

_NEVER_USED: Final = ScopeUsage()


def create_handle(context: ApiContext) -> Handle:
    """Make a token."""
    return partial(_create, context)


def list_handle(context: ApiContext) -> Handle:
    """The live tokens of the caller's space, newest first."""
    return partial(_list, context, UsageReader(context.reports))


def get_handle(context: ApiContext) -> Handle:
    """One live token."""
    return partial(_get, context, UsageReader(context.database))


def change_handle(context: ApiContext) -> Handle:
    """Change a token, for whoever holds the API key."""
    return partial(_change, context, UsageReader(context.database))


def renew_handle(context: ApiContext) -> Handle:
    """Renew a token, for whoever holds its refresh token."""
    return partial(_renew, context)


def delete_handle(context: ApiContext) -> Handle:
    """End a token."""
    return partial(_delete, context)


async def require_token(_call: OAuthCall) -> NoReturn:
    """Refuse a call that must name a token and names none."""
    raise WrongId("Token ID is required: it stands in the path, like /tokens/5f2c…")


async def _create(context: ApiContext, call: OAuthCall) -> Answer:
    terms = parse_terms(await call.body(), call.now)
    made = await context.token_desk.create(call.space, terms, call.now, call.came_to)
    return answer_flat(_new_object(made, _NEVER_USED))


async def _list(context: ApiContext, usage: UsageReader, call: OAuthCall) -> Answer:
    window = parse_window(call.query)
    records = await context.token_desk.list(
        call.space, call.now, skip=window.skip, limit=window.limit
    )
    used = await usage.by_tokens([record.token_hash for record in records])
    return answer_data([_object(one, used.get(one.token_hash, _NEVER_USED)) for one in records])


async def _get(context: ApiContext, usage: UsageReader, call: OAuthCall) -> Answer:
    record = await context.token_desk.find(call.space, _token_in(call), call.now)
    if record is None:
        raise NoSuchToken("Not Found: this account has no such token, or it is over")
    return answer_flat(_object(record, await usage.by_token(record.token_hash)))


async def _change(context: ApiContext, usage: UsageReader, call: OAuthCall) -> Answer:
    token = _token_in(call)
    change = parse_change(await call.body(), call.now)
    record = await context.token_desk.change(call.space, token, change, call.now, call.came_to)
    return answer_flat(_object(record, await usage.by_token(record.token_hash)))


async def _renew(context: ApiContext, call: OAuthCall) -> Answer:
    """The body is not looked at: a refresh token renews, and changes nothing."""
    assert call.refresh_token is not None, "the edge asks this handle with a refresh token"
    token = _token_in(call)
    made = await context.token_desk.renew(call.space, call.refresh_token, call.now, token)
    return answer_flat(_new_object(made, _NEVER_USED))


async def _delete(context: ApiContext, call: OAuthCall) -> Answer:
    await context.token_desk.revoke(call.space, _token_in(call), call.now)
    return answer_data(None, "Deleted")


def _token_in(call: OAuthCall) -> str:
    token = call.path["token"]
    if not is_token(token):
        raise WrongId("Invalid Token Format: a token has 24 hexadecimal digits, in lower case")
    return token


def _object(record: TokenRecord, used: ScopeUsage) -> dict[str, Any]:
    return {
        "token": record.shown,
        "name": record.name,
        "createdAt": shown_time(record.created_at),
        "expireAt": shown_time(record.expire_at),
        "updatedAt": shown_time(record.updated_at),
        "scopes": record.scopes,
        "refreshToken": record.refresh_token,
        "limits": record.limits.as_object(),
        "stats": counts_object(used),
    }


def _new_object(made: NewToken, used: ScopeUsage) -> dict[str, Any]:
    return {
        "token": made.token,
        "name": made.name,
        "createdAt": shown_time(made.created_at),
        "expireAt": shown_time(made.expire_at),
        "updatedAt": shown_time(made.created_at),
        "scopes": made.scopes,
        "refreshToken": made.refresh_token,
        "limits": made.limits.as_object(),
        "stats": counts_object(used),
    }
