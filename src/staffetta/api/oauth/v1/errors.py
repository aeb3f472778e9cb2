"""What each failure is called in OAuth v1: numbers of every call, and those of one (section 6)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from staffetta.accounts.errors import InvalidTokenTerms, NoSuchToken, TooManyTokens
from staffetta.api.doors import Room
from staffetta.api.oauth.endpoint import OAuthDialect
from staffetta.api.oauth.errors import (
    InvalidParameter,
    MissingScopes,
    Numbers,
    Refusals,
    UnreadableBody,
    WrongCredentials,
)
from staffetta.domain.errors import StaffettaError
from staffetta.domain.scopes import InvalidScope

_OAUTH_NAME: Final = "oauth-v1"  # in metrics


class OnlySingleTokens(StaffettaError):
    """A call that needs a token in its path, and has none."""

    def __init__(self, verb: str) -> None:
        super().__init__(f"only single tokens can be {verb}: name one, like /token/<token>")


class WrongToken(StaffettaError):
    """What stands in the path cannot be a token."""

    def __init__(self) -> None:
        super().__init__("Wrong Token")


class NoWallet(StaffettaError):
    """The account has no wallet in this environment."""


class WrongDate(StaffettaError):
    """A date that is not of the calendar, or not written as the call wants it."""


_NUMBERS: Final[Numbers] = MappingProxyType(
    {
        WrongCredentials: (401, 120),
        InvalidScope: (406, 270),
        InvalidParameter: (406, 270),
        InvalidTokenTerms: (406, 270),
        # Not of the contract: there are limits to everything.
        TooManyTokens: (406, 270),
    }
)
_BY_CALL: Final[Mapping[str, Numbers]] = MappingProxyType(
    {
        "POST /token": {MissingScopes: (406, 110), UnreadableBody: (406, 110)},
        "GET /token/{token}": {WrongToken: (402, 125)},
        "PUT /token": {OnlySingleTokens: (403, 160)},
        "PUT /token/{token}": {MissingScopes: (406, 270), NoSuchToken: (404, 170)},
        "PATCH /token": {OnlySingleTokens: (403, 280)},
        "PATCH /token/{token}": {
            MissingScopes: (406, 310),
            UnreadableBody: (406, 310),
            NoSuchToken: (404, 290),
        },
        "DELETE /token": {OnlySingleTokens: (403, 140)},
        "DELETE /token/{token}": {NoSuchToken: (404, 150)},
        "GET /credit": {NoWallet: (404, 320)},
        "GET /counters/day": {WrongDate: (404, 610)},
        "GET /counters/month": {WrongDate: (404, 610)},
        "GET /counters/year": {WrongDate: (404, 610)},
        "GET /counters/day/{date}": {WrongDate: (404, 610)},
        "GET /counters/month/{date}": {WrongDate: (404, 610)},
        "GET /counters/year/{date}": {WrongDate: (404, 610)},
    }
)

OAUTH_V1: Final = OAuthDialect(_OAUTH_NAME, Refusals(Room.OAUTH_V1, _NUMBERS, _BY_CALL))
