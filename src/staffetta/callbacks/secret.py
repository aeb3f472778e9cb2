"""The signing secrets of accounts: made when first needed, kept sealed, changed without a gap.

After a rotation the secret before it signs too, for a day, so that receivers can change theirs in
their own time.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from staffetta.callbacks import sql
from staffetta.callbacks.sign import make_secret, signing_key
from staffetta.db.pool import Connection
from staffetta.domain.secrets import CannotUnseal, Keyring

PREVIOUS_SIGNS: Final = timedelta(hours=24)


class SpaceSecrets(msgspec.Struct, frozen=True):
    """The secrets that sign for a space, newest first."""

    secrets: tuple[str, ...]
    rotated_at: datetime | None

    def keys(self) -> tuple[bytes, ...]:
        """Their keys."""
        return tuple(signing_key(secret) for secret in self.secrets)


async def ensure_secret(
    connection: Connection, keyring: Keyring, space_id: int, now: datetime
) -> SpaceSecrets:
    """The secrets of a space, in the caller's transaction; the first is made when there is none.

    Raises CannotUnseal where the server's key is not the one that sealed them.
    """
    row = await connection.fetchrow(sql.READ_SECRETS, space_id)
    assert row is not None, f"space {space_id} does not exist"
    if row["callback_secret"] is None:
        sealed = keyring.seal(make_secret().encode(), secret_purpose(space_id))
        await connection.execute(sql.SET_FIRST, space_id, sealed, now)
        row = await connection.fetchrow(sql.READ_SECRETS, space_id)
        assert row is not None
    return open_secrets(keyring, space_id, row, now)


async def read_secrets(
    connection: Connection, keyring: Keyring, space_id: int, now: datetime
) -> SpaceSecrets | None:
    """The secrets of a space; None where none was needed yet. Raises CannotUnseal."""
    row = await connection.fetchrow(sql.READ_SECRETS, space_id)
    assert row is not None, f"space {space_id} does not exist"
    if row["callback_secret"] is None:
        return None
    return open_secrets(keyring, space_id, row, now)


async def read_rotated_at(connection: Connection, space_id: int) -> datetime | None:
    """When the secret of a space was rotated last, even where it cannot be opened."""
    at: datetime | None = await connection.fetchval(sql.READ_ROTATED_AT, space_id)
    return at


async def rotate_secret(
    connection: Connection, keyring: Keyring, space_id: int, now: datetime
) -> SpaceSecrets:
    """Make a new secret in the caller's transaction; the one before signs for a day more."""
    sealed = keyring.seal(make_secret().encode(), secret_purpose(space_id))
    await connection.execute(sql.ROTATE, space_id, sealed, now)
    row = await connection.fetchrow(sql.READ_SECRETS, space_id)
    assert row is not None, f"space {space_id} does not exist"
    return open_secrets(keyring, space_id, row, now)


async def rotate_secret_after(
    connection: Connection,
    keyring: Keyring,
    space_id: int,
    seen: datetime | None,
    now: datetime,
) -> bool:
    """As `rotate_secret`, unless the last rotation was another than `seen`; whether it was done.

    None: there was none. A second rotation ends the oldest secret at once, so it needs somebody who
    knew of the first.
    """
    sealed = keyring.seal(make_secret().encode(), secret_purpose(space_id))
    status = await connection.execute(sql.ROTATE_AFTER, space_id, sealed, now, seen)
    return int(status.rpartition(" ")[2]) > 0


def open_secrets(keyring: Keyring, space_id: int, row: Any, now: datetime) -> SpaceSecrets:
    """The secrets in a row of the table space; raises CannotUnseal."""
    rotated_at: datetime | None = row["callback_secret_rotated_at"]
    sealed: list[bytes] = [row["callback_secret"]]
    previous: bytes | None = row["callback_secret_previous"]
    if previous is not None and rotated_at is not None and now < rotated_at + PREVIOUS_SIGNS:
        sealed.append(previous)
    return SpaceSecrets(_opened(keyring, space_id, sealed), rotated_at)


def _opened(keyring: Keyring, space_id: int, sealed: Sequence[bytes]) -> tuple[str, ...]:
    """What can be opened, newest first: an old one that cannot be is no reason to stop."""
    newest, *older = sealed
    secrets = [keyring.unseal(newest, secret_purpose(space_id)).decode()]
    for one in older:
        try:
            secrets.append(keyring.unseal(one, secret_purpose(space_id)).decode())
        except CannotUnseal:
            continue
    return tuple(secrets)


def secret_purpose(space_id: int) -> bytes:
    """What a sealed secret is bound to: it opens for its own space alone."""
    return f"space.callback_secret:{space_id}".encode()
