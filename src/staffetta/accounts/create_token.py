"""Making a token: scopes expanded, a lifetime of a year at most, kept as a hash."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from staffetta.accounts.errors import InvalidTokenTerms, TooManyTokens
from staffetta.accounts.space import Space
from staffetta.accounts.sql import tokens as sql
from staffetta.accounts.token_limits import NO_LIMITS, TokenLimits
from staffetta.db.pool import Connection
from staffetta.domain.scopes import InvalidScope, expand
from staffetta.domain.secrets import Keyring, hash_secret, hint, make_refresh_token, make_token

LIFETIME_SECONDS_MAX: Final = 365 * 24 * 3600  # contract section 6: one year, also the default
NAME_CHARACTERS_MAX: Final = 100
TOKENS_MAX: Final = 10_000  # live ones of a space


@dataclass(frozen=True, slots=True)
class NewToken:
    """What was made."""

    token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    scopes: tuple[str, ...]
    name: str
    limits: TokenLimits
    created_at: datetime
    expire_at: datetime


async def create_token(
    connection: Connection,
    space: Space,
    scopes: Collection[str],
    now: datetime,
    *,
    lifetime_seconds: int = LIFETIME_SECONDS_MAX,
    name: str = "",
    limits: TokenLimits = NO_LIMITS,
    own_hosts: Collection[str] = (),
    keyring: Keyring | None = None,
) -> NewToken:
    """Make a token of a space, in the caller's transaction.

    With a keyring sealed copies of it and of its refresh token are kept beside the hashes, so that
    lists can show them; without, the hashes alone. `own_hosts` are the names this server answers
    to. Raises InvalidScope, ScopeNotEnabled, InvalidTokenTerms, TooManyTokens.
    """
    granted = grant_scopes(space, scopes, own_hosts)
    check_lifetime(lifetime_seconds)
    check_name(name)
    live_count = await connection.fetchval(sql.COUNT_LIVE_TOKENS, space.space_id, now, TOKENS_MAX)
    if live_count >= TOKENS_MAX:
        raise TooManyTokens(f"this account has {TOKENS_MAX} tokens already: delete some first")
    return await insert_token(
        connection, space, granted, now, lifetime_seconds, name, limits, keyring
    )


async def insert_token(
    connection: Connection,
    space: Space,
    granted: tuple[str, ...],
    now: datetime,
    lifetime_seconds: int,
    name: str,
    limits: TokenLimits,
    keyring: Keyring | None,
    use_hash: bytes | None = None,
) -> NewToken:
    """Store a token whose terms were checked, in the caller's transaction.

    `use_hash` is what its use is counted under, where that is not its own hash.
    """
    token, refresh_token = make_token(), make_refresh_token()
    token_hash, refresh_hash = hash_secret(token), hash_secret(refresh_token)
    # Whole seconds: the API tells the expiry so, and what it tells must be true.
    expire_at = now.replace(microsecond=0) + timedelta(seconds=lifetime_seconds)
    await connection.execute(
        sql.INSERT_TOKEN,
        token_hash,
        space.space_id,
        name,
        list(granted),
        _sealed(keyring, token, token_purpose(token_hash)),
        hint(token),
        limits.as_object(),
        refresh_hash,
        _sealed(keyring, refresh_token, refresh_purpose(token_hash)),
        now,
        expire_at,
        lifetime_seconds,
        use_hash,
    )
    return NewToken(token, refresh_token, granted, name, limits, now, expire_at)


def token_purpose(token_hash: bytes) -> bytes:
    """What a token's sealed copy is bound to: its own row."""
    return b"token.sealed:" + token_hash


def refresh_purpose(token_hash: bytes) -> bytes:
    """What the sealed copy of a token's refresh token is bound to: the token's row."""
    return b"token.refresh_sealed:" + token_hash


def grant_scopes(
    space: Space, scopes: Collection[str], own_hosts: Collection[str]
) -> tuple[str, ...]:
    """The single scopes asked for; raises InvalidScope, ScopeNotEnabled."""
    if not scopes:
        raise InvalidScope("a token needs at least one scope, like *:sms.openapi.com/*")
    return expand(scopes, space.environment, own_hosts)


def check_lifetime(seconds: int) -> None:
    """Raise InvalidTokenTerms for a lifetime that a token cannot have."""
    if not 1 <= seconds <= LIFETIME_SECONDS_MAX:
        raise InvalidTokenTerms(
            f"a token lives 1 to {LIFETIME_SECONDS_MAX} seconds (one year), not {seconds}"
        )


def check_name(name: str) -> None:
    """Raise InvalidTokenTerms for a name that a token cannot have."""
    if len(name) > NAME_CHARACTERS_MAX or not name.isprintable():
        raise InvalidTokenTerms(
            f"a token's name has at most {NAME_CHARACTERS_MAX} printable characters"
        )


def _sealed(keyring: Keyring | None, secret: str, purpose: bytes) -> bytes | None:
    return None if keyring is None else keyring.seal(secret.encode(), purpose)
