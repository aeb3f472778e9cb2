"""POST /IT-messages, /ES-messages, /WW-messages: from a request to a promise kept."""

from collections.abc import Callable
from functools import partial
from typing import Final

from staffetta.api.asgi import Answer, Header, Spent
from staffetta.api.bodies import read_body
from staffetta.api.context import ApiContext
from staffetta.api.endpoint import Call, Handle
from staffetta.api.v2.parse import parse_send
from staffetta.api.v2.render import render_message
from staffetta.domain.environments import Market
from staffetta.domain.errors import AccountBlocklisted, ForbiddenWords

REPLAYED: Final[tuple[Header, ...]] = ((b"idempotent-replay", b"true"),)


def send_handle(context: ApiContext, market: Market, path: str) -> Handle:
    """The POST of one market; `path` is what idempotency keys are told apart by."""
    return partial(_send, context, market, path, context.clock.monotonic)


async def _send(
    context: ApiContext, market: Market, path: str, monotonic: Callable[[], float], call: Call
) -> Answer:
    grant = call.grant
    if grant.blocklisted:
        raise AccountBlocklisted
    octets_max = context.settings.body_octets_max
    body = await read_body(call.receive, call.headers.get(b"content-length"), octets_max)
    request = parse_send(body, market, path, call.headers, call.now)
    started = monotonic()
    try:
        accepted = await context.acceptor.accept(call.space, request, call.now)
    except ForbiddenWords:
        context.authorizer.forget_space(grant.space_id)  # it is blocked now, unless a dry run
        raise
    context.metrics.accepted(monotonic() - started)
    headers = REPLAYED if accepted.replayed else ()
    spent = Spent(accepted.paid_micro, accepted.covered_count)
    return Answer(201, render_message(accepted.message, grant.email), headers, spent=spent)
