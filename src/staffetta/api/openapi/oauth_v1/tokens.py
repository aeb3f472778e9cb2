"""The calls of OAuth v1 that make, show, change and end tokens."""

from typing import Final

from staffetta.accounts.find_tokens import LIST_MAX
from staffetta.api.oauth.v1.tokens import SKIP_MAX
from staffetta.api.openapi.calls import Call, Reply
from staffetta.api.openapi.oauth import (
    ONE_SCOPE,
    SCOPE,
    TOKEN,
    TOKEN_PATTERN,
    page_parameters,
    token_links,
)
from staffetta.api.openapi.oauth_v1 import refusals
from staffetta.api.openapi.oauth_v1.objects import (
    CHANGE,
    ENDED_ANSWER,
    NEW_ANSWER,
    REPLACEMENT,
    TERMS,
    TOKEN_ANSWER,
    TOKENS_ANSWER,
)
from staffetta.api.openapi.parameters import in_path, query
from staffetta.api.openapi.schemas import many, text
from staffetta.api.openapi.words import paragraphs, words

_TOKEN_IN_PATH: Final = in_path(
    "Token", "token", text(words("The token."), TOKEN, pattern=TOKEN_PATTERN)
)
_LEAST: Final = {"least": (words("Only what is needed"), {"scopes": [SCOPE]})}
_LINKS: Final = token_links("getToken", "changeToken", "endToken", "/token")

TOKEN_CALLS: Final = (
    Call(
        method="POST",
        path="/token",
        id="createToken",
        tag="tokens",
        summary=words("Make a token"),
        said=words(
            "The token opens the calls that its scopes name, in this environment, until it ends."
        ),
        body=TERMS,
        bodies=_LEAST,
        replies=(Reply(200, words("The new token."), NEW_ANSWER, links=_LINKS),),
        refusals=refusals.CREATING,
    ),
    Call(
        method="GET",
        path="/token",
        id="listTokens",
        tag="tokens",
        summary=words("List tokens"),
        said=paragraphs(
            words("The live tokens of this environment, the newest first."),
            words("With scopes, those that hold all of them; `*` as where tokens are made."),
        ),
        parameters=(
            query("scope", text(words("One scope."), SCOPE)),
            query("scope[]", many(words("Several scopes."), ONE_SCOPE)),
            *page_parameters(SKIP_MAX, LIST_MAX, least=0),
        ),
        replies=(
            Reply(200, words("The tokens."), TOKENS_ANSWER),
            Reply(204, words("There are none."), None),
        ),
        refusals=(refusals.QUERY,),
    ),
    Call(
        method="GET",
        path="/token/{token}",
        id="getToken",
        tag="tokens",
        summary=words("Read a token"),
        said=words("A live token, in a list of one."),
        parameters=(_TOKEN_IN_PATH,),
        replies=(
            Reply(200, words("The token."), TOKEN_ANSWER),
            Reply(204, words("There is no such token, or it is over."), None),
        ),
        refusals=(refusals.WRONG_TOKEN,),
    ),
    Call(
        method="PUT",
        path="/token/{token}",
        id="replaceToken",
        tag="tokens",
        summary=words("Give a token other scopes"),
        said=words("It holds everywhere within a second."),
        body=REPLACEMENT,
        bodies=_LEAST,
        parameters=(_TOKEN_IN_PATH,),
        replies=(Reply(200, words("The token as it is now."), TOKEN_ANSWER),),
        refusals=refusals.REPLACING,
    ),
    Call(
        method="PATCH",
        path="/token/{token}",
        id="changeToken",
        tag="tokens",
        summary=words("Change a token"),
        said=words("It holds everywhere within a second."),
        body=CHANGE,
        bodies={"longer": (words("Another end"), {"ttl": 86_400})},
        parameters=(_TOKEN_IN_PATH,),
        replies=(Reply(200, words("The token as it is now."), TOKEN_ANSWER),),
        refusals=refusals.CHANGING,
    ),
    Call(
        method="DELETE",
        path="/token/{token}",
        id="endToken",
        tag="tokens",
        summary=words("End a token"),
        said=words("The token opens nothing any more, everywhere within a second."),
        parameters=(_TOKEN_IN_PATH,),
        replies=(Reply(200, words("It is over."), ENDED_ANSWER),),
        refusals=refusals.ENDING,
    ),
)
