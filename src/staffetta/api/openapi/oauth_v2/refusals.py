"""Why OAuth v2 refuses its calls: each reason with the error that says its number and sentence."""

from functools import partial
from typing import Final

from staffetta.accounts.create_token import NAME_CHARACTERS_MAX, check_name
from staffetta.accounts.errors import NoSuchToken, WrongRefreshToken
from staffetta.accounts.token_limits import parse_limits
from staffetta.api.doors import Room
from staffetta.api.oauth.v2.dates import parse_date
from staffetta.api.oauth.v2.errors import REFUSALS, NotFound, WrongId
from staffetta.api.oauth.v2.parse_query import LIMIT_MAX, parse_scopes, parse_window
from staffetta.api.oauth.v2.parse_token import parse_change, parse_terms
from staffetta.api.openapi.calls import Call, Refusal
from staffetta.api.openapi.oauth import (
    NO_TOKEN,
    NOT_ENABLED,
    NOW,
    TOO_MANY,
    UNKEEPABLE,
    UNREADABLE,
    general_refusals,
    without_item,
)
from staffetta.api.openapi.words import Words, words
from staffetta.domain.environments import Environment

_FIELDS: Final = (
    UNREADABLE,
    UNKEEPABLE,
    Refusal(
        words("`scopes` is no array of texts, `name` is no text, or a number is none."),
        partial(parse_change, {"scopes": "*:*/*"}, NOW),
    ),
    Refusal(
        words(
            "`name` is longer than {most} characters, or holds some that are not printable.",
            most=NAME_CHARACTERS_MAX,
        ),
        partial(check_name, "x" * (NAME_CHARACTERS_MAX + 1)),
    ),
    Refusal(
        words("`limits` cannot be read, or has a field that is none; the message names it."),
        partial(parse_limits, {"total": 5}),
    ),
)
CREATING: Final = (
    Refusal(
        words("`scopes` is missing, null or empty; or the body has no fields."),
        partial(parse_terms, {}, NOW),
    ),
    *_FIELDS,
    TOO_MANY,
    NOT_ENABLED,
)
WRONG_TOKEN: Final = Refusal(
    words("What stands in the path is no token: 24 hexadecimal digits in lower case."),
    lambda: WrongId("Invalid Token Format: a token has 24 hexadecimal digits, in lower case"),
)
READING: Final = (
    WRONG_TOKEN,
    Refusal(
        words("The account has no such token in this environment, or it is over."),
        lambda: NoSuchToken("Not Found: this account has no such token, or it is over"),
    ),
)
_NO_ITEM: Final = WrongId("Token ID is required: it stands in the path, like /tokens/5f2c…")
CHANGING: Final = (
    WRONG_TOKEN,
    without_item(REFUSALS, "PATCH /tokens", _NO_ITEM),
    Refusal(
        words(
            "The refresh token is unknown, was used already, is over, or belongs to another token,"
            " account or environment."
        ),
        lambda: WrongRefreshToken("this refresh token was used already, is over, or never was"),
    ),
    NO_TOKEN,
    Refusal(words("`scopes` is empty."), partial(parse_change, {"scopes": []}, NOW)),
    *_FIELDS,
    NOT_ENABLED,
)
ENDING: Final = (WRONG_TOKEN, without_item(REFUSALS, "DELETE /tokens", _NO_ITEM), NO_TOKEN)
NO_SCOPE: Final = Refusal(
    words("This environment has no such scope."),
    lambda: NotFound("Scope not found: GET /scopes lists them with their ids"),
)
WINDOW: Final = Refusal(
    words("`skip` or `limit` cannot be read, or is out of bounds."),
    partial(parse_window, {"limit": str(LIMIT_MAX + 1)}),
)
SCOPES: Final = Refusal(
    words("`scopes` names what is no scope, or too many."),
    partial(parse_scopes, {"scopes": "http://example.com/"}, Environment.SANDBOX),
)
DATE: Final = Refusal(
    words("`date` is no year, month or day, or none of those that can be counted."),
    partial(parse_date, "2026-02-30", NOW.date()),
)


def of_item(what: str, wrong: Words, missing: Words) -> tuple[Refusal, Refusal]:
    """What a call for one thing may be refused for."""
    return (
        Refusal(wrong, lambda: WrongId(f"Query error: a {what}'s id has 24 hexadecimal digits")),
        Refusal(missing, lambda: NotFound(f"{what.capitalize()} not found")),
    )


_WRONG_ID: Final = words("The id is none: it has 24 hexadecimal digits.")
CALLBACK: Final = of_item(
    "callback", _WRONG_ID, words("The account has no such callback in this environment.")
)
SUBSCRIPTION: Final = of_item(
    "subscription", _WRONG_ID, words("The account has no such bundle in this environment.")
)


def refusals_of(call: Call) -> tuple[Refusal, ...]:
    """What any call of OAuth v2 may be refused for."""
    return general_refusals(Room.OAUTH_V2, call)
