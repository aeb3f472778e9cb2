"""GET /senders and POST /senders/alias: the senders that an account asked for."""

from functools import partial

from staffetta.api.asgi import Answer, json_answer
from staffetta.api.bodies import read_body
from staffetta.api.context import ApiContext
from staffetta.api.endpoint import Call, Handle
from staffetta.api.v2.errors import NoSenders
from staffetta.api.v2.parse_sender import parse_application
from staffetta.compliance.register_sender import RegisteredSender


def senders_handle(context: ApiContext) -> Handle:
    """The senders of the caller's space."""
    return partial(_list, context)


def alias_handle(context: ApiContext) -> Handle:
    """Ask for a sender."""
    return partial(_register, context)


async def _list(context: ApiContext, call: Call) -> Answer:
    senders = await context.senders.list(call.grant.space_id)
    if not senders:
        raise NoSenders("No senders found")
    return json_answer(200, {"data": [_object(sender) for sender in senders]})


async def _register(context: ApiContext, call: Call) -> Answer:
    body = await read_body(
        call.receive, call.headers.get(b"content-length"), context.settings.body_octets_max
    )
    application = parse_application(body)
    grant = call.grant
    sender = await context.senders.register(
        grant.space_id, grant.environment, application, call.now
    )
    return json_answer(201, {"data": _object(sender)})


def _object(sender: RegisteredSender) -> dict[str, str]:
    return {"countryCode": sender.country, "sender": sender.sender, "state": sender.state}
