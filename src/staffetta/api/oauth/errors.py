"""What goes wrong at the edge of the OAuth services, and the table that answers it.

Each generation brings its numbers: some hold for every call, some for one.
"""

from collections.abc import Mapping
from typing import Final

from staffetta.api.asgi import Answer, Header
from staffetta.api.bodies import BodyTooLarge, BodyTooSlow, ClientGone
from staffetta.api.doors import Room
from staffetta.api.refusals import BAD_REQUEST, BODY_TOO_LARGE, NOT_NOW, envelope, retry_after
from staffetta.db.errors import ConnectionLost, TryAgain
from staffetta.domain.errors import StaffettaError

Number = tuple[int, int]
"""The HTTP status, and the number in the body."""

Numbers = Mapping[type[Exception], Number]

_NOT_NOW: Final = "the database is busy, or cannot be reached: ask again later, or for less"
_RETRY_AFTER_SECONDS: Final = 2
_CHALLENGE: Final[tuple[Header, ...]] = ((b"www-authenticate", b'Basic realm="OAuth"'),)


class WrongCredentials(StaffettaError):
    """No e-mail and API key of an account, in this environment."""


class InvalidParameter(StaffettaError):
    """A field or query parameter that cannot be read; it is named."""


class UnreadableBody(InvalidParameter):
    """A body that begins like JSON, and is none."""


class MissingScopes(StaffettaError):
    """No scopes where some are needed, or nothing to change."""


_GENERAL: Final[Numbers] = {
    BodyTooLarge: (BODY_TOO_LARGE.status, BODY_TOO_LARGE.status),
    BodyTooSlow: (BAD_REQUEST.status, BAD_REQUEST.status),
    ClientGone: (BAD_REQUEST.status, BAD_REQUEST.status),  # nobody hears it, but it is counted
    ConnectionLost: (NOT_NOW.status, NOT_NOW.status),
    TryAgain: (NOT_NOW.status, NOT_NOW.status),
}


class Refusals:
    """The numbers of one generation; `by_call` is keyed by names like "PUT /token/{token}"."""

    def __init__(self, room: Room, numbers: Numbers, by_call: Mapping[str, Numbers]) -> None:
        self.room = room
        self._numbers = {**_GENERAL, **numbers}
        self._by_call = by_call

    def number_of(self, call: str, error: Exception) -> Number | None:
        """The number of a failure in a call: of the nearest type that the call's table knows."""
        of_call = self._by_call.get(call, {})
        for kind in type(error).__mro__:
            number = of_call.get(kind) or self._numbers.get(kind)
            if number is not None:
                return number
        return None

    def answer(self, call: str, error: Exception) -> Answer | None:
        """The answer to what the caller can act on; None for a fault of ours."""
        number = self.number_of(call, error)
        if number is None:
            return None
        status, code = number
        match error:
            case ConnectionLost() | TryAgain():
                return envelope(status, _NOT_NOW, code, retry_after(_RETRY_AFTER_SECONDS))
            case WrongCredentials():
                return envelope(status, str(error), code, _CHALLENGE)
        return envelope(status, str(error), code)
