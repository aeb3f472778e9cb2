"""The calls of OAuth v2 that look: at scopes and money, and back at what was told and asked."""

from typing import Final

from staffetta.accounts.count_usage import ERRORS_KEPT
from staffetta.accounts.usage import ERRORS_LOOKED_AT_MAX
from staffetta.api.oauth.v2.parse_query import FREE_SKIP_MAX, LIMIT_MAX, SKIP_MAX
from staffetta.api.openapi.calls import Call, Reply
from staffetta.api.openapi.oauth import HOST, SCOPE, link, page_parameters
from staffetta.api.openapi.oauth_v2 import refusals
from staffetta.api.openapi.oauth_v2.catalogue import (
    SCOPE_ANSWER,
    SCOPE_ID,
    SCOPES_ANSWER,
    SUBSCRIPTION_ANSWER,
    SUBSCRIPTION_ID,
    SUBSCRIPTIONS_ANSWER,
    TRANSACTIONS_ANSWER,
    WALLET_ANSWER,
)
from staffetta.api.openapi.oauth_v2.history import (
    ADDRESSES_ANSWER,
    CALLBACK_ANSWER,
    CALLBACK_ID,
    CALLBACKS_ANSWER,
    DOMAIN_ANSWER,
    DOMAINS_ANSWER,
    ERRORS_ANSWER,
    TOTALS_ANSWER,
)
from staffetta.api.openapi.parameters import in_path, query
from staffetta.api.openapi.schemas import text
from staffetta.api.openapi.words import paragraphs, words
from staffetta.callbacks.history import LOOKED_AT_MAX

_PAGE: Final = page_parameters(SKIP_MAX, LIMIT_MAX)
_SCOPES: Final = query(
    "scopes",
    text(
        words("Of these scopes alone, with commas between them; `*` as where tokens are made."),
        SCOPE,
    ),
)
_DATE: Final = query(
    "date",
    text(
        words("A year, a month or a day, in UTC. Without it, all that was counted."),
        "2026-03",
        pattern="^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$",
    ),
)
_HEX: Final = "^[0-9A-Fa-f]{24}$"
_SCOPE_IN_PATH: Final = in_path(
    "ScopeId", "id", text(words("The scope's id."), SCOPE_ID, pattern=_HEX)
)
_CALLBACK_IN_PATH: Final = in_path(
    "CallbackId", "id", text(words("The callback's id."), CALLBACK_ID, pattern=_HEX)
)
_BUNDLE_PATTERN: Final = "^([0-9A-Fa-f]{24}|[0-9]{1,24})$"
_BUNDLE_IN_PATH: Final = in_path(
    "SubscriptionId",
    "id",
    text(
        words("The bundle's id; zeros in front may be left out."),
        SUBSCRIPTION_ID,
        pattern=_BUNDLE_PATTERN,
    ),
)
_DOMAIN_IN_PATH: Final = in_path(
    "Domain", "domain", text(words("The host of a service."), HOST, minLength=1)
)
_FIRST: Final = "/data/0/id"

SCOPE_CALLS: Final = (
    Call(
        method="GET",
        path="/scopes",
        id="listScopes",
        tag="scopes",
        summary=words("List scopes"),
        said=words("Everything that tokens of this environment can be made for, in one list."),
        replies=(
            Reply(
                200,
                words("The scopes."),
                SCOPES_ANSWER,
                links={"read": link("getScope", words("One of them."), id=_FIRST)},
            ),
        ),
    ),
    Call(
        method="GET",
        path="/scopes/{id}",
        id="getScope",
        tag="scopes",
        summary=words("Read a scope"),
        said=words("A scope with its limits, and with what its calls cost now."),
        parameters=(_SCOPE_IN_PATH,),
        replies=(Reply(200, words("The scope."), SCOPE_ANSWER),),
        refusals=(refusals.NO_SCOPE,),
    ),
)
MONEY_CALLS: Final = (
    Call(
        method="GET",
        path="/wallet",
        id="getWallet",
        tag="money",
        summary=words("Read the wallet"),
        said=words("What the account can spend in this environment."),
        replies=(Reply(200, words("The wallet."), WALLET_ANSWER),),
    ),
    Call(
        method="GET",
        path="/wallet/transactions",
        id="listTransactions",
        tag="money",
        summary=words("List transactions"),
        said=words("What moved the money, the newest first."),
        parameters=page_parameters(FREE_SKIP_MAX, LIMIT_MAX),
        replies=(Reply(200, words("The movements."), TRANSACTIONS_ANSWER),),
        refusals=(refusals.WINDOW,),
    ),
    Call(
        method="GET",
        path="/subscriptions",
        id="listSubscriptions",
        tag="money",
        summary=words("List bundles"),
        said=words("The account's bundles, running or over, the newest first."),
        parameters=(
            *_PAGE,
            _SCOPES,
            query(
                "id",
                text(
                    words("One bundle alone, which is answered by itself."),
                    SUBSCRIPTION_ID,
                    pattern=_BUNDLE_PATTERN,
                ),
            ),
        ),
        replies=(
            Reply(
                200,
                words("The bundles."),
                SUBSCRIPTIONS_ANSWER,
                links={"read": link("getSubscription", words("One of them."), id=_FIRST)},
            ),
        ),
        refusals=(refusals.WINDOW, refusals.SCOPES, *refusals.SUBSCRIPTION),
    ),
    Call(
        method="GET",
        path="/subscriptions/{id}",
        id="getSubscription",
        tag="money",
        summary=words("Read a bundle"),
        said=words("A bundle, and how much of it is left."),
        parameters=(_BUNDLE_IN_PATH,),
        replies=(Reply(200, words("The bundle."), SUBSCRIPTION_ANSWER),),
        refusals=refusals.SUBSCRIPTION,
    ),
)
HISTORY_CALLS: Final = (
    Call(
        method="GET",
        path="/callbacks",
        id="listCallbacks",
        tag="history",
        summary=words("List callbacks"),
        said=paragraphs(
            words("What was told to the account's addresses, and what came of it."),
            words(
                "Some scopes are looked for among the newest {most} callbacks.",
                most=f"{LOOKED_AT_MAX:,}",
            ),
        ),
        parameters=(*_PAGE, _SCOPES),
        replies=(
            Reply(
                200,
                words("The callbacks."),
                CALLBACKS_ANSWER,
                links={"read": link("getCallback", words("One of them."), id=_FIRST)},
            ),
        ),
        refusals=(refusals.WINDOW, refusals.SCOPES),
    ),
    Call(
        method="GET",
        path="/callbacks/{id}",
        id="getCallback",
        tag="history",
        summary=words("Read a callback"),
        said=words("What was told, whole, and what came of it."),
        parameters=(_CALLBACK_IN_PATH,),
        replies=(Reply(200, words("The callback."), CALLBACK_ANSWER),),
        refusals=refusals.CALLBACK,
    ),
    Call(
        method="GET",
        path="/errors",
        id="listErrors",
        tag="history",
        summary=words("List refused requests"),
        said=paragraphs(
            words("Those of the last {days} days, up to a second old.", days=ERRORS_KEPT.days),
            words(
                "Some scopes are looked for among the newest {most} of them.",
                most=f"{ERRORS_LOOKED_AT_MAX:,}",
            ),
        ),
        parameters=(*_PAGE, _SCOPES),
        replies=(Reply(200, words("The refused requests."), ERRORS_ANSWER),),
        refusals=(refusals.WINDOW, refusals.SCOPES),
    ),
)
STATISTICS_CALLS: Final = (
    Call(
        method="GET",
        path="/stats",
        id="getTotals",
        tag="statistics",
        summary=words("Count everything"),
        said=words("All services together. What was asked a second ago may be missing."),
        parameters=(_DATE,),
        replies=(Reply(200, words("The counts."), TOTALS_ANSWER),),
        refusals=(refusals.DATE,),
    ),
    Call(
        method="GET",
        path="/stats/apis",
        id="countServices",
        tag="statistics",
        summary=words("Count each service"),
        said=words("Each service that was called, by its host."),
        parameters=(_DATE,),
        replies=(Reply(200, words("The counts of each service."), DOMAINS_ANSWER),),
        refusals=(refusals.DATE,),
    ),
    Call(
        method="GET",
        path="/stats/apis/{domain}",
        id="countService",
        tag="statistics",
        summary=words("Count one service"),
        said=words("One service, scope by scope. One that nobody called has zeros."),
        parameters=(_DOMAIN_IN_PATH, _DATE),
        replies=(Reply(200, words("The counts of the service."), DOMAIN_ANSWER),),
        refusals=(refusals.DATE,),
    ),
    Call(
        method="GET",
        path="/stats/ips",
        id="listAddresses",
        tag="statistics",
        summary=words("List client addresses"),
        said=words("From where the services were called."),
        parameters=(_DATE,),
        replies=(Reply(200, words("The addresses."), ADDRESSES_ANSWER),),
        refusals=(refusals.DATE,),
    ),
)
