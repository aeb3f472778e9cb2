"""The objects of OAuth v1: tokens, credit and counters."""

from typing import Any, Final

from staffetta.accounts.create_token import LIFETIME_SECONDS_MAX
from staffetta.api.openapi.oauth import (
    HELD_SCOPE,
    NOW,
    ONE_SCOPE,
    SCOPE,
    SCOPES_ASKED,
    TOKEN,
    TOKEN_PATTERN,
    envelope_of,
    lifetime_fields,
    mapping,
    success_fields,
)
from staffetta.api.openapi.schemas import (
    Field,
    always,
    amount,
    asked,
    described,
    many,
    optional,
    text,
    whole,
)
from staffetta.api.openapi.tree import Named
from staffetta.api.openapi.words import Words, paragraphs, words
from staffetta.domain.scopes import SCOPES_MAX

_END: Final = int(NOW.timestamp()) + LIFETIME_SECONDS_MAX
_HABITS: Final = words("One scope alone may be a text. An object stands for its values.")
_LEAST: Final = {"minItems": 1, "minProperties": 1, "minLength": 1}


def _scopes(kinds: tuple[str, ...], **least: Any) -> Field:
    schema = {
        "type": ["array", "string", "object", *kinds],
        "description": paragraphs(SCOPES_ASKED, _HABITS),
        "items": ONE_SCOPE.schema,
        "maxItems": SCOPES_MAX,
        "additionalProperties": ONE_SCOPE.schema,
        "maxProperties": SCOPES_MAX,
        **least,
    }
    return Field({**schema, "examples": [[SCOPE]]}, [SCOPE])


def _terms(scopes: Field, absent: Words) -> dict[str, Field]:
    lifetime = {name: optional(field) for name, field in lifetime_fields(absent).items()}
    return {"scopes": scopes, **lifetime}


_SAME_END: Final = words(
    "When the token ends, in Unix seconds; smaller than now, it is seconds from now on. `ttl` goes"
    " first. Without either the end stays."
)
TERMS: Final = asked(
    "NewToken",
    words("A token to be made."),
    _terms(
        _scopes((), **_LEAST),
        words(
            "Deprecated: give `ttl`. When the token ends, in Unix seconds; smaller than now, it is"
            " seconds from now on."
        ),
    ),
)
REPLACEMENT: Final = asked(
    "TokenReplacement",
    words("What a token is to be from now on."),
    _terms(_scopes((), **_LEAST), _SAME_END),
)
CHANGE: Final = asked(
    "TokenChange",
    words("What is to change, one field at least. What is absent, null or empty stays."),
    _terms(optional(_scopes(("null",))), _SAME_END),
)

_SCOPES: Final = many(words("What it may call, one by one."), HELD_SCOPE)
_EXPIRE: Final = whole(words("When it ends, in Unix seconds."), _END)
NEW_ANSWER: Final = described(
    "NewTokenAnswer",
    words("A new token, without `data` around it."),
    {
        "scopes": _SCOPES,
        "expire": _EXPIRE,
        "token": text(words("The token."), TOKEN, pattern=TOKEN_PATTERN),
        **success_fields(),
    },
)
TOKEN_OBJECT: Final = described(
    "Token",
    words("A token as its account sees it."),
    {
        "scopes": _SCOPES,
        "expire": _EXPIRE,
        "token": text(
            words("The token; its last four characters where the server keeps no copy."), TOKEN
        ),
    },
)
TOKENS_ANSWER: Final = envelope_of(
    "TokensAnswer", many(words("The live tokens, the newest first."), TOKEN_OBJECT)
)
TOKEN_ANSWER: Final = envelope_of(
    "TokenAnswer",
    many(words("The token, alone in a list."), TOKEN_OBJECT, minItems=1, maxItems=1),
)
ENDED_ANSWER: Final = described(
    "EndedAnswer",
    words("The token is over. There is no `data`."),
    {**success_fields(), "message": always(words("A sentence."), "1 deleted token")},
)
SCOPES_ANSWER: Final = envelope_of(
    "ScopesAnswer", many(words("All scopes of this environment."), HELD_SCOPE)
)
CREDIT_ANSWER: Final = envelope_of(
    "CreditAnswer",
    described(
        "Credit",
        words("The account's money in this environment."),
        {
            "credit": amount(
                words("What there is, without what is held for messages under way."), 1000
            )
        },
    ),
)
_COUNTER: Final[Named] = described(
    "Counter",
    words("How often the calls of a scope were asked."),
    {
        "counter": whole(words("Requests, refused ones too."), 1200, minimum=0),
        "paid": whole(words("Those that the wallet or a bundle paid for."), 1180, minimum=0),
        "limit": always(words("Null: there is none."), None),
    },
)
COUNTERS_ANSWER: Final = envelope_of(
    "CountersAnswer",
    mapping(words("The counts of each scope that was used."), _COUNTER, SCOPE),
)
