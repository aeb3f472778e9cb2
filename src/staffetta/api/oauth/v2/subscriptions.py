"""GET /subscriptions and /subscriptions/{id}: the account's bundles."""

import re
from collections.abc import Sequence
from functools import partial
from typing import Final

from staffetta.api.asgi import Answer
from staffetta.api.context import ApiContext
from staffetta.api.oauth.endpoint import Handle, OAuthCall
from staffetta.api.oauth.errors import InvalidParameter
from staffetta.api.oauth.v2.answers import answer_data
from staffetta.api.oauth.v2.errors import NotFound, WrongId
from staffetta.api.oauth.v2.parse_query import Window, parse_scopes, parse_window
from staffetta.api.oauth.v2.show_money import covers, subscription_object
from staffetta.db.pool import Connection
from staffetta.ledger.bundle import Bundle
from staffetta.ledger.sell_bundle import find_bundle, list_bundles

_ID: Final = re.compile(r"[0-9a-f]{24}|[0-9]{1,24}", re.ASCII | re.IGNORECASE)
_BUNDLE_ID_MAX: Final = 2**31 - 1


def list_handle(context: ApiContext) -> Handle:
    """The bundles of the caller's space, newest first; with `id`, that one."""
    return partial(_list, context)


def get_handle(context: ApiContext) -> Handle:
    """One of them."""
    return partial(_get, context)


async def _list(context: ApiContext, call: OAuthCall) -> Answer:
    given = call.query
    if (wanted := given.get("id") or None) is not None:
        if not isinstance(wanted, str):
            raise InvalidParameter("id must be given once")
        return await _answer_one(context, call, wanted)
    window = parse_window(given)
    scopes = parse_scopes(given, call.space.environment)
    async with context.database.acquire() as connection:
        found = await _bundles(connection, call, window, scopes)
    return answer_data(
        [subscription_object(bundle, call.space.environment, call.now) for bundle in found]
    )


async def _get(context: ApiContext, call: OAuthCall) -> Answer:
    return await _answer_one(context, call, call.path["id"])


async def _answer_one(context: ApiContext, call: OAuthCall, text: str) -> Answer:
    if _ID.fullmatch(text) is None:
        raise WrongId("Query error: a subscription's id has 24 hexadecimal digits")
    # Ours are decimal: anything else is nobody's.
    bundle_id = int(text) if text.isdigit() else _BUNDLE_ID_MAX + 1
    bundle = None
    if bundle_id <= _BUNDLE_ID_MAX:
        async with context.database.acquire() as connection:
            bundle = await find_bundle(connection, call.space.space_id, bundle_id)
    if bundle is None:
        raise NotFound("Subscription not found")
    return answer_data(subscription_object(bundle, call.space.environment, call.now))


async def _bundles(
    connection: Connection, call: OAuthCall, window: Window, scopes: Sequence[str] | None
) -> Sequence[Bundle]:
    space_id, environment = call.space.space_id, call.space.environment
    if scopes is None:
        return await list_bundles(connection, space_id, window.skip, window.limit)
    # An account has a hundred that run; of those that are over, the newest are looked at.
    wanted = frozenset(scopes)
    every = await list_bundles(connection, space_id)
    fitting = [bundle for bundle in every if covers(bundle, wanted, environment)]
    return fitting[window.skip :][: window.limit]
