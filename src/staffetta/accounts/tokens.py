"""A token as its owner sees it: the type, and how it is read from a row.

What was sealed is opened here with the server's keys. What cannot be opened (only the hash was
kept, or the key is gone) is known by its last four characters.
"""

from dataclasses import dataclass, field
from datetime import datetime

from staffetta.accounts.create_token import refresh_purpose, token_purpose
from staffetta.accounts.token_limits import TokenLimits, parse_limits
from staffetta.db.pool import Row
from staffetta.domain.secrets import CannotUnseal, Keyring


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """One live token of a space."""

    token_hash: bytes = field(repr=False)
    token: str | None = field(repr=False)  # None where it cannot be read again
    hint: str
    refresh_token: str | None = field(repr=False)
    name: str
    scopes: tuple[str, ...]
    limits: TokenLimits
    created_at: datetime
    updated_at: datetime
    expire_at: datetime

    @property
    def shown(self) -> str:
        """The token, or its last four characters where nothing more was kept."""
        return self.hint if self.token is None else self.token


def read_record(row: Row, keyring: Keyring | None, given: str | None = None) -> TokenRecord:
    """The token of a row; `given` is its text where the caller has shown it."""
    token_hash = row["hash"]
    return TokenRecord(
        token_hash=token_hash,
        token=given or _opened(keyring, row["sealed"], token_purpose(token_hash)),
        hint=row["hint"],
        refresh_token=_opened(keyring, row["refresh_sealed"], refresh_purpose(token_hash)),
        name=row["name"],
        scopes=tuple(row["scopes"]),
        limits=parse_limits(row["limits"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        expire_at=row["expire_at"],
    )


def _opened(keyring: Keyring | None, sealed: bytes | None, purpose: bytes) -> str | None:
    if keyring is None or sealed is None:
        return None
    try:
        return keyring.unseal(sealed, purpose).decode()
    except CannotUnseal:
        return None
