"""Who calls with an API key: HTTP Basic (RFC 7617), e-mail and key of one environment.

A refusal never says which part was wrong.
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from staffetta.accounts.api_keys import Holder, find_holder, note_use
from staffetta.api.oauth.errors import WrongCredentials
from staffetta.db.pool import Database
from staffetta.domain.environments import Environment

_EXPECTED: Final = "send `Authorization: Basic` with the account's e-mail and API key"
_HEADER_OCTETS_MAX: Final = 1024


class Basic:
    """Reads the header, and asks whose it is."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def authenticate(
        self, headers: Mapping[bytes, bytes], environment: Environment, now: datetime
    ) -> Holder:
        """The holder of the key; raises WrongCredentials, and what the database raises."""
        email, api_key = read_basic(headers.get(b"authorization"))
        async with self._database.acquire() as connection:
            holder = await find_holder(connection, email, api_key, environment, now)
            if holder is None:
                raise WrongCredentials("Wrong e-mail or API key, or one of the other environment")
            await note_use(connection, holder, now)
        return holder


def read_basic(header: bytes | None) -> tuple[str, str]:
    """User and password of the header; raises WrongCredentials."""
    if header is None:
        raise WrongCredentials(f"the Authorization header is missing: {_EXPECTED}")
    scheme, _, rest = header.partition(b" ")
    if scheme.lower() != b"basic":
        raise WrongCredentials(f"the Authorization header is not of the type Basic: {_EXPECTED}")
    try:
        # Both are ASCII: anything else is nobody's, whatever it decodes to.
        pair = base64.b64decode(rest.strip()[:_HEADER_OCTETS_MAX], validate=True).decode("latin-1")
    except (binascii.Error, ValueError):
        raise WrongCredentials(f"the Authorization header cannot be read: {_EXPECTED}") from None
    user, colon, password = pair.partition(":")
    if not colon:
        raise WrongCredentials(f"the Authorization header holds no password: {_EXPECTED}")
    return user, password


def read_bearer(header: bytes | None) -> str | None:
    """The token of a Bearer header; None: it is another header, or none."""
    scheme, _, rest = (header or b"").partition(b" ")
    return rest.strip().decode("latin-1") if scheme.lower() == b"bearer" else None
