"""GET /messages, GET and DELETE /messages/{id}."""

from functools import partial

from staffetta.api.asgi import Answer
from staffetta.api.context import ApiContext
from staffetta.api.endpoint import Call, Handle
from staffetta.api.json_bodies import InvalidField
from staffetta.api.v2.errors import NoSuchMessage
from staffetta.api.v2.parse_list import next_link, parse_list, read_query
from staffetta.api.v2.render import render_list, render_message
from staffetta.domain.ids import parse_id
from staffetta.messaging.view import MessageView


def list_handle(context: ApiContext) -> Handle:
    """The messages of the caller's space, newest first."""
    return partial(_list, context)


def cancel_handle(context: ApiContext) -> Handle:
    """Take back one message of the caller's space that waits for its time."""
    return partial(_cancel, context)


def get_handle(context: ApiContext) -> Handle:
    """One message of the caller's space."""
    return partial(_get, context)


async def _list(context: ApiContext, call: Call) -> Answer:
    given = read_query(call.scope["query_string"])
    wanted = parse_list(given)
    listed = await context.reader.list(call.grant.space_id, wanted)
    if listed.next_before is None:
        return Answer(200, render_list(listed.views, call.grant.email))
    if wanted.skip and not listed.views:
        raise InvalidField(
            "skip leads past the messages that one request looks at: follow nextCursor instead"
        )
    cursor = listed.next_before.hex()
    body = render_list(listed.views, call.grant.email, cursor)
    return Answer(200, body, (next_link(given, cursor),))


async def _get(context: ApiContext, call: Call) -> Answer:
    message_id = message_id_in(call)
    view = await context.reader.get(call.grant.space_id, message_id, call.now)
    return _answer_one(view, message_id, call)


async def _cancel(context: ApiContext, call: Call) -> Answer:
    message_id = message_id_in(call)
    view = await context.canceller.cancel(call.grant.space_id, message_id, call.now)
    return _answer_one(view, message_id, call)


def message_id_in(call: Call) -> bytes:
    """The message that the path names; raises NoSuchMessage for what is no id."""
    message_id = parse_id(call.scope["path_params"]["message_id"])
    if message_id is None:
        raise NoSuchMessage("a message id has 24 hexadecimal digits")
    return message_id


def _answer_one(view: MessageView | None, message_id: bytes, call: Call) -> Answer:
    if view is None:
        raise NoSuchMessage(f"there is no message {message_id.hex()}")
    return Answer(200, render_message(view, call.grant.email))
