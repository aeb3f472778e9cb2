"""GET /callbacks and /callbacks/{id}: what was told to the account's URLs, and what came of it."""

from collections.abc import Iterable
from functools import partial

from staffetta.api.asgi import Answer
from staffetta.api.context import ApiContext
from staffetta.api.oauth.endpoint import Handle, OAuthCall
from staffetta.api.oauth.v2.answers import answer_data
from staffetta.api.oauth.v2.errors import NotFound, WrongId
from staffetta.api.oauth.v2.parse_query import parse_scopes, parse_window
from staffetta.api.oauth.v2.show_callback import callback_object, callback_summary
from staffetta.callbacks.history import find_delivery, list_deliveries
from staffetta.domain.ids import parse_id
from staffetta.domain.scopes import HOSTS, Scope


def list_handle(context: ApiContext) -> Handle:
    """The callbacks of the caller's space, newest first; v1's without their recipients.

    A hundred of them would be a hundred megabytes: one alone shows them.
    """
    return partial(_list, context)


def get_handle(context: ApiContext) -> Handle:
    """One of them."""
    return partial(_get, context)


async def _list(context: ApiContext, call: OAuthCall) -> Answer:
    environment = call.space.environment
    window = parse_window(call.query)
    scopes = parse_scopes(call.query, environment)
    calls = None if scopes is None else _calls(scopes)
    async with context.reports.acquire() as connection:
        found = await list_deliveries(
            connection, call.space.space_id, calls, window.skip, window.limit
        )
        claims = [one.claim.without_recipients for one in found if one.claim.message_id is not None]
        told = await context.callback_bodies.read(connection, claims)
    return answer_data(
        [callback_summary(one, told.get(one.claim.id), environment) for one in found]
    )


async def _get(context: ApiContext, call: OAuthCall) -> Answer:
    callback_id = parse_id(call.path["id"])
    if callback_id is None:
        raise WrongId("Query error: a callback's id has 24 hexadecimal digits")
    async with context.reports.acquire() as connection:
        found = await find_delivery(connection, call.space.space_id, callback_id)
        if found is None:
            raise NotFound("Callback not found")
        claims = [found.claim] if found.claim.message_id is not None else []
        told = await context.callback_bodies.read(connection, claims)
    return answer_data(callback_object(found, told.get(callback_id), call.space.environment))


def _calls(scopes: Iterable[str]) -> list[tuple[str, str]]:
    """The calls of single scopes, as a history is asked for; only sending calls back."""
    services = {host: service for (service, _), host in HOSTS.items()}
    wanted = [Scope.parse(text) for text in scopes]
    return [
        (services[scope.host], scope.segment)
        for scope in wanted
        if scope.method == "POST" and scope.host in services
    ]
