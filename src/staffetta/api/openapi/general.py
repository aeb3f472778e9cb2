"""What the calls of several services have in common: tokens, rates, headers, faults, envelopes."""

from typing import Any, Final

import msgspec

from staffetta.accounts.token_rates import MINUTE_SECONDS
from staffetta.api.asgi import Answer
from staffetta.api.bodies import OCTETS_SETTING, BodyTooLarge
from staffetta.api.context import BODY_OCTETS_MAX, REQUESTS_PER_MINUTE_MAX
from staffetta.api.dialect import Dialect
from staffetta.api.doors import Room
from staffetta.api.oauth.errors import WrongCredentials
from staffetta.api.openapi.calls import Call, Refusal
from staffetta.api.openapi.parameters import answer_header
from staffetta.api.openapi.schemas import always, amount, described, text, whole
from staffetta.api.openapi.tree import Named
from staffetta.api.openapi.words import Words, words
from staffetta.api.refusals import FAULT, TOO_MANY_REQUESTS, envelope, refuse, retry_after
from staffetta.db.errors import TryAgain
from staffetta.domain.environments import Environment
from staffetta.domain.scopes import needed_scope

_WAIT_SECONDS: Final = 17  # of the minute of an example
_FAULT_ID: Final = "3f6c9a51d2e07b84"


RATE_HEADERS: Final = {
    "RateLimit-Limit": answer_header(
        "RateLimitLimit",
        whole(
            words(
                "How many requests a minute this credential may make: {limit} as shipped. Where an"
                " operator has set no limit, none of the three headers comes.",
                limit=f"{REQUESTS_PER_MINUTE_MAX:,}",
            ),
            REQUESTS_PER_MINUTE_MAX,
            minimum=1,
        ),
    ),
    "RateLimit-Remaining": answer_header(
        "RateLimitRemaining",
        whole(
            words("How many of them are left in this minute."),
            REQUESTS_PER_MINUTE_MAX - 1,
            minimum=0,
        ),
    ),
    "RateLimit-Reset": answer_header(
        "RateLimitReset",
        whole(
            words("In how many seconds the next minute begins."),
            _WAIT_SECONDS,
            minimum=0,
            maximum=MINUTE_SECONDS,
        ),
    ),
}
RETRY_AFTER: Final = answer_header(
    "RetryAfter",
    whole(words("After how many seconds to try again."), _WAIT_SECONDS, minimum=0),
)
CHALLENGE: Final = answer_header("WWWAuthenticate", text(words("How to authenticate."), "Bearer"))
REFUSAL_HEADERS: Final = {"retry-after": RETRY_AFTER, "www-authenticate": CHALLENGE}
"""By the names that answers give them."""

BEARER: Final = Named(
    "securitySchemes",
    "bearer",
    {
        "type": "http",
        "scheme": "bearer",
        "description": words(
            "A token of 24 hexadecimal characters, made by an OAuth service of the same"
            " environment. A token of the sandbox does not open production, nor the other way"
            " round. Each call needs a scope, which one token may have many of."
        ),
    },
)
BASIC: Final = Named(
    "securitySchemes",
    "basic",
    {
        "type": "http",
        "scheme": "basic",
        "description": words(
            "The account's e-mail address as user, its API key of this environment as password."
        ),
    },
)

ENVELOPE: Final = described(
    "PlatformRefusal",
    words("A refusal in the envelope that all services of the platform share."),
    {
        "data": always(words("Nothing."), None),
        "success": always(words("Whether the call succeeded: never, here."), value=False),
        "message": text(words("What is wrong, and what was expected."), "Wrong Token"),
        "error": amount(words("The number of the refusal."), 125),
    },
)


def token_refusals(dialect: Dialect, call: Call) -> tuple[Refusal, ...]:
    """What a call made with a token may be refused for, whatever it asks."""
    segment = call.path.split("/")[1]
    scope = needed_scope(call.method, dialect.service, Environment.PRODUCTION, segment)
    return (
        Refusal(
            words(
                "The Authorization header is missing or is no `Bearer`, or the token is unknown,"
                " expired, revoked, or of the other environment."
            ),
            lambda: envelope(401, "Wrong Token", dialect.wrong_token, _challenge()),
        ),
        Refusal(
            words("The token has not the scope that the call needs."),
            lambda: envelope(403, f"the token lacks the scope {scope}", dialect.wrong_scope),
        ),
        Refusal(
            words("The token may be used from other addresses only (its limits, `ip`)."),
            lambda: envelope(
                403,
                "the token may not be used from 203.0.113.7: its limits name other addresses",
                dialect.wrong_address,
            ),
        ),
        *rate_refusals(
            dialect.room,
            "this token",
            words("Too many requests: in this minute, or in the life of a limited token."),
        ),
    )


def key_refusals(room: Room) -> tuple[Refusal, ...]:
    """What a call made with the API key may be refused for, whatever it asks."""
    return (
        Refusal(
            words(
                "The Authorization header is missing or is no `Basic`, or the e-mail address or the"
                " API key is wrong, or the key is of the other environment."
            ),
            lambda: WrongCredentials("Wrong e-mail or API key, or one of the other environment"),
        ),
        *rate_refusals(
            room, "this key, or to renew tokens", words("Too many requests in this minute.")
        ),
    )


def rate_refusals(room: Room, whose: str, too_many: Words) -> tuple[Refusal, ...]:
    """What any call of a service may be refused for."""
    limit = REQUESTS_PER_MINUTE_MAX
    return (
        Refusal(
            too_many,
            lambda: refuse(
                room,
                TOO_MANY_REQUESTS,
                f"more than {limit} requests in a minute with {whose}",
                retry_after(_WAIT_SECONDS),
            ),
        ),
        Refusal(
            words("A fault of the server. The message has an id that stands in its log, too."),
            lambda: refuse(room, FAULT, f"a fault on our side: it is in the log as {_FAULT_ID}"),
        ),
        Refusal(
            words("The server cannot answer now, and nothing was kept: send the request again."),
            TryAgain,
        ),
    )


def body_too_large() -> Refusal:
    """The 413 of every call with a body."""
    return Refusal(
        words(
            "The body is longer than the server takes: {octets} octets as shipped.",
            octets=f"{BODY_OCTETS_MAX:,}",
        ),
        lambda: BodyTooLarge(BODY_OCTETS_MAX, OCTETS_SETTING),
    )


def _challenge() -> tuple[tuple[bytes, bytes], ...]:
    return ((b"www-authenticate", b"Bearer"),)


def number_in(answer: Answer) -> Any:
    """The number that a refusal's body has, as JSON writes it."""
    body = msgspec.json.decode(answer.body)
    return body["error"] if "error" in body else body["code"]
