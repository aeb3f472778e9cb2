"""OAuth v1 as one `Service`: its tags, its calls in the order of the reference, its refusals."""

from typing import Final

from staffetta.api.doors import Room
from staffetta.api.oauth.v1.periods import PERIODS
from staffetta.api.openapi.calls import Service, Tag
from staffetta.api.openapi.general import BASIC, ENVELOPE, RATE_HEADERS
from staffetta.api.openapi.oauth import challenge_of
from staffetta.api.openapi.oauth_v1.reading import ACCOUNT_CALLS, COUNTER_CALLS
from staffetta.api.openapi.oauth_v1.refusals import REFUSALS, refusals_of
from staffetta.api.openapi.oauth_v1.tokens import TOKEN_CALLS
from staffetta.api.openapi.words import paragraphs, words

OAUTH_V1_SERVICE: Final = Service(
    name="oauth-v1",
    room=Room.OAUTH_V1,
    title=words("OAuth"),
    version="1.0.0",
    said=paragraphs(
        words(
            "Where an account makes its tokens, and looks at its scopes, its credit and what it has"
            " asked. OAuth v2 does more; both know the same tokens."
        ),
        words("Every call takes the account's e-mail address and the API key of the environment."),
        words(
            "A success has `success` true and `error` null, and 204 has no body. A refusal has"
            " `success` false, `data` null, an English sentence in `message`, and a number in"
            " `error`. What belongs to another account, or to the other environment, is answered"
            " as what does not exist."
        ),
        words(
            "Bodies are JSON whatever their Content-Type says, or else a form"
            " (`scopes[]=…&ttl=60`); unknown fields and parameters are ignored, and paths may end"
            " with a slash. A path that is no call's is refused with 404, a method that its path"
            " has not with 405."
        ),
        words(
            "Sandbox and production share nothing: each has its API key, its tokens and its"
            " wallet. The examples are of the sandbox; in production the hosts of scopes have no"
            " `test.` in front."
        ),
    ),
    tags={
        "tokens": Tag(words("Tokens"), words("Making, changing and ending tokens.")),
        "account": Tag(words("Account"), words("What the account may call, and spend.")),
        "counters": Tag(words("Counters"), words("How often the account has called what.")),
    },
    calls=(*TOKEN_CALLS, *ACCOUNT_CALLS, *COUNTER_CALLS),
    security=(BASIC,),
    refuse=REFUSALS.answer,
    refused=refusals_of,
    refusal_body=lambda _answer: ENVELOPE,
    rate_headers=RATE_HEADERS,
    refusal_headers=challenge_of(REFUSALS),
    refusing=(
        "PUT /token",
        "PATCH /token",
        "DELETE /token",
        *(f"GET /counters/{period}" for period in PERIODS),
    ),
)
