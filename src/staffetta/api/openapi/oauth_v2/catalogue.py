"""Scopes, money and bundles as OAuth v2 answers them."""

from typing import Final

from staffetta.api.context import REQUESTS_PER_MINUTE_MAX
from staffetta.api.oauth.v2.scope_catalogue import scope_id
from staffetta.api.oauth.v2.show_money import subscription_id
from staffetta.api.openapi.oauth import HOST, SCOPE, envelope_of, mapping
from staffetta.api.openapi.oauth_v2.objects import (
    CREATED_AT,
    EXPIRE_AT,
    ID,
    domain_field,
    scope_field,
)
from staffetta.api.openapi.schemas import (
    Field,
    always,
    amount,
    described,
    either,
    flag,
    inner,
    many,
    moment,
    text,
)
from staffetta.api.openapi.words import Text, words
from staffetta.domain.scopes import CALLS, Scope

SCOPE_ID: Final = scope_id(SCOPE)
SUBSCRIPTION_ID: Final = subscription_id(7)
TRANSACTION_ID: Final = "65f2c1a0c3d9f4071b6e2a58"
_SEGMENT: Final = Scope.parse(SCOPE).segment
_METHODS: Final = sorted({method for calls in CALLS.values() for method, _ in calls})

_SCOPE_FIELDS: Final = {
    "id": text(words("The scope's id, the same on every server."), SCOPE_ID, pattern=ID),
    "scope": scope_field(words("The scope, as tokens are made with it.")),
    "method": text(words("Its method."), "POST", enum=_METHODS),
    "endpoint": text(words("Its first segment of the path."), _SEGMENT),
    "domain": text(words("Its host."), HOST),
    "enabled": always(words("Whether the account may use it: always."), value=True),
}
SCOPE_OBJECT: Final = described(
    "Scope", words("A call that tokens can be made for."), _SCOPE_FIELDS
)


def _free(said: Text, example: int | bool) -> Field:
    return either(said, example, ("integer", "boolean"))


_FREE: Final = described(
    "FreeLimits",
    words("How many requests cost nothing; false: as many as you like."),
    {
        "dayLimit": _free(words("A day. 0 for calls that cost."), 0),
        "monthLimit": _free(words("A month."), example=False),
        "yearLimit": _free(words("A year."), example=False),
        "totalLimit": _free(words("In all."), example=False),
    },
)
SCOPE_DETAIL: Final = described(
    "ScopeDetail",
    words("A call that tokens can be made for, with its limits and prices."),
    {
        **_SCOPE_FIELDS,
        "rateLimit": either(
            words("How often one token may call it; false: as often as it likes."),
            f"{REQUESTS_PER_MINUTE_MAX}/minute",
            ("string", "boolean"),
        ),
        "freeLimits": inner(words("What costs nothing."), _FREE),
        "requirements": Field(
            {
                "type": "object",
                "description": words("What must be done before: nothing."),
                "maxProperties": 0,
                "examples": [{}],
            },
            {},
        ),
        "prices": mapping(
            words(
                "What a segment costs now, by the endpoint in small letters, followed by the"
                " country where it reaches all (`ww-messages-fr`). Countries without a route, and"
                " calls that cost nothing, have none."
            ),
            amount(words("The price, in the account's currency."), 0.045, minimum=0),
            _SEGMENT.lower(),
        ),
    },
)
SCOPES_ANSWER: Final = envelope_of(
    "ScopesAnswer", many(words("All scopes of this environment."), SCOPE_OBJECT)
)
SCOPE_ANSWER: Final = envelope_of("ScopeAnswer", SCOPE_DETAIL)

_WALLET: Final = described(
    "Wallet",
    words("The account's money in this environment."),
    {
        "credit": amount(
            words("What there is, without what is held for messages under way."), 1000
        ),
        "createdAt": moment(words("When it was made."), CREATED_AT),
        "updatedAt": moment(words("When it moved last."), CREATED_AT),
    },
)
WALLET_ANSWER: Final = envelope_of("WalletAnswer", _WALLET)
_TRANSACTION: Final = described(
    "Transaction",
    words("One movement of money."),
    {
        "id": text(words("Its id."), TRANSACTION_ID, pattern=ID),
        "amount": amount(words("Above 0 what came in, below what went out."), -0.045),
        "createdAt": moment(words("When it happened."), CREATED_AT),
        "description": text(
            words("What it was, with the message's id where there is one."),
            "Message 65f2c1a05e1f9b0c4d7a8e21",
        ),
    },
)
TRANSACTIONS_ANSWER: Final = envelope_of(
    "TransactionsAnswer", many(words("The movements, the newest first."), _TRANSACTION)
)
SUBSCRIPTION: Final = described(
    "Subscription",
    words("A bundle: segments that were bought together, for a period."),
    {
        "id": text(
            words("Its id: the operator's number, with zeros in front."),
            SUBSCRIPTION_ID,
            pattern=ID,
        ),
        "scope": scope_field(
            words("What it covers; `*` in the last place: every call that sends.")
        ),
        "domain": domain_field(),
        "active": flag(words("Whether it runs."), example=True),
        "startsAt": moment(words("When the present period began."), CREATED_AT),
        "expiresAt": moment(words("When it ends."), EXPIRE_AT),
        "totalRequests": text(words("Its segments, as text."), "10000", pattern="^[0-9]+$"),
        "availableRequests": text(
            words("Those that are left, as text."), "9820", pattern="^[0-9]+$"
        ),
        "pricePerRequest": amount(words("What a segment comes to."), 0.04, minimum=0),
        "type": text(
            words("How long its period is: `day`, `week`, `month`, `year`, or so many days."),
            "month",
        ),
        "autorenew": flag(words("Whether it begins again by itself."), example=True),
        "createdAt": moment(words("When it was bought."), CREATED_AT),
        "updatedAt": moment(words("When it began last, or was ended."), CREATED_AT),
        "price": amount(words("What a period costs."), 400, minimum=0),
    },
)
SUBSCRIPTION_ANSWER: Final = envelope_of("SubscriptionAnswer", SUBSCRIPTION)
SUBSCRIPTIONS_ANSWER: Final = envelope_of(
    "SubscriptionsAnswer",
    Field(
        {
            "description": words("The bundles, the newest first; with `id`, that one alone."),
            "anyOf": [{"type": "array", "items": SUBSCRIPTION}, SUBSCRIPTION],
        },
        [SUBSCRIPTION.example],
    ),
)
