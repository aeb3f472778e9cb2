"""Making a token: scopes expanded, a lifetime of a year at most, kept as a hash."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from staffetta.accounts.errors import InvalidTokenTerms
from staffetta.accounts.space import Space
from staffetta.accounts.sql import tokens as sql
from staffetta.db.pool import Connection
from staffetta.domain.scopes import InvalidScope, expand
from staffetta.domain.secrets import Keyring, hash_secret, hint, make_token

LIFETIME_SECONDS_MAX: Final = 365 * 24 * 3600  # contract section 6: one year, also the default
NAME_CHARACTERS_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class NewToken:
    """What was made."""

    token: str = field(repr=False)
    scopes: tuple[str, ...]
    expire_at: datetime


async def create_token(
    connection: Connection,
    space: Space,
    scopes: Collection[str],
    now: datetime,
    *,
    lifetime_seconds: int = LIFETIME_SECONDS_MAX,
    name: str = "",
    own_hosts: Collection[str] = (),
    keyring: Keyring | None = None,
) -> NewToken:
    """Make a token of a space, in the caller's transaction.

    With a keyring a sealed copy is kept beside the hash, so that lists can show the token; without,
    the hash alone. `own_hosts` are the names this server answers to. Raises InvalidScope,
    ScopeNotEnabled, InvalidTokenTerms.
    """
    if not scopes:
        raise InvalidScope("a token needs at least one scope, like *:sms.openapi.com/*")
    _check_terms(lifetime_seconds, name)
    granted = expand(scopes, space.environment, own_hosts)
    token = make_token()
    token_hash = hash_secret(token)
    # Whole seconds: the API tells the expiry so, and what it tells must be true.
    expire_at = now.replace(microsecond=0) + timedelta(seconds=lifetime_seconds)
    await connection.execute(
        sql.INSERT_TOKEN,
        token_hash,
        space.space_id,
        name,
        list(granted),
        None if keyring is None else keyring.seal(token.encode(), token_purpose(token_hash)),
        hint(token),
        now,
        expire_at,
    )
    return NewToken(token, granted, expire_at)


def token_purpose(token_hash: bytes) -> bytes:
    """What a token's sealed copy is bound to: its own row."""
    return b"token.sealed:" + token_hash


def _check_terms(lifetime_seconds: int, name: str) -> None:
    if not 1 <= lifetime_seconds <= LIFETIME_SECONDS_MAX:
        raise InvalidTokenTerms(
            f"a token lives 1 to {LIFETIME_SECONDS_MAX} seconds (one year), not {lifetime_seconds}"
        )
    if len(name) > NAME_CHARACTERS_MAX or not name.isprintable():
        raise InvalidTokenTerms(
            f"a token's name has at most {NAME_CHARACTERS_MAX} printable characters"
        )
