"""Callbacks, refusals and statistics as OAuth v2 answers them."""

from typing import Final

from staffetta.accounts.usage import ADDRESSES_LISTED_MAX
from staffetta.api.openapi.oauth import HOST, SCOPE, envelope_of, mapping
from staffetta.api.openapi.oauth_v2.objects import (
    COUNT_FIELDS,
    COUNTS,
    CREATED_AT,
    ID,
    IP,
    anything,
    domain_field,
    scope_field,
)
from staffetta.api.openapi.schemas import (
    Field,
    amount,
    described,
    flag,
    many,
    moment,
    nullable,
    text,
    whole,
)
from staffetta.api.openapi.sends import MESSAGE_ID
from staffetta.api.openapi.tree import Named
from staffetta.api.openapi.words import words

CALLBACK_ID: Final = "65f2c1a1840be6d35f19c207"
_ERROR_ID: Final = "65f2c1a07e92d1b4a86f3c05"
_STATUS_WORDS: Final = words(
    "The status of the newest answer; null where none came. Text in lists, a number in the detail."
)
_DONE_AT: Final = "2026-03-14T09:26:54Z"


def _callback(name: str, status: Field) -> Named:
    return described(
        name,
        words("What was told, or is to be told, to an address of the account."),
        {
            "id": text(words("Its id: the `webhook-id` without `cb_`."), CALLBACK_ID, pattern=ID),
            "scope": nullable(
                scope_field(words("The call that asked for it; null for events of the account."))
            ),
            "domain": nullable(domain_field()),
            "active": flag(words("Whether it may be sent again."), example=False),
            "startedAt": nullable(moment(words("When it was tried first."), _DONE_AT)),
            "createdAt": moment(words("When it was made."), CREATED_AT),
            "completedAt": nullable(
                moment(words("When it came to its end; null while active."), _DONE_AT)
            ),
            "httpResponseCode": nullable(status),
            "data": nullable(
                anything(
                    words(
                        "The JSON that is sent; null where its message is gone. In lists, v1's"
                        " are without their recipients."
                    ),
                    {"id": MESSAGE_ID, "state": "DELIVERED"},
                )
            ),
            "custom": nullable(
                anything(words("The `custom` that was given."), {"order": "A-1027"})
            ),
            "headers": nullable(
                mapping(
                    words("The headers of the newest try, without the signature."),
                    text(words("A header's value."), "application/json"),
                    "Content-Type",
                )
            ),
            "elapsedTime": nullable(whole(words("How many milliseconds it took."), 84, minimum=0)),
            "attempt": whole(words("How many times it was tried."), 1, minimum=0),
            "retry": whole(words("How many of them were repeats."), 0, minimum=0),
            "field": nullable(text(words("The form field that holds the JSON."), "data")),
            "method": nullable(
                text(words("`JSON`, or `POST` for a form."), "JSON", enum=["JSON", "POST"])
            ),
            "url": nullable(text(words("Where to."), "https://example.com/sms")),
        },
    )


_CALLBACK: Final = _callback("CallbackDetail", whole(_STATUS_WORDS, 200))
_LISTED_CALLBACK: Final = _callback("ListedCallback", text(_STATUS_WORDS, "200"))
CALLBACK_ANSWER: Final = envelope_of("CallbackAnswer", _CALLBACK)
CALLBACKS_ANSWER: Final = envelope_of(
    "CallbacksAnswer", many(words("The callbacks, the newest first."), _LISTED_CALLBACK)
)
_ERROR: Final = described(
    "RefusedRequest",
    words("A request that was refused."),
    {
        "id": text(words("Its id."), _ERROR_ID, pattern=ID),
        "scope": scope_field(words("The call.")),
        "domain": domain_field(),
        "errorAt": moment(words("When it was refused."), CREATED_AT),
        "httpResponseCode": whole(words("The status it was answered with."), 422),
        "errorCode": amount(words("The number of the refusal."), 2010),
        "message": text(
            words("The sentence of the refusal."),
            "the recipient must be in E.164: a plus, then 7 to 15 digits",
        ),
        "ip": text(words("The address it came from; 0.0.0.0 where that is not known."), IP),
    },
)
ERRORS_ANSWER: Final = envelope_of(
    "ErrorsAnswer", many(words("The refused requests, the newest first."), _ERROR)
)

_ADDRESSES: Final = many(
    words(
        "The addresses that called, the busiest first, {most} at most.",
        most=f"{ADDRESSES_LISTED_MAX:,}",
    ),
    text(words("An address."), IP),
)
_TOTALS: Final = described(
    "Totals",
    words("All services together."),
    {
        **COUNT_FIELDS,
        "walletAmount": amount(words("What was spent, as the ledger says, less refunds."), 45),
        "totalIps": whole(words("How many addresses called."), 3, minimum=0),
        "totalApis": whole(words("How many services were called."), 1, minimum=0),
    },
)
_DOMAIN_FIELDS: Final = {
    **COUNT_FIELDS,
    "totalIps": whole(words("How many addresses called."), 3, minimum=0),
    "totalScopes": whole(words("How many scopes were used."), 1, minimum=0),
}
_DOMAIN: Final = described("DomainTotals", words("One service."), _DOMAIN_FIELDS)
_DOMAIN_DETAIL: Final = described(
    "DomainDetail",
    words("One service, by address and by scope."),
    {
        **_DOMAIN_FIELDS,
        "ip": _ADDRESSES,
        "scopes": mapping(words("The counts of each scope that was used."), COUNTS, SCOPE),
    },
)
TOTALS_ANSWER: Final = envelope_of("TotalsAnswer", _TOTALS)
DOMAINS_ANSWER: Final = envelope_of(
    "DomainsAnswer", mapping(words("The services that were called, by their host."), _DOMAIN, HOST)
)
DOMAIN_ANSWER: Final = envelope_of("DomainAnswer", _DOMAIN_DETAIL)
ADDRESSES_ANSWER: Final = envelope_of("AddressesAnswer", _ADDRESSES)
