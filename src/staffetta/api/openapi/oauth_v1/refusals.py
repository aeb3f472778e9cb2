"""Why OAuth v1 refuses its calls: each reason with the error that says its number and sentence."""

from collections.abc import Callable
from functools import partial
from typing import Final

from staffetta.accounts.find_tokens import LIST_MAX
from staffetta.api.doors import Room
from staffetta.api.oauth.errors import MissingScopes
from staffetta.api.oauth.parameters import count_of, texts_of
from staffetta.api.oauth.v1.errors import OAUTH_V1, NoWallet, OnlySingleTokens, WrongToken
from staffetta.api.oauth.v1.periods import days_of
from staffetta.api.openapi.calls import Call, Refusal
from staffetta.api.openapi.oauth import (
    NO_TOKEN,
    NOT_ENABLED,
    TOO_MANY,
    UNKEEPABLE,
    UNREADABLE,
    general_refusals,
    without_item,
)
from staffetta.api.openapi.words import words

REFUSALS: Final = OAUTH_V1.refusals


def _missing(sentence: str) -> Callable[[], MissingScopes]:
    return lambda: MissingScopes(sentence)


_NO_SCOPES: Final = Refusal(
    words("`scopes` is missing, null or empty; or the body has no fields."),
    _missing("missing scopes array"),
)
_FIELDS: Final = (
    UNREADABLE,
    UNKEEPABLE,
    Refusal(
        words("`scopes` is no list of texts, or `ttl` or `expire` is no number."),
        partial(texts_of, {"scopes": [7]}, "scopes"),
    ),
    NOT_ENABLED,
)
CREATING: Final = (_NO_SCOPES, *_FIELDS, TOO_MANY)
REPLACING: Final = (
    without_item(REFUSALS, "PUT /token", OnlySingleTokens("replaced")),
    NO_TOKEN,
    _NO_SCOPES,
    *_FIELDS,
)
CHANGING: Final = (
    without_item(REFUSALS, "PATCH /token", OnlySingleTokens("changed")),
    NO_TOKEN,
    Refusal(
        words("Neither scopes nor a lifetime are given."),
        _missing("missing scopes array and expire"),
    ),
    *_FIELDS,
)
ENDING: Final = (
    without_item(REFUSALS, "DELETE /token", OnlySingleTokens("deleted")),
    NO_TOKEN,
)
WRONG_TOKEN: Final = Refusal(
    words("What stands in the path is no token: 24 hexadecimal digits in lower case."), WrongToken
)
QUERY: Final = Refusal(
    words("A parameter cannot be read; the message names it."),
    partial(count_of, {"limit": str(LIST_MAX + 1)}, "limit", LIST_MAX, LIST_MAX),
)
NO_WALLET: Final = Refusal(
    words("The account has no wallet in this environment."),
    lambda: NoWallet("this account has no wallet in this environment"),
)


def wrong_date(period: str) -> Refusal:
    """A date that is none, of one of the counters' periods."""
    return Refusal(
        words("The date is missing, or is none; the message says how it is written."),
        partial(days_of, period, "yesterday"),
    )


def refusals_of(call: Call) -> tuple[Refusal, ...]:
    """What any call of OAuth v1 may be refused for."""
    return general_refusals(Room.OAUTH_V1, call)
