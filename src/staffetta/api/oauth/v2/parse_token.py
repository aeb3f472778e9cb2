"""From the body of POST and PATCH /tokens to what a token is to be (contract section 7).

Owns the shape of that body. What a scope or a limit means is decided further in.
"""

from datetime import datetime
from typing import Final

from staffetta.accounts.create_token import LIFETIME_SECONDS_MAX
from staffetta.accounts.token_desk import TokenChange, TokenTerms
from staffetta.accounts.token_limits import parse_limits
from staffetta.api.oauth.errors import InvalidParameter, MissingScopes
from staffetta.api.oauth.parameters import Parameters, lifetime_of

_SCOPES: Final = 'an array of texts, like ["POST:sms.openapi.com/IT-messages"]'


def parse_terms(body: Parameters, now: datetime) -> TokenTerms:
    """What is to be made; raises MissingScopes, InvalidParameter, InvalidTokenLimits."""
    scopes = _scopes(body)
    if not scopes:
        raise MissingScopes(f"missing scopes array: scopes must be {_SCOPES}")
    lifetime = lifetime_of(body, now)
    return TokenTerms(
        scopes,
        LIFETIME_SECONDS_MAX if lifetime is None else lifetime,
        _name(body) or "",
        parse_limits(body.get("limits")),
    )


def parse_change(body: Parameters, now: datetime) -> TokenChange:
    """What is to change; raises InvalidParameter, InvalidTokenLimits.

    What is absent stays as it is, and so does what is null, but for limits: null takes them away.
    """
    scopes = _scopes(body)
    if scopes == ():
        raise InvalidParameter(f"scopes is empty: it must be {_SCOPES}, or absent")
    limits = parse_limits(body["limits"]) if "limits" in body else None
    return TokenChange(scopes, lifetime_of(body, now), _name(body), limits)


def _scopes(body: Parameters) -> tuple[str, ...] | None:
    value = body.get("scopes")
    if value is None or value == "":
        return None
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise InvalidParameter(f"invalid scopes format: scopes must be {_SCOPES}")
    return tuple(value)


def _name(body: Parameters) -> str | None:
    value = body.get("name")
    if value is not None and not isinstance(value, str):
        raise InvalidParameter("name must be a text")
    return value
