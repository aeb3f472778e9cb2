"""Who calls with a token, and may they: one place for every service (contract section 2)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from staffetta.accounts.authorize import Authorizer, Grant
from staffetta.api.asgi import Answer
from staffetta.api.dialect import Dialect
from staffetta.api.refusals import envelope
from staffetta.domain.environments import Environment
from staffetta.domain.scopes import needed_scope

_CHALLENGE: Final = ((b"www-authenticate", b"Bearer"),)
_EXPECTED: Final = "send `Authorization: Bearer` and the token"


class Gate:
    """Lets the callers of one service in."""

    def __init__(self, authorizer: Authorizer, dialect: Dialect) -> None:
        self._authorizer = authorizer
        self._dialect = dialect
        self._hosts = dialect.hosts

    async def authenticate(
        self, headers: Mapping[bytes, bytes], environment: Environment, now: datetime
    ) -> Grant | Answer:
        """The grant of the request's token, or the 401. Raises what the database raises."""
        header = headers.get(b"authorization")
        if header is None:
            return self._unauthorized(f"the Authorization header is missing: {_EXPECTED}")
        scheme, _, rest = header.partition(b" ")
        token = rest.strip().decode("latin-1")
        if scheme.lower() != b"bearer":
            sentence = f"the Authorization header is not of the type Bearer: {_EXPECTED}"
            return self._unauthorized(sentence)
        if not token:
            return self._unauthorized(f"the Authorization header holds no token: {_EXPECTED}")
        grant = self._authorizer.cached_grant(token, environment, now)
        grant = grant or await self._authorizer.grant_for(token, environment, now)
        return grant or self._unauthorized("Wrong Token")

    def check_address(self, grant: Grant, address: str) -> Answer | None:
        """The 403 when the token may not be used from where the request came from."""
        if grant.limits.allows_address(address):
            return None
        sentence = f"the token may not be used from {address}: its limits name other addresses"
        return envelope(403, sentence, self._dialect.wrong_address)

    def check_scope(self, grant: Grant, method: str, segment: str) -> Answer | None:
        """The 403 when the token's scopes do not cover the call."""
        if grant.allows(method, self._hosts[grant.environment], segment):
            return None
        needed = needed_scope(method, self._dialect.service, grant.environment, segment)
        return envelope(403, f"the token lacks the scope {needed}", self._dialect.wrong_scope)

    def _unauthorized(self, sentence: str) -> Answer:
        return envelope(401, sentence, self._dialect.wrong_token, _CHALLENGE)
