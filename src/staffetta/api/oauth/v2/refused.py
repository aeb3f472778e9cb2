"""GET /errors: the requests that were refused."""

from functools import partial

from staffetta.accounts.usage import UsageReader
from staffetta.api.asgi import Answer
from staffetta.api.context import ApiContext
from staffetta.api.oauth.endpoint import Handle, OAuthCall
from staffetta.api.oauth.v2.answers import answer_data
from staffetta.api.oauth.v2.parse_query import parse_scopes, parse_window
from staffetta.api.oauth.v2.show_usage import error_object


def errors_handle(context: ApiContext) -> Handle:
    """The refusals of the caller's space, newest first."""
    return partial(_list, UsageReader(context.reports))


async def _list(usage: UsageReader, call: OAuthCall) -> Answer:
    window = parse_window(call.query)
    scopes = parse_scopes(call.query, call.space.environment) or ()
    found = await usage.errors(call.space.space_id, scopes, window.skip, window.limit)
    return answer_data([error_object(one) for one in found])
