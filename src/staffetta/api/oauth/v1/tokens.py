"""POST and GET /token; GET, PUT, PATCH and DELETE /token/{token}."""

from functools import partial
from typing import Final

from staffetta.accounts.find_tokens import LIST_MAX
from staffetta.accounts.token_desk import TokenChange, TokenDesk, TokenTerms
from staffetta.api.asgi import Answer
from staffetta.api.oauth.endpoint import Handle, OAuthCall
from staffetta.api.oauth.errors import MissingScopes
from staffetta.api.oauth.parameters import count_of, lifetime_of, texts_of
from staffetta.api.oauth.v1.answers import (
    NOTHING,
    answer_data,
    answer_new,
    answer_sentence,
    token_object,
)
from staffetta.api.oauth.v1.errors import OnlySingleTokens, WrongToken
from staffetta.domain.secrets import is_token

SKIP_MAX: Final = 1_000_000


def token_handles(desk: TokenDesk) -> dict[str, Handle]:
    """The calls of /token."""
    return {
        "GET": partial(_list, desk),
        "POST": partial(_create, desk),
        "PUT": partial(_refuse_all, "replaced"),
        "PATCH": partial(_refuse_all, "changed"),
        "DELETE": partial(_refuse_all, "deleted"),
    }


def single_token_handles(desk: TokenDesk) -> dict[str, Handle]:
    """The calls of /token/{token}."""
    return {
        "GET": partial(_get, desk),
        "PUT": partial(_replace, desk),
        "PATCH": partial(_change, desk),
        "DELETE": partial(_revoke, desk),
    }


async def _create(desk: TokenDesk, call: OAuthCall) -> Answer:
    given = await call.body()
    scopes = texts_of(given, "scopes")
    if scopes is None:
        raise MissingScopes("missing scopes array")
    seconds = lifetime_of(given, call.now)
    terms = TokenTerms(scopes) if seconds is None else TokenTerms(scopes, seconds)
    return answer_new(await desk.create(call.space, terms, call.now, call.came_to))


async def _list(desk: TokenDesk, call: OAuthCall) -> Answer:
    query = call.query
    wanted = texts_of(query, "scope") or texts_of(query, "scopes") or ()
    records = await desk.list(
        call.space,
        call.now,
        scopes=tuple(filter(None, wanted)),
        skip=count_of(query, "skip", 0, SKIP_MAX),
        limit=count_of(query, "limit", LIST_MAX, LIST_MAX) or LIST_MAX,
        came_to=call.came_to,
    )
    return answer_data([token_object(record) for record in records]) if records else NOTHING


async def _get(desk: TokenDesk, call: OAuthCall) -> Answer:
    token = call.path["token"]
    if not is_token(token):
        raise WrongToken
    record = await desk.find(call.space, token, call.now)
    return NOTHING if record is None else answer_data([token_object(record)])


async def _replace(desk: TokenDesk, call: OAuthCall) -> Answer:
    given = await call.body()
    scopes = texts_of(given, "scopes")
    if scopes is None:
        raise MissingScopes("missing scopes array")
    return await _apply(desk, call, TokenChange(scopes, lifetime_of(given, call.now)))


async def _change(desk: TokenDesk, call: OAuthCall) -> Answer:
    given = await call.body()
    change = TokenChange(texts_of(given, "scopes"), lifetime_of(given, call.now))
    if change == TokenChange():
        raise MissingScopes("missing scopes array and expire")
    return await _apply(desk, call, change)


async def _apply(desk: TokenDesk, call: OAuthCall, change: TokenChange) -> Answer:
    record = await desk.change(call.space, call.path["token"], change, call.now, call.came_to)
    return answer_data([token_object(record)])


async def _revoke(desk: TokenDesk, call: OAuthCall) -> Answer:
    await desk.revoke(call.space, call.path["token"], call.now)
    return answer_sentence("1 deleted token")


async def _refuse_all(verb: str, _call: OAuthCall) -> Answer:
    raise OnlySingleTokens(verb)
