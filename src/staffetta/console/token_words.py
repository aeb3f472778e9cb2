"""What a token may do, in words: each call of the services, and choices that are made often.

Pure. Scopes are those of domain.scopes; here they get names that people read.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from staffetta.console.languages import mark
from staffetta.domain.environments import Environment
from staffetta.domain.scopes import CALLS, HOSTS, Scope, Service, all_scopes

SERVICE_NAMES: Final[Mapping[Service, str]] = MappingProxyType(
    {
        Service.V2: mark("Messages, second generation (v2)"),
        Service.V1: mark("Messages, first generation (v1)"),
    }
)
TOO_MANY_TOKENS: Final = mark(
    "There are as many tokens here as an account may have: revoke some that are not used any more."
)
_V1_WORDS: Final = MappingProxyType(
    {
        ("GET", "messages"): mark("Read messages and their recipients"),
        ("POST", "messages"): mark("Send to one or many"),
        ("PUT", "messages"): mark("Change messages that were not sent yet"),
        ("DELETE", "messages"): mark("Delete messages that were not sent yet"),
    }
)
_V2_WORDS: Final = MappingProxyType(
    {
        ("POST", "IT-messages"): mark("Send to Italy"),
        ("POST", "ES-messages"): mark("Send to Spain"),
        ("POST", "WW-messages"): mark("Send to every other country"),
        ("POST", "otp"): mark("Send one-time passwords, and verify them"),
        ("GET", "messages"): mark("Read messages"),
        ("DELETE", "messages"): mark("Take back messages that were not sent yet"),
        ("GET", "senders"): mark("Read senders"),
        ("POST", "senders"): mark("Register senders"),
        ("GET", "inbound"): mark("Read messages that were received"),
        ("POST", "explain"): mark("Ask what would happen to a message"),
    }
)
CALL_WORDS: Final = MappingProxyType({Service.V1: _V1_WORDS, Service.V2: _V2_WORDS})

_SENDING: Final = frozenset(
    {
        (Service.V1, "POST", "messages"),
        (Service.V2, "POST", "IT-messages"),
        (Service.V2, "POST", "ES-messages"),
        (Service.V2, "POST", "WW-messages"),
    }
)
_PASSWORDS: Final = frozenset({(Service.V2, "POST", "otp")})
_READING: Final = frozenset(
    (service, method, segment)
    for service, calls in CALLS.items()
    for method, segment in calls
    if method == "GET" or segment == "explain"
)
# Choices that are made often, each with what it may call; None: everything.
PRESETS: Final[Mapping[str, tuple[str, frozenset[tuple[Service, str, str]] | None]]] = (
    MappingProxyType(
        {
            "everything": (mark("everything"), None),
            "send": (mark("send only"), _SENDING),
            "send-read": (mark("send, and read"), _SENDING | _READING),
            "otp": (mark("one-time passwords only"), _PASSWORDS),
            "read": (mark("read only"), _READING),
        }
    )
)
CHOSEN: Final = "chosen"  # what is ticked, and what is written


@dataclass(frozen=True, slots=True)
class Box:
    """One call that can be ticked."""

    scope: str
    words: str  # English
    call: str  # like POST IT-messages
    presets: str  # that hold it, with blanks between


@dataclass(frozen=True, slots=True)
class BoxGroup:
    """The calls of one service."""

    title: str  # English
    host: str
    boxes: Sequence[Box]


def box_groups(environment: Environment) -> list[BoxGroup]:
    """Everything that can be ticked, by service, the newer one first."""
    return [
        BoxGroup(
            title,
            HOSTS[service, environment],
            [
                Box(
                    str(Scope(method, HOSTS[service, environment], segment)),
                    words,
                    f"{method} {segment}",
                    " ".join(_presets_of((service, method, segment))),
                )
                for (method, segment), words in CALL_WORDS[service].items()
            ],
        )
        for service, title in SERVICE_NAMES.items()
    ]


def _presets_of(call: tuple[Service, str, str]) -> list[str]:
    return [name for name, (_, calls) in PRESETS.items() if calls is None or call in calls]


def scopes_of_preset(name: str, environment: Environment) -> tuple[str, ...]:
    """The scopes of a choice; everything is asked for by wildcards, as an integrator would."""
    _, calls = PRESETS[name]
    if calls is None:
        return tuple(f"*:{HOSTS[service, environment]}/*" for service in Service)
    return tuple(
        str(Scope(method, HOSTS[service, environment], segment))
        for service, methods in CALLS.items()
        for method, segment in methods
        if (service, method, segment) in calls
    )


def preset_of(scopes: Collection[str], environment: Environment) -> str:
    """The choice that grants exactly these single scopes, else CHOSEN."""
    held = set(scopes)
    for name, (_, calls) in PRESETS.items():
        whole = all_scopes(environment) if calls is None else scopes_of_preset(name, environment)
        if held == set(whole):
            return name
    return CHOSEN
