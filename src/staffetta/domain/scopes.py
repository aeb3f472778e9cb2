"""Scopes: what a token may call, written METHOD:host/segment (contract sections 1 and 2).

Owns the catalogue of services with their canonical hosts and calls, the expansion of wildcards into
single scopes, and the matcher that each request asks. Sandbox and production never mix: a scope is
granted only in the environment of the host it names.

A scope may also name the server's own host, as integrators do who build scopes from the address
they call. It is kept as written, and holds for every service that has that method and segment, in
the environment of the token that carries it.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Final, Self

from staffetta.domain.environments import Environment
from staffetta.domain.errors import StaffettaError

SCOPES_MAX: Final = 500
SCOPE_CHARACTERS_MAX: Final = 300
_WILDCARD: Final = "*"
_OWN_HOST: Final = ""  # stands for every own host in a matcher's keys


class InvalidScope(StaffettaError):
    """Text that is not a scope."""


class ScopeNotEnabled(InvalidScope):
    """A well-formed scope that names nothing this environment has."""

    def __init__(self, text: str, environment: Environment) -> None:
        super().__init__(f"API not enabled: {text} names no call of the {environment} environment")


class Service(StrEnum):
    """The services whose calls need a scope. OAuth needs none: its callers hold the API key."""

    V1 = "v1"
    V2 = "v2"


HOSTS: Final = MappingProxyType(
    {
        (Service.V1, Environment.PRODUCTION): "ws.messaggisms.com",
        (Service.V1, Environment.SANDBOX): "test.ws.messaggisms.com",
        (Service.V2, Environment.PRODUCTION): "sms.openapi.com",
        (Service.V2, Environment.SANDBOX): "test.sms.openapi.com",
    }
)

# Method and first path segment.
CALLS: Final = MappingProxyType(
    {
        Service.V1: (
            ("GET", "messages"),
            ("POST", "messages"),
            ("PUT", "messages"),
            ("DELETE", "messages"),
        ),
        Service.V2: (
            ("GET", "messages"),
            ("POST", "IT-messages"),
            ("POST", "ES-messages"),
            ("POST", "WW-messages"),
            ("POST", "otp"),
            # Ours:
            ("DELETE", "messages"),
            ("GET", "senders"),
            ("POST", "senders"),
            ("GET", "inbound"),
            ("POST", "explain"),
        ),
    }
)

# Every call of any service, once: what an own host has.
_OWN_CALLS: Final = tuple(dict.fromkeys(call for calls in CALLS.values() for call in calls))

_SHAPE: Final = re.compile(
    r"(?P<method>[A-Za-z]+|\*):"
    r"(?P<host>\[[0-9A-Fa-f:.]+\](?::\d{1,5})?|[A-Za-z0-9.*_-]+(?::\d{1,5})?)"
    r"/(?P<segment>[A-Za-z0-9_-]+|\*)/*",
    re.ASCII,
)
_BARE_HOST: Final = re.compile(
    r"\[[0-9A-Fa-f:.]+\](?::\d{1,5})?/*|[A-Za-z0-9.*_-]+(?::\d{1,5})?/*", re.ASCII
)
_PORT: Final = re.compile(r":\d{1,5}$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope as written. `*` may stand for a method, a segment, a host or a part of it."""

    method: str
    host: str
    segment: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """The scope that `text` writes; a bare host is all of that host. Raises InvalidScope."""
        if len(text) > SCOPE_CHARACTERS_MAX:
            raise InvalidScope(f"a scope has at most {SCOPE_CHARACTERS_MAX} characters")
        if (match := _SHAPE.fullmatch(text)) is not None:
            return cls(match["method"].upper(), match["host"], match["segment"])
        if _BARE_HOST.fullmatch(text) is not None:
            return cls(_WILDCARD, text.rstrip("/"), _WILDCARD)
        raise InvalidScope(_what_is_wrong(text))

    def __str__(self) -> str:
        """The scope as it is written."""
        return f"{self.method}:{self.host}/{self.segment}"


def _what_is_wrong(text: str) -> str:
    example = "write it like POST:sms.openapi.com/IT-messages"
    if not text:
        return f"an empty text is not a scope: {example}"
    if "://" in text:
        return f"{text!r} is an address, not a scope: {example}"
    if text.partition(":")[2].rstrip("/").count("/") > 1:
        return f"{text!r} has more than one path segment, and one covers all below it: {example}"
    if "/" not in text:
        return f"{text!r} is not a scope, a segment is missing: {example}"
    return f"{text!r} is not a scope: {example}"


def all_scopes(environment: Environment) -> tuple[str, ...]:
    """Every single scope of an environment, in the catalogue's order."""
    return tuple(
        str(Scope(method, HOSTS[service, environment], segment))
        for service in Service
        for method, segment in CALLS[service]
    )


def expand(
    texts: Iterable[str], environment: Environment, own_hosts: Collection[str] = ()
) -> tuple[str, ...]:
    """The single scopes that `texts` grant in `environment`, each once, in the order asked for.

    `own_hosts` are the names this server answers to, with or without a port. Raises InvalidScope
    for text that is no scope or too many of them, ScopeNotEnabled for one that grants nothing here.
    """
    own_names = frozenset(_name(host) for host in own_hosts)
    granted: dict[str, None] = {}
    for count, text in enumerate(texts, start=1):
        if count > SCOPES_MAX:
            raise InvalidScope(f"a token is made with at most {SCOPES_MAX} scopes")
        singles = dict.fromkeys(_singles(Scope.parse(text), environment, own_names))
        if not singles:
            raise ScopeNotEnabled(text, environment)
        granted |= singles
    return tuple(granted)


def _singles(scope: Scope, environment: Environment, own_names: frozenset[str]) -> Iterator[str]:
    host_pattern = scope.host.lower()
    for service in Service:
        host = HOSTS[service, environment]
        if fnmatchcase(host, host_pattern):
            yield from _of_host(scope, host, CALLS[service])
    # The published names come first: an operator who lists one of them as his own changes nothing.
    if _name(host_pattern) in own_names and host_pattern not in HOSTS.values():
        yield from _of_host(scope, scope.host, _OWN_CALLS)


def _of_host(scope: Scope, host: str, calls: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for method, segment in calls:
        if scope.method in (method, _WILDCARD) and scope.segment in (segment, _WILDCARD):
            yield str(Scope(method, host, segment))


def _name(host: str) -> str:
    """A host without its port, to be compared."""
    return _PORT.sub("", host.lower())


@dataclass(frozen=True, slots=True)
class ScopeSet:
    """The single scopes of one token, made to be asked on every request."""

    texts: tuple[str, ...]
    _granted: frozenset[tuple[str, str, str]] = field(repr=False)

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """The set of stored, single scopes; raises InvalidScope."""
        written = tuple(texts)
        canonical = frozenset(HOSTS.values())
        scopes = map(Scope.parse, written)
        return cls(
            written,
            frozenset(
                (scope.method, scope.host if scope.host in canonical else _OWN_HOST, scope.segment)
                for scope in scopes
            ),
        )

    def allows(self, method: str, hosts: Iterable[str], segment: str) -> bool:
        """Whether a call is granted: `hosts` are the canonical names of the service called."""
        granted = self._granted
        for host in hosts:
            if (method, host, segment) in granted:
                return True
        return (method, _OWN_HOST, segment) in granted


def needed_scope(method: str, service: Service, environment: Environment, segment: str) -> str:
    """The scope to ask for, as a refusal names it."""
    return str(Scope(method, HOSTS[service, environment], segment))
