"""The calls on the recipients of v1's messages."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec

from staffetta.api.asgi import Answer
from staffetta.api.context import ApiContext
from staffetta.api.endpoint import Call, Handle
from staffetta.api.v1.errors import Refused
from staffetta.api.v1.messages import NOTHING_FOUND, id_of
from staffetta.api.v1.query import page_of
from staffetta.api.v1.render import results, success
from staffetta.api.v1.render_recipient import recipient_object
from staffetta.domain.dashed_numbers import parse_dashed_or_not
from staffetta.domain.errors import InvalidRecipient
from staffetta.messaging.bulk.read import RecipientView

_LISTED: Final = 1_000
_LISTED_MAX: Final = 10_000
_STEP: Final = 250  # recipients made into JSON between two pauses


def list_recipients_handle(context: ApiContext) -> Handle:
    """GET /messages/{id}/recipients: in the order they were given."""
    return partial(_list, context)


def get_recipient_handle(context: ApiContext) -> Handle:
    """GET /messages/{id}/recipients/{number}."""
    return partial(_get, context)


async def _list(context: ApiContext, call: Call) -> Answer:
    message_id = id_of(call, 202)
    skip, limit = page_of(call, _LISTED, _LISTED_MAX)
    found = await context.bulk.reader.recipients(call.grant.space_id, message_id, skip, limit)
    if not found:
        raise Refused(404, 203, NOTHING_FOUND)
    return await _answer(context, call, found)


async def _get(context: ApiContext, call: Call) -> Answer:
    message_id = id_of(call, 202)
    try:
        phone = parse_dashed_or_not(call.scope["path_params"]["number"])
    except InvalidRecipient:
        raise Refused(404, 203, NOTHING_FOUND) from None
    found = await context.bulk.reader.recipient(call.grant.space_id, message_id, phone.e164)
    if found is None:
        raise Refused(404, 203, NOTHING_FOUND)
    return await _answer(context, call, [found])


async def _answer(context: ApiContext, call: Call, found: Sequence[RecipientView]) -> Answer:
    credit_micro = await context.bulk.credit(call.grant.space_id)
    shown: list[msgspec.Raw] = []
    for start in range(0, len(found), _STEP):
        if start:
            await asyncio.sleep(0)  # a page of thousands must not hold up everybody else
        step = found[start : start + _STEP]
        shown += [msgspec.Raw(msgspec.json.encode(recipient_object(one))) for one in step]
    return success(200, shown, results(len(found)), credit_micro, as_json_number=True)
