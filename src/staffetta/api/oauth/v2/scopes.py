"""GET /scopes and /scopes/{id}: what tokens can be made for, and what it costs."""

from functools import partial

from staffetta.api.asgi import Answer
from staffetta.api.context import ApiContext
from staffetta.api.oauth.endpoint import Handle, OAuthCall
from staffetta.api.oauth.v2.answers import answer_data
from staffetta.api.oauth.v2.errors import NotFound
from staffetta.api.oauth.v2.scope_catalogue import CATALOGUES, scope_detail, scope_object


def list_handle() -> Handle:
    """Every scope of the caller's environment; however many are asked for, all are told."""
    return _list


def get_handle(context: ApiContext) -> Handle:
    """One of them, with its limits and prices."""
    return partial(_get, context)


async def _list(call: OAuthCall) -> Answer:
    catalogue = CATALOGUES[call.space.environment]
    return answer_data([scope_object(one) for one in catalogue.values()])


async def _get(context: ApiContext, call: OAuthCall) -> Answer:
    environment = call.space.environment
    one = CATALOGUES[environment].get(call.path["id"].lower())
    if one is None:
        raise NotFound("Scope not found: GET /scopes lists them with their ids")
    per_minute_max = context.settings.requests_per_minute_max
    return answer_data(scope_detail(one, context.routes(), environment, per_minute_max))
