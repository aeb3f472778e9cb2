"""The calls on v1's messages."""

from functools import partial
from typing import Final

from staffetta.api.asgi import Answer, Spent
from staffetta.api.bodies import read_body
from staffetta.api.context import ApiContext
from staffetta.api.endpoint import Call, Handle
from staffetta.api.v1.errors import (
    CANCELLING,
    CHANGING,
    READING,
    Numbers,
    credit_insufficient,
    credit_not_enough,
    id_required,
    invalid_id,
    not_found,
)
from staffetta.api.v1.parse import parse_post, parse_put
from staffetta.api.v1.query import page_of
from staffetta.api.v1.render import deleted, listed_object, message_object, results, success
from staffetta.api.v2.send import REPLAYED
from staffetta.domain.errors import AccountBlocklisted, CreditTooLow
from staffetta.domain.ids import parse_id
from staffetta.messaging.bulk.errors import NoSuchMessage
from staffetta.messaging.bulk.read import BulkView

LISTED: Final = 100
LISTED_MAX: Final = 1000


def post_handle(context: ApiContext) -> Handle:
    """POST /messages: send, now, later, or when the transaction is closed."""
    return partial(_post, context)


def put_handle(context: ApiContext) -> Handle:
    """PUT /messages/{id}: more recipients, another time, the end of a transaction."""
    return partial(_put, context)


def get_handle(context: ApiContext) -> Handle:
    """GET /messages/{id}."""
    return partial(_get, context)


def list_handle(context: ApiContext) -> Handle:
    """GET /messages: the newest first."""
    return partial(_list, context)


def delete_handle(context: ApiContext) -> Handle:
    """DELETE /messages/{id}: cancel what waits; nothing is refunded."""
    return partial(_delete, context)


async def delete_all(_call: Call) -> Answer:
    """DELETE /messages: an id is needed."""
    raise id_required()


def id_of(call: Call, numbers: Numbers) -> bytes:
    """The message's id in the path; raises Refused."""
    message_id = parse_id(call.scope["path_params"]["message_id"])
    if message_id is None:
        raise invalid_id(numbers)
    return message_id


async def _post(context: ApiContext, call: Call) -> Answer:
    if call.grant.blocklisted:
        raise AccountBlocklisted
    octets_max = context.settings.body_octets_max
    body = await read_body(call.receive, call.headers.get(b"content-length"), octets_max)
    request = parse_post(body, call.headers, context.settings.v1, call.now)
    try:
        accepted = await context.bulk.acceptor.accept(call.space, request, call.now)
    except AccountBlocklisted:
        context.authorizer.forget_space(call.grant.space_id)
        raise
    except CreditTooLow as short:
        raise credit_not_enough(short) from None
    # Nothing is read from here on: what failed now would tell the client to send it again.
    return success(
        201,
        [message_object(accepted.message)],
        "Message Queued",
        accepted.credit_micro,
        headers=REPLAYED if accepted.replayed else (),
        spent=Spent(accepted.paid_micro, 0),
    )


async def _put(context: ApiContext, call: Call) -> Answer:
    if call.grant.blocklisted:
        raise AccountBlocklisted
    message_id = id_of(call, CHANGING)
    octets_max = context.settings.body_octets_max
    body = await read_body(call.receive, call.headers.get(b"content-length"), octets_max)
    change = parse_put(body, call.now)
    try:
        changed = await context.bulk.changer.change(call.space, message_id, change, call.now)
    except NoSuchMessage:
        raise not_found(CHANGING) from None
    except AccountBlocklisted:
        context.authorizer.forget_space(call.grant.space_id)
        raise
    except CreditTooLow as short:
        raise credit_insufficient(short) from None
    return success(
        200,
        message_object(changed.message),
        "Updated",
        changed.credit_micro,
        spent=Spent(changed.paid_micro, 0),
    )


async def _get(context: ApiContext, call: Call) -> Answer:
    message = await _read(context, call, id_of(call, READING))
    credit_micro = await context.bulk.credit(call.grant.space_id)
    return success(200, [message_object(message)], results(1), credit_micro)


async def _list(context: ApiContext, call: Call) -> Answer:
    skip, limit = page_of(call.scope["query_string"], LISTED, LISTED_MAX)
    found = await context.bulk.reader.list(call.grant.space_id, skip, limit)
    if not found:
        raise not_found(READING)
    credit_micro = await context.bulk.credit(call.grant.space_id)
    data = [listed_object(message) for message in found]
    return success(200, data, results(len(data)), credit_micro)


async def _delete(context: ApiContext, call: Call) -> Answer:
    message_id = id_of(call, CANCELLING)
    try:
        await context.bulk.changer.cancel(call.space, message_id, call.now)
    except NoSuchMessage:
        raise not_found(CANCELLING) from None
    return deleted(message_id)


async def _read(context: ApiContext, call: Call, message_id: bytes) -> BulkView:
    message = await context.bulk.reader.get(call.grant.space_id, message_id)
    if message is None:
        raise not_found(READING)
    return message
