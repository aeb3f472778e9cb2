"""What the calls of both OAuth services have in common: scopes, lifetimes, envelopes, refusals."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from staffetta.accounts.create_token import LIFETIME_SECONDS_MAX, TOKENS_MAX
from staffetta.accounts.errors import NoSuchToken, TooManyTokens
from staffetta.api.asgi import Answer
from staffetta.api.bodies import BODY_SECONDS_MAX, BodyTooLarge, BodyTooSlow
from staffetta.api.doors import Room
from staffetta.api.oauth.errors import Refusals, WrongCredentials
from staffetta.api.oauth.parameters import BODY_OCTETS_MAX, read_body_parameters
from staffetta.api.openapi.calls import Call, Refusal
from staffetta.api.openapi.general import key_refusals
from staffetta.api.openapi.parameters import answer_header, query
from staffetta.api.openapi.schemas import Field, always, described, either, inner, text, whole
from staffetta.api.openapi.tree import Named, Tree
from staffetta.api.openapi.words import Text, Words, words
from staffetta.domain.environments import Environment
from staffetta.domain.scopes import SCOPE_CHARACTERS_MAX, SCOPES_MAX, expand, needed_scope
from staffetta.domain.scopes import Service as ScopedService

NOW: Final = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
TOKEN: Final = "5f2c9e0b7d41a8c36e1f0a94"  # noqa: S105 (an example)
TOKEN_PATTERN: Final = "^[0-9a-f]{24}$"  # noqa: S105
# Of the sandbox, which is where samples go.
_HOST_ENVIRONMENT: Final = Environment.SANDBOX
SCOPE: Final = needed_scope("POST", ScopedService.V2, _HOST_ENVIRONMENT, "IT-messages")
READING: Final = needed_scope("GET", ScopedService.V2, _HOST_ENVIRONMENT, "messages")
HOST: Final = SCOPE.partition(":")[2].partition("/")[0]
DAY_SECONDS: Final = 24 * 3600
YEAR_DAYS: Final = LIFETIME_SECONDS_MAX // DAY_SECONDS
_NUMBER_AS_TEXT: Final = r"^(\s*-?[0-9]{1,18}(\.0*)?\s*)?$"

ONE_SCOPE: Final = text(
    words("A scope: method, host and first segment of the path."),
    SCOPE,
    minLength=1,
    maxLength=SCOPE_CHARACTERS_MAX,
)
HELD_SCOPE: Final = text(words("A single scope."), SCOPE)
SCOPES_ASKED: Final = words(
    "What the token may call: `METHOD:host/segment`, {most} at most. `*:host/*`, `*:*.domain/*`,"
    " `*:*/*` and a host alone stand for all that they fit, and are answered one by one. Hosts are"
    " those of this environment, or this server's own.",
    most=SCOPES_MAX,
)


def lifetime_fields(absent: Words) -> Mapping[str, Field]:
    """`ttl` and `expire`; `absent` says what holds when neither is given."""
    return {
        "ttl": _number(
            words(
                "How many seconds the token lives from now on. 0 and less are the default,"
                " {days} days; more than that is cut to it. Text that writes a number is one.",
                days=YEAR_DAYS,
            ),
            30 * DAY_SECONDS,
        ),
        "expire": _number(absent, LIFETIME_SECONDS_MAX),
    }


def _number(said: Text, example: int) -> Field:
    kinds = ("integer", "string", "null")
    return either(said, example, kinds, pattern=_NUMBER_AS_TEXT)


def mapping(said: Text, one: Named | Field, key: str) -> Field:
    """An object whose names are not known before."""
    schema = one if isinstance(one, Named) else one.schema
    example = {key: one.example}
    kind = {"type": "object", "description": said, "additionalProperties": schema}
    return Field({**kind, "examples": [example]}, example)


def envelope_of(
    name: str, data: Field | Named, flat: Mapping[str, Field] | None = None, message: str = ""
) -> Named:
    """The success body around what a call answers, with the fields that stand beside it, too."""
    return described(
        name,
        words("The answer to a call that was granted."),
        {
            **(flat or {}),
            "data": inner(words("What was asked for."), data) if isinstance(data, Named) else data,
            **success_fields(message),
        },
    )


def success_fields(message: str = "") -> Mapping[str, Field]:
    """What every success has."""
    said = words("A sentence.") if message else words("Empty.")
    return {
        "success": always(words("Whether the call succeeded: always, here."), value=True),
        "message": always(said, message),
        "error": always(words("Nothing."), None),
    }


def link(call_id: str, said: Words, **given: str) -> Tree:
    """A call that goes on with what stands at these places of an answer's body."""
    taken = {name: f"$response.body#{place}" for name, place in given.items()}
    return {"operationId": call_id, "parameters": taken, "description": said}


def token_links(reading: str, changing: str, ending: str, place: str) -> Mapping[str, Tree]:
    """The calls that take the token that was made."""
    return {
        "read": link(reading, words("What the token is."), token=place),
        "change": link(changing, words("Changes it."), token=place),
        "end": link(ending, words("Ends it."), token=place),
    }


UNREADABLE: Final = Refusal(
    words("The body begins as JSON does, and is none."), lambda: read_body_parameters(b"{")
)
UNKEEPABLE: Final = Refusal(
    words("A text holds NUL or half a surrogate pair, wherever it stands."),
    lambda: read_body_parameters(rb'{"scopes": ["\u0000"]}'),
)
NOT_ENABLED: Final = Refusal(
    words("A scope is none, or names nothing in this environment; or there are too many."),
    lambda: expand(["POST:company.openapi.com/IT-start"], _HOST_ENVIRONMENT),
)
TOO_MANY: Final = Refusal(
    words(
        "The account has {most} live tokens in this environment, which are the most.",
        most=f"{TOKENS_MAX:,}",
    ),
    lambda: TooManyTokens(f"this account has {TOKENS_MAX} tokens already: delete some first"),
)
NO_TOKEN: Final = Refusal(
    words("The account has no such token in this environment, or it is over."),
    lambda: NoSuchToken("this account has no such token, or it is over"),
)
_BODY: Final = (
    Refusal(
        words(
            "The body took longer than {seconds} seconds to come.", seconds=int(BODY_SECONDS_MAX)
        ),
        lambda: BodyTooSlow(f"the body took longer than {BODY_SECONDS_MAX:.0f} seconds"),
    ),
    Refusal(
        words("The body is longer than {octets} octets.", octets=f"{BODY_OCTETS_MAX:,}"),
        lambda: BodyTooLarge(BODY_OCTETS_MAX),
    ),
)


def without_item(refusals: Refusals, name: str, shown: Exception) -> Refusal:
    """What a call is refused with where its path ends before the token."""

    def answered() -> Answer:
        answer = refusals.answer(name, shown)
        assert answer is not None, "the table has a row for it"
        return answer

    return Refusal(words("The path ends before the token: there is none to speak of."), answered)


def challenge_of(refusals: Refusals) -> Mapping[str, Named]:
    """The header that a refusal of credentials has in these services."""
    answer = refusals.answer("", WrongCredentials(""))
    assert answer is not None, "every call has a row for it"
    headers = dict(answer.headers)
    field = text(words("How to authenticate."), headers[b"www-authenticate"].decode())
    return {"www-authenticate": answer_header("WWWAuthenticate", field)}


def general_refusals(room: Room, call: Call) -> tuple[Refusal, ...]:
    """What any call may be refused for that is made with the API key."""
    general = key_refusals(room)
    return general if call.body is None else (*general, *_BODY)


def page_parameters(skip_max: int, limit_max: int, *, least: int = 1) -> tuple[Tree, ...]:
    """`skip` and `limit` of a list; `least` is the smallest limit."""
    return (
        query(
            "skip",
            whole(
                words("How many of the newest to leave out."),
                0,
                minimum=0,
                maximum=skip_max,
                default=0,
            ),
        ),
        query(
            "limit",
            whole(
                words("How many at most."),
                limit_max,
                minimum=least,
                maximum=limit_max,
                default=limit_max,
            ),
        ),
    )
