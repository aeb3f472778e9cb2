"""What a service is to a reader: its calls, what they answer, and what they refuse.

A refusal shows itself: its error is raised, or given, and the service's own table says the status,
the number and the sentence. Nothing of that is written down here.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from staffetta.api.asgi import Answer
from staffetta.api.doors import Room
from staffetta.api.openapi.tree import Named, Tree
from staffetta.api.openapi.words import Text, Words
from staffetta.domain.scopes import Service as ScopedService

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"

Shown = Callable[[], object]
"""Raises the error, or returns it or the answer itself."""


class Refusal(msgspec.Struct, frozen=True):
    """One reason to refuse a call, and when it holds."""

    said: Text
    shown: Shown


class Reply(msgspec.Struct, frozen=True):
    """What a call answers when it is granted. No body: nothing comes."""

    status: int
    said: Text
    body: Named | None
    examples: Mapping[str, tuple[Words, Any]] = {}  # besides the body's own, by name
    headers: Mapping[str, Named] = {}
    links: Mapping[str, Tree] = {}  # calls that go on with what was answered


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One method of one path, as the room's table writes it."""

    method: str
    path: str
    id: str  # in camel case: client generators name functions by it
    tag: str
    summary: Words
    said: Text
    replies: tuple[Reply, ...]
    refusals: tuple[Refusal, ...] = ()  # beyond those that the service's calls have in common
    body: Named | None = None
    bodies: Mapping[str, tuple[Words, Any]] = {}  # examples of it besides its own, by name
    body_needed: bool = True
    body_types: tuple[str, ...] = (JSON,)  # the first has the examples
    parameters: tuple[Tree, ...] = ()
    callbacks: Mapping[str, Tree] = {}
    security: tuple[Named, ...] | None = None  # one of them; None: the service's

    @property
    def name(self) -> str:
        """As error tables of services name it: POST /tokens."""
        return f"{self.method} {self.path}"


class Tag(msgspec.Struct, frozen=True):
    """A group of calls."""

    name: Words
    said: Text


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """One of the services."""

    name: str  # as the document's address has it
    room: Room
    title: Words
    version: str
    said: Text
    tags: Mapping[str, Tag]
    calls: tuple[Call, ...]
    security: tuple[Named, ...]
    refuse: Callable[[str, Exception], Answer | None]  # by the call's name
    refused: Callable[[Call], tuple[Refusal, ...]]  # what any of its calls may be
    refusal_body: Callable[[Answer], Named]  # the schema of a refusal's body
    rate_headers: Mapping[str, Named]
    refusal_headers: Mapping[str, Named] = {}  # where they are not those of other services
    # Calls that lack what stands in the path of others, and are told there: all they do is refuse.
    refusing: tuple[str, ...] = ()
    scopes: ScopedService | None = None  # whose catalogue its calls are in; None: they need none

    def answer(self, call: Call, refusal: Refusal) -> Answer:
        """What a refused call is answered; ValueError where the tables do not know the error."""
        try:
            shown = refusal.shown()
        except Exception as error:  # noqa: BLE001 - the error is what is shown
            shown = error
        if isinstance(shown, Answer):
            return shown
        answer = self.refuse(call.name, shown) if isinstance(shown, Exception) else None
        if answer is None:
            raise ValueError(f"{call.name}: {shown!r} is no refusal of {self.name}")
        return answer
