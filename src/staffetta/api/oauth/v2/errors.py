"""What each failure is called in OAuth v2 (contract section 7).

The same failure has another number at each call. What no row names is the shared edge's: sizes,
rates, a database that is away.
"""

from typing import Final

from staffetta.accounts.errors import (
    InvalidTokenLimits,
    InvalidTokenTerms,
    NoSuchToken,
    TooManyTokens,
    WrongRefreshToken,
)
from staffetta.api.doors import Room
from staffetta.api.oauth.errors import (
    InvalidParameter,
    MissingScopes,
    Numbers,
    Refusals,
    WrongCredentials,
)
from staffetta.domain.errors import StaffettaError
from staffetta.domain.scopes import InvalidScope


class WrongId(StaffettaError):
    """What stands in the path cannot be an id, or is missing."""


class NotFound(StaffettaError):
    """The account has nothing under this id; somebody else's is as if it were not there."""


_WRONG_CREDENTIALS: Final = (401, 120)
_CREATE: Final[Numbers] = {
    MissingScopes: (422, 70),
    InvalidParameter: (422, 80),
    InvalidTokenTerms: (422, 80),
    InvalidTokenLimits: (422, 80),
    TooManyTokens: (422, 80),
    InvalidScope: (422, 90),
}
_CHANGE: Final[Numbers] = {
    WrongId: (400, 150),
    WrongRefreshToken: (401, 130),
    WrongCredentials: (401, 140),
    NoSuchToken: (404, 160),
    InvalidParameter: (422, 100),
    InvalidTokenTerms: (422, 100),
    InvalidTokenLimits: (422, 100),
    InvalidScope: (422, 110),
}
_DELETE: Final[Numbers] = {WrongId: (400, 170), NoSuchToken: (404, 180)}
_LIST: Final[Numbers] = {InvalidParameter: (422, 60)}
_CALLBACKS: Final[Numbers] = {
    WrongId: (400, 210),
    InvalidParameter: (400, 210),
    NotFound: (404, 200),
}
_STATS: Final[Numbers] = {InvalidParameter: (422, 240)}
_SUBSCRIPTIONS: Final[Numbers] = {
    WrongId: (400, 230),
    InvalidParameter: (400, 230),
    NotFound: (404, 220),
}

REFUSALS: Final = Refusals(
    Room.OAUTH_V2,
    {WrongCredentials: _WRONG_CREDENTIALS},
    {
        "POST /tokens": _CREATE,
        "GET /tokens": _LIST,
        "PATCH /tokens": _CHANGE,
        "DELETE /tokens": _DELETE,
        "GET /tokens/{token}": {WrongId: (422, 60), NoSuchToken: (404, 120)},
        "PATCH /tokens/{token}": _CHANGE,
        "DELETE /tokens/{token}": _DELETE,
        "GET /scopes/{id}": {NotFound: (404, 10)},
        "GET /wallet/transactions": _LIST,
        "GET /callbacks": _CALLBACKS,
        "GET /callbacks/{id}": _CALLBACKS,
        "GET /errors": {InvalidParameter: (400, 190)},
        "GET /stats": _STATS,
        "GET /stats/apis": _STATS,
        "GET /stats/apis/{domain}": _STATS,
        "GET /stats/ips": _STATS,
        "GET /subscriptions": _SUBSCRIPTIONS,
        "GET /subscriptions/{id}": _SUBSCRIPTIONS,
    },
)
