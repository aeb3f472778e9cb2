"""Lines to paste into a terminal: calls of this very server with a token in them. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from staffetta.console.languages import mark
from staffetta.domain.environments import Environment
from staffetta.domain.scopes import HOSTS, Scope, Service

_NUMBER: Final = "+393331234567"
_JSON_HEADER: Final = "  --header 'Content-Type: application/json'"


@dataclass(frozen=True, slots=True)
class Example:
    """One call."""

    title: str  # English
    method: str
    service: Service
    segment: str  # of the path, which its scope names
    path: str  # below the service
    body: object = None

    def scope(self, environment: Environment) -> str:
        """What a token needs for it."""
        return str(Scope(self.method, HOSTS[self.service, environment], self.segment))

    def line(self, address: str, environment: Environment, token: str) -> str:
        """The line for a terminal; `address` is the server's."""
        sandbox = "/sandbox" if environment is Environment.SANDBOX else ""
        url = f"{address}{sandbox}/{self.service}/{self.path}"
        parts = [f"curl '{url}'", f'  --header "Authorization: Bearer {token}"']
        if self.method not in {"GET", "POST"}:
            parts[0] = f"curl --request {self.method} '{url}'"
        if self.body is not None:
            data = msgspec.json.encode(self.body).decode()
            parts += [_JSON_HEADER, f"  --data '{data}'"]
        return " \\\n".join(parts)


SEND_ITALY: Final = Example(
    mark("Send a message"),
    "POST",
    Service.V2,
    "IT-messages",
    "IT-messages",
    {"recipient": _NUMBER, "message": "Ciao from Staffetta"},
)
SEND_WORLD: Final = Example(
    mark("Send a message"),
    "POST",
    Service.V2,
    "WW-messages",
    "WW-messages",
    {"recipient": "+33612345678", "message": "Bonjour from Staffetta"},
)
SEND_SPAIN: Final = Example(
    mark("Send a message"),
    "POST",
    Service.V2,
    "ES-messages",
    "ES-messages",
    {"recipient": "+34612345678", "message": "Hola from Staffetta"},
)
SEND_MANY: Final = Example(
    mark("Send one text to several people"),
    "POST",
    Service.V1,
    "messages",
    "messages/",
    {
        "sender": "Staffetta",
        "recipients": ["+39-3331234567", "+39-3337654321"],
        "body": "Ciao from Staffetta",
    },
)
SEND_CODE: Final = Example(
    mark("Send a one-time password"),
    "POST",
    Service.V2,
    "otp",
    "otp",
    {"recipient": _NUMBER, "length": 6},
)
LIST: Final = Example(mark("List messages"), "GET", Service.V2, "messages", "messages")
LIST_V1: Final = Example(mark("List messages"), "GET", Service.V1, "messages", "messages/")
EXPLAIN: Final = Example(
    mark("Ask what would happen"),
    "POST",
    Service.V2,
    "explain",
    "explain",
    {"recipient": _NUMBER, "message": "Ciao from Staffetta"},
)
_OF_A_TOKEN: Final = (
    SEND_ITALY,
    SEND_WORLD,
    SEND_SPAIN,
    SEND_MANY,
    SEND_CODE,
    LIST,
    LIST_V1,
    EXPLAIN,
)


def example_for(scopes: Collection[str], environment: Environment) -> Example | None:
    """The first call that a token with these single scopes may make; None: none of ours."""
    held = frozenset(scopes)
    return next((one for one in _OF_A_TOKEN if one.scope(environment) in held), None)


def calling_back(url: str) -> Example:
    """A message that calls back."""
    return Example(
        mark("Send a message, and be called back"),
        "POST",
        Service.V2,
        "IT-messages",
        "IT-messages",
        {"recipient": _NUMBER, "message": "Ciao from Staffetta", "callback": {"url": url}},
    )


def examples_of(callback_url: str) -> Sequence[Example]:
    """The calls of the documentation page."""
    return (SEND_ITALY, LIST, calling_back(callback_url), SEND_CODE, EXPLAIN, SEND_MANY)
