"""The calls of OAuth v1 that look: at scopes, credit and counters."""

from typing import Final

from staffetta.api.openapi.calls import Call, Reply
from staffetta.api.openapi.oauth import NOW
from staffetta.api.openapi.oauth_v1 import refusals
from staffetta.api.openapi.oauth_v1.objects import COUNTERS_ANSWER, CREDIT_ANSWER, SCOPES_ANSWER
from staffetta.api.openapi.parameters import in_path
from staffetta.api.openapi.schemas import text
from staffetta.api.openapi.words import Words, words

_COUNTED: Final = words("The counters.")
_DAY: Final = NOW.date().isoformat()

ACCOUNT_CALLS: Final = (
    Call(
        method="GET",
        path="/scopes",
        id="listScopes",
        tag="account",
        summary=words("List scopes"),
        said=words("Everything that tokens of this environment can be made for, in one list."),
        replies=(Reply(200, words("The scopes."), SCOPES_ANSWER),),
    ),
    Call(
        method="GET",
        path="/credit",
        id="getCredit",
        tag="account",
        summary=words("Read the credit"),
        said=words("What the account can spend in this environment."),
        replies=(Reply(200, words("The credit."), CREDIT_ANSWER),),
        refusals=(refusals.NO_WALLET,),
    ),
)


def _of(period: str, id_: str, summary: Words, said: Words, example: str, shape: str) -> Call:
    where = in_path(f"{period.capitalize()}Date", "date", text(said, example, pattern=shape))
    return Call(
        method="GET",
        path=f"/counters/{period}/{{date}}",
        id=id_,
        tag="counters",
        summary=summary,
        said=words("Requests by scope; a scope that nobody called is not there. Days are UTC."),
        parameters=(where,),
        replies=(Reply(200, _COUNTED, COUNTERS_ANSWER),),
        refusals=(refusals.wrong_date(period),),
    )


COUNTER_CALLS: Final = (
    Call(
        method="GET",
        path="/counters/total",
        id="countAll",
        tag="counters",
        summary=words("Count everything"),
        said=words("Requests by scope; a scope that nobody called is not there. Days are UTC."),
        replies=(Reply(200, _COUNTED, COUNTERS_ANSWER),),
    ),
    _of(
        "day",
        "countDay",
        words("Count a day"),
        words("The day."),
        _DAY,
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    ),
    _of(
        "month",
        "countMonth",
        words("Count a month"),
        words("The month."),
        _DAY[:7],
        "^[0-9]{4}-[0-9]{2}$",
    ),
    _of("year", "countYear", words("Count a year"), words("The year."), _DAY[:4], "^[0-9]{4}$"),
)
