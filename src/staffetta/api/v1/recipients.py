"""The calls on the recipients of v1's messages."""

from collections.abc import Sequence
from contextlib import aclosing
from functools import partial
from typing import Final

import msgspec

from staffetta.api.asgi import Answer
from staffetta.api.context import ApiContext
from staffetta.api.endpoint import Call, Handle
from staffetta.api.v1.errors import READING, not_found
from staffetta.api.v1.messages import id_of
from staffetta.api.v1.query import page_of
from staffetta.api.v1.render import results, success
from staffetta.api.v1.render_recipient import recipient_object
from staffetta.domain.dashed_numbers import parse_dashed_or_not
from staffetta.domain.errors import InvalidRecipient

LISTED: Final = 1_000
LISTED_MAX: Final = 10_000
PAGE_OCTETS_MAX: Final = 16 * 1_048_576  # of JSON: then a page ends, whatever was asked for


def list_recipients_handle(context: ApiContext) -> Handle:
    """GET /messages/{id}/recipients: in the order they were given."""
    return partial(_list, context)


def get_recipient_handle(context: ApiContext) -> Handle:
    """GET /messages/{id}/recipients/{number}."""
    return partial(_get, context)


async def _list(context: ApiContext, call: Call) -> Answer:
    message_id = id_of(call, READING)
    skip, limit = page_of(call.scope["query_string"], LISTED, LISTED_MAX)
    shown: list[msgspec.Raw] = []
    octets = 0
    pages = context.bulk.reader.recipients(call.grant.space_id, message_id, skip, limit)
    async with aclosing(pages):
        async for step in pages:
            for one in step:
                written = msgspec.json.encode(recipient_object(one))
                shown.append(msgspec.Raw(written))
                octets += len(written)
            if octets > PAGE_OCTETS_MAX:
                break
    if not shown:
        raise not_found(READING)
    return await _answer(context, call, shown)


async def _get(context: ApiContext, call: Call) -> Answer:
    message_id = id_of(call, READING)
    try:
        phone = parse_dashed_or_not(call.scope["path_params"]["number"])
    except InvalidRecipient:
        raise not_found(READING) from None
    found = await context.bulk.reader.recipient(call.grant.space_id, message_id, phone.e164)
    if found is None:
        raise not_found(READING)
    return await _answer(context, call, [recipient_object(found)])


async def _answer(context: ApiContext, call: Call, shown: Sequence[object]) -> Answer:
    credit_micro = await context.bulk.credit(call.grant.space_id)
    return success(200, shown, results(len(shown)), credit_micro, as_json_number=True)
