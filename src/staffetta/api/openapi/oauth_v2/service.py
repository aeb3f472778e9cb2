"""OAuth v2 as one `Service`: its tags, its calls in the order of the reference, its refusals."""

from typing import Final

from staffetta.api.doors import Room
from staffetta.api.oauth.v2.errors import REFUSALS
from staffetta.api.openapi.calls import Service, Tag
from staffetta.api.openapi.general import BASIC, ENVELOPE, RATE_HEADERS
from staffetta.api.openapi.oauth import challenge_of
from staffetta.api.openapi.oauth_v2.reading import (
    HISTORY_CALLS,
    MONEY_CALLS,
    SCOPE_CALLS,
    STATISTICS_CALLS,
)
from staffetta.api.openapi.oauth_v2.refusals import refusals_of
from staffetta.api.openapi.oauth_v2.tokens import TOKEN_CALLS
from staffetta.api.openapi.words import paragraphs, words

OAUTH_V2_SERVICE: Final = Service(
    name="oauth-v2",
    room=Room.OAUTH_V2,
    title=words("OAuth"),
    version="2.0.0",
    said=paragraphs(
        words(
            "Where an account makes its tokens, limits and renews them, and looks back: at its"
            " money, at what it called, at what was refused, and at what its addresses were told."
        ),
        words(
            "Every call takes the account's e-mail address and the API key of the environment."
            " Renewing a token takes its refresh token instead."
        ),
        words(
            "A success is 200, with `data`, `message`, `success` true and `error` null. A refusal"
            " has `success` false, `data` null, an English sentence in `message`, and a number in"
            " `error`. What belongs to another account, or to the other environment, is refused"
            " as what does not exist."
        ),
        words(
            "Bodies are JSON whatever their Content-Type says, or else a form; unknown fields and"
            " parameters are ignored, and paths may end with a slash. Times are ISO 8601 in UTC;"
            " amounts are in the account's currency. A path that is no call's is refused with 404,"
            " a method that its path has not with 405."
        ),
        words(
            "Sandbox and production share nothing: each has its API key, its tokens and its"
            " wallet. The examples are of the sandbox; in production the hosts of scopes have no"
            " `test.` in front."
        ),
    ),
    tags={
        "tokens": Tag(words("Tokens"), words("Making, changing, renewing and ending tokens.")),
        "scopes": Tag(words("Scopes"), words("What tokens can be made for, and what it costs.")),
        "money": Tag(words("Money"), words("The wallet, what moved it, and bundles.")),
        "history": Tag(words("History"), words("What was told, and what was refused.")),
        "statistics": Tag(words("Statistics"), words("How often the services were called.")),
    },
    calls=(*TOKEN_CALLS, *SCOPE_CALLS, *MONEY_CALLS, *HISTORY_CALLS, *STATISTICS_CALLS),
    security=(BASIC,),
    refuse=REFUSALS.answer,
    refused=refusals_of,
    refusal_body=lambda _answer: ENVELOPE,
    rate_headers=RATE_HEADERS,
    refusal_headers=challenge_of(REFUSALS),
    refusing=("PATCH /tokens", "DELETE /tokens"),
)
