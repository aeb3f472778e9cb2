"""Who calls, and may they: the refusals of v2 before a body is looked at (contract section 2)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from staffetta.accounts.authorize import Authorizer, Grant
from staffetta.api.asgi import Answer
from staffetta.api.refusals import envelope
from staffetta.domain.environments import Environment
from staffetta.domain.scopes import HOSTS, Service, needed_scope

WRONG_TOKEN: Final = 125.22
WRONG_SCOPE: Final = 125.23
_HOSTS: Final = {environment: (HOSTS[Service.V2, environment],) for environment in Environment}
_CHALLENGE: Final = ((b"www-authenticate", b"Bearer"),)
_EXPECTED: Final = "send `Authorization: Bearer` and the token"


async def authenticate(
    authorizer: Authorizer,
    headers: Mapping[bytes, bytes],
    environment: Environment,
    now: datetime,
) -> Grant | Answer:
    """The grant of the request's token, or the 401. Raises what the database raises."""
    header = headers.get(b"authorization")
    if header is None:
        return _unauthorized(f"the Authorization header is missing: {_EXPECTED}")
    scheme, _, rest = header.partition(b" ")
    token = rest.strip().decode("latin-1")
    if scheme.lower() != b"bearer":
        return _unauthorized(f"the Authorization header is not of the type Bearer: {_EXPECTED}")
    if not token:
        return _unauthorized(f"the Authorization header holds no token: {_EXPECTED}")
    grant = authorizer.cached_grant(token, environment, now) or await authorizer.grant_for(
        token, environment, now
    )
    return grant or _unauthorized("Wrong Token")


def check_scope(grant: Grant, method: str, segment: str) -> Answer | None:
    """The 403 when the token's scopes do not cover the call."""
    if grant.allows(method, _HOSTS[grant.environment], segment):
        return None
    needed = needed_scope(method, Service.V2, grant.environment, segment)
    return envelope(403, f"the token lacks the scope {needed}", WRONG_SCOPE)


def _unauthorized(sentence: str) -> Answer:
    return envelope(401, sentence, WRONG_TOKEN, _CHALLENGE)
