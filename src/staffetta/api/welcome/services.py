"""The services as the page names them: where each is, and what it is for."""

from typing import Final

import msgspec

from staffetta.api.doors import Room
from staffetta.domain.languages import Say, mark


class ShownService(msgspec.Struct, frozen=True):
    """One service on the page."""

    name: str  # in the addresses of its reference
    title: str
    room: Room
    sentence: str

    @property
    def path(self) -> str:
        """Where it begins, on any host."""
        return self.room.value

    def about(self, say: Say) -> str:
        """What it is for, in a language."""
        return say(self.sentence)


SHOWN: Final = (
    ShownService(
        "v2",
        "Gateway SMS v2",
        Room.V2,
        mark("One message to one phone, one-time passwords, what became of them."),
    ),
    ShownService(
        "v1",
        "Gateway SMS v1",
        Room.V1,
        mark("One text to many phones, with templates, transactions and scheduling."),
    ),
    ShownService(
        "oauth-v2",
        "OAuth v2",
        Room.OAUTH_V2,
        mark("Tokens with limits, money, statistics, refused calls, callbacks."),
    ),
    ShownService(
        "oauth-v1",
        "OAuth v1",
        Room.OAUTH_V1,
        mark("Tokens, credit and counters, as older clients ask for them."),
    ),
)
