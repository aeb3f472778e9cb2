"""The calls of OAuth v2 that make, show, change, renew and end tokens."""

from typing import Final

from staffetta.api.oauth.v2.parse_query import LIMIT_MAX, SKIP_MAX
from staffetta.api.openapi.calls import Call, Reply
from staffetta.api.openapi.general import BASIC
from staffetta.api.openapi.oauth import (
    SCOPE,
    TOKEN,
    TOKEN_PATTERN,
    page_parameters,
    token_links,
)
from staffetta.api.openapi.oauth_v2 import refusals
from staffetta.api.openapi.oauth_v2.objects import (
    CHANGE,
    ENDED_ANSWER,
    TERMS,
    TOKEN_ANSWER,
    TOKENS_ANSWER,
)
from staffetta.api.openapi.parameters import in_path
from staffetta.api.openapi.schemas import text
from staffetta.api.openapi.tree import Named
from staffetta.api.openapi.words import paragraphs, words

REFRESH: Final = Named(
    "securitySchemes",
    "refreshToken",
    {
        "type": "http",
        "scheme": "bearer",
        "description": words(
            "The `refreshToken` that came with a token. It renews that token, once, and opens"
            " nothing else."
        ),
    },
)
_TOKEN_IN_PATH: Final = in_path(
    "Token", "token", text(words("The token."), TOKEN, pattern=TOKEN_PATTERN)
)
_LINKS: Final = token_links("getToken", "changeToken", "endToken", "/token")
_LEAST: Final = {"least": (words("Only what is needed"), {"scopes": [SCOPE]})}

TOKEN_CALLS: Final = (
    Call(
        method="POST",
        path="/tokens",
        id="createToken",
        tag="tokens",
        summary=words("Make a token"),
        said=words(
            "The token opens the calls that its scopes name, in this environment, until it ends."
            " Its fields stand beside `success` and in `data`, both."
        ),
        body=TERMS,
        bodies=_LEAST,
        replies=(Reply(200, words("The new token."), TOKEN_ANSWER, links=_LINKS),),
        refusals=refusals.CREATING,
    ),
    Call(
        method="GET",
        path="/tokens",
        id="listTokens",
        tag="tokens",
        summary=words("List tokens"),
        said=words("The live tokens of this environment, the newest first."),
        parameters=page_parameters(SKIP_MAX, LIMIT_MAX),
        replies=(Reply(200, words("The tokens."), TOKENS_ANSWER),),
        refusals=(refusals.WINDOW,),
    ),
    Call(
        method="GET",
        path="/tokens/{token}",
        id="getToken",
        tag="tokens",
        summary=words("Read a token"),
        said=words("A live token, with its limits and what it was used for."),
        parameters=(_TOKEN_IN_PATH,),
        replies=(Reply(200, words("The token."), TOKEN_ANSWER),),
        refusals=refusals.READING,
    ),
    Call(
        method="PATCH",
        path="/tokens/{token}",
        id="changeToken",
        tag="tokens",
        summary=words("Change or renew a token"),
        said=paragraphs(
            words(
                "With the API key: changes the fields that are given. It holds everywhere within a"
                " second."
            ),
            words(
                "With the refresh token as Bearer: answers a new token and a new refresh token,"
                " with the scopes, the name and the limits of the old ones, which are gone. The"
                " body is not looked at."
            ),
        ),
        body=CHANGE,
        bodies={"none": (words("To renew"), {})},
        body_needed=False,
        security=(BASIC, REFRESH),
        parameters=(_TOKEN_IN_PATH,),
        replies=(Reply(200, words("The token as it is now."), TOKEN_ANSWER, links=_LINKS),),
        refusals=refusals.CHANGING,
    ),
    Call(
        method="DELETE",
        path="/tokens/{token}",
        id="endToken",
        tag="tokens",
        summary=words("End a token"),
        said=words("The token opens nothing any more, everywhere within a second."),
        parameters=(_TOKEN_IN_PATH,),
        replies=(Reply(200, words("It is over."), ENDED_ANSWER),),
        refusals=refusals.ENDING,
    ),
)
