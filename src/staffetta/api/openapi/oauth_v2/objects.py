"""The objects of OAuth v2: tokens, scopes, money, and what an account looks back at."""

from typing import Any, Final

from staffetta.accounts.create_token import NAME_CHARACTERS_MAX
from staffetta.accounts.token_limits import NETWORKS_MAX, REQUESTS_MAX
from staffetta.api.openapi.oauth import (
    HELD_SCOPE,
    HOST,
    ONE_SCOPE,
    SCOPE,
    SCOPES_ASKED,
    TOKEN,
    envelope_of,
    lifetime_fields,
)
from staffetta.api.openapi.schemas import (
    Field,
    amount,
    asked,
    described,
    inner,
    many,
    moment,
    nullable,
    optional,
    text,
    whole,
)
from staffetta.api.openapi.words import Words, words
from staffetta.domain.money import AMOUNT_MICRO_MAX, MICRO
from staffetta.domain.scopes import SCOPES_MAX

ID: Final = "^[0-9a-f]{24}$"
CREATED_AT: Final = "2026-03-14T09:26:53Z"
EXPIRE_AT: Final = "2026-04-13T09:26:53Z"
IP: Final = "203.0.113.7"
_ASKED_COUNT: Final = {"minimum": 0, "maximum": REQUESTS_MAX}

LIMITS: Final = asked(
    "TokenLimits",
    words("What a token may use in its life. What is absent is not limited."),
    {
        name: optional(nullable(field))
        for name, field in {
            "totalRequests": whole(
                words("Requests, refused ones too (429 then)."), 100_000, **_ASKED_COUNT
            ),
            "walletRequests": whole(
                words("Accepted requests that the wallet pays for (402 then)."),
                50_000,
                **_ASKED_COUNT,
            ),
            "subscriptionRequests": whole(
                words("Accepted requests that bundles cover (402 then)."), 50_000, **_ASKED_COUNT
            ),
            "walletAmount": amount(
                words(
                    "What may be charged or held in all, in the account's currency, with six"
                    " decimals at most (402 then)."
                ),
                25.5,
                minimum=0,
                maximum=AMOUNT_MICRO_MAX // MICRO,
            ),
            "ip": many(
                words("Where it may be used from: addresses and networks (403 elsewhere)."),
                text(words("An address, or a network."), "203.0.113.0/24"),
                maxItems=NETWORKS_MAX,
            ),
        }.items()
    },
    additionalProperties=False,
)
_NO_END: Final = words(
    "When the token ends, in Unix seconds; smaller than now, it is seconds from now on. `ttl` goes"
    " first. Without either the token lives as long as it can."
)
_SAME_END: Final = words(
    "When the token ends, in Unix seconds; smaller than now, it is seconds from now on. `ttl` goes"
    " first. Without either the end stays."
)


def _terms(scopes: Field, absent: Words) -> dict[str, Field]:
    return {
        "scopes": scopes,
        "name": optional(
            nullable(
                text(
                    words("A name for the token, of printable characters."),
                    "shop",
                    maxLength=NAME_CHARACTERS_MAX,
                )
            )
        ),
        **{name: optional(field) for name, field in lifetime_fields(absent).items()},
        "limits": optional(
            nullable(inner(words("What it may use; null or an empty object: no limits."), LIMITS))
        ),
    }


_SCOPES: Final = many(SCOPES_ASKED, ONE_SCOPE, minItems=1, maxItems=SCOPES_MAX)
TERMS: Final = asked("NewToken", words("A token to be made."), _terms(_SCOPES, _NO_END))
CHANGE: Final = asked(
    "TokenChange",
    words(
        "What is to change. What is absent stays, and so does what is null, but for `limits`: they"
        " are replaced whole, and null takes them away. A body that is no object changes nothing."
    ),
    _terms(optional(nullable(_SCOPES)), _SAME_END),
)

COUNT_FIELDS: Final = {
    "totalRequests": whole(words("All requests that were answered, refused ones too."), 1200),
    "walletRequests": whole(words("Those that the wallet paid for, in whole or in part."), 1000),
    "subscriptionRequests": whole(words("Those that a bundle covered, in whole or in part."), 180),
    "errorRequests": whole(words("Those that were refused."), 20),
    "walletAmount": amount(words("What was charged or held when they were accepted."), 45),
}
COUNTS: Final = described("Counts", words("Requests, and what they cost."), COUNT_FIELDS)
TOKEN_FIELDS: Final = {
    "token": text(
        words(
            "The token. Where the server keeps no copy, its last four characters, but for the"
            " answer that makes it."
        ),
        TOKEN,
    ),
    "name": text(words("Its name; empty unless given."), "shop"),
    "createdAt": moment(words("When it was made."), CREATED_AT),
    "expireAt": moment(words("When it ends."), EXPIRE_AT),
    "updatedAt": moment(words("When it was changed last."), CREATED_AT),
    "scopes": many(words("What it may call, one by one."), HELD_SCOPE),
    "refreshToken": nullable(
        text(
            words(
                "What renews it, once. Null in other answers than the one that makes it, where the"
                " server keeps no copy."
            ),
            "9d41e07ac5b8f2360d7be1944c05fa38",
        )
    ),
    "limits": inner(words("Its limits, those that are set."), LIMITS),
    "stats": inner(words("What it was used for so far."), COUNTS),
}
TOKEN_OBJECT: Final = described("Token", words("A token as its account sees it."), TOKEN_FIELDS)
TOKEN_ANSWER: Final = envelope_of("TokenAnswer", TOKEN_OBJECT, TOKEN_FIELDS)
TOKENS_ANSWER: Final = envelope_of(
    "TokensAnswer", many(words("The live tokens, the newest first."), TOKEN_OBJECT)
)
ENDED_ANSWER: Final = envelope_of(
    "EndedAnswer", Field({"const": None, "description": words("Nothing.")}, None), None, "Deleted"
)


def anything(said: Words, example: dict[str, Any]) -> Field:
    """An object whose fields are another's."""
    kind = {"type": "object", "description": said, "additionalProperties": True}
    return Field({**kind, "examples": [example]}, example)


def scope_field(said: Words) -> Field:
    """A scope that something belongs to."""
    return text(said, SCOPE)


def domain_field() -> Field:
    """The host of a scope."""
    return text(words("The host of the service that was called."), HOST)
