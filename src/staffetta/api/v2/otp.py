"""POST /otp and /otp/{id}/verify: a one-time password sent, and what a person typed checked."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import msgspec

from staffetta.api.asgi import Answer, Spent, json_answer
from staffetta.api.bodies import read_body
from staffetta.api.context import ApiContext
from staffetta.api.endpoint import Call, Handle
from staffetta.api.v2.parse_otp import parse_code, parse_otp
from staffetta.api.v2.read import message_id_in
from staffetta.api.v2.render import message_object
from staffetta.api.v2.send import REPLAYED
from staffetta.domain.errors import AccountBlocklisted
from staffetta.otp.send import OtpRequest, SentOtp
from staffetta.otp.verify import Verified, Wrong

PATH: Final = "/otp"


def otp_handle(context: ApiContext) -> Handle:
    """Send a one-time password."""
    return partial(_send, context, context.clock.monotonic)


def verify_handle(context: ApiContext) -> Handle:
    """Check what a person typed against a message's code."""
    return partial(_verify, context)


async def _send(context: ApiContext, monotonic: Callable[[], float], call: Call) -> Answer:
    grant = call.grant
    if grant.blocklisted:
        raise AccountBlocklisted
    request = parse_otp(await _body_of(context, call), PATH, call.headers)
    started = monotonic()
    sent = await context.otp_sender.send(call.space, request, call.now)
    context.metrics.accepted(monotonic() - started)
    body = {"data": _otp_object(sent, request, grant.email)}
    headers = REPLAYED if sent.replayed else ()
    spent = Spent(sent.paid_micro, sent.covered_count)
    return Answer(201, msgspec.json.encode(body), headers, spent=spent)


def _otp_object(sent: SentOtp, request: OtpRequest, username: str) -> dict[str, Any]:
    return {
        **message_object(sent.message, username),
        "isOtp": True,
        "otp": sent.code,
        "otpOptions": {
            "length": request.length,
            "alphanumeric": request.alphanumeric,
            "cacheSeconds": request.cache_seconds,
        },
    }


async def _verify(context: ApiContext, call: Call) -> Answer:
    message_id = message_id_in(call)
    given = parse_code(await _body_of(context, call))
    outcome = await context.otp_verifier.verify(call.grant.space_id, message_id, given, call.now)
    return json_answer(200, {"data": _outcome_object(outcome)})


def _outcome_object(outcome: Verified | Wrong) -> dict[str, Any]:
    match outcome:
        case Verified():
            return {"verified": True}
        case Wrong(tries_left=tries_left):
            return {"verified": False, "triesLeft": tries_left}


async def _body_of(context: ApiContext, call: Call) -> bytes:
    octets_max = context.settings.body_octets_max
    return await read_body(call.receive, call.headers.get(b"content-length"), octets_max)
