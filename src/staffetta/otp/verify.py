"""Checking what a person typed against the code that a message carried.

A code is good once, for ten minutes from its last sending, and for five tries whatever message they
name (contract section 5, "OTP body"). A code that is over leaves the cache: the next message to its
number carries a new one.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from staffetta.db.pool import Connection, Database, Row
from staffetta.domain.errors import OtpOver
from staffetta.domain.secrets import Keyring
from staffetta.otp import sql
from staffetta.otp.codes import is_same, unseal
from staffetta.otp.errors import UnknownOtp

TRIES_MAX: Final = 5
VALID: Final = timedelta(minutes=10)


class Verified(msgspec.Struct, frozen=True):
    """It was the code, which is used now."""


class Wrong(msgspec.Struct, frozen=True):
    """It was not; so many tries are left."""

    tries_left: int


class OtpVerifier:
    """Checks the codes of all spaces."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    async def verify(
        self, space_id: int, message_id: bytes, given: str, now: datetime
    ) -> Verified | Wrong:
        """Use up the code, or one of its tries; durable when this returns.

        Raises UnknownOtp, and OtpOver for a code that was used, has expired or is out of tries.
        """
        # The code's row is locked: of many answers at once, each sees what the one before it left.
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(sql.LOCK_CODE, space_id, message_id)
            if row is None:
                raise await _why_there_is_none(connection, space_id, message_id)
            _require_open(row, now)
            code = unseal(self._keyring, space_id, row["id"], row["sealed"])
            outcome = Verified() if is_same(given, code) else Wrong(row["tries_left"] - 1)
            await _note(connection, space_id, row, outcome, now)
        return outcome


async def _why_there_is_none(
    connection: Connection, space_id: int, message_id: bytes
) -> OtpOver | UnknownOtp:
    if await connection.fetchval(sql.CARRIED_CODE, space_id, message_id):
        return _expired()
    return UnknownOtp(f"there is no one-time password {message_id.hex()}")


def _require_open(row: Row, now: datetime) -> None:
    if row["used_at"] is not None:
        raise OtpOver("the code was used already: it is good once")
    if now >= row["last_sent_at"] + VALID:
        raise _expired()
    if row["tries_left"] == 0:
        raise OtpOver(f"the code had its {TRIES_MAX} wrong tries: send a new one")


def _expired() -> OtpOver:
    minutes = VALID // timedelta(minutes=1)
    return OtpOver(f"the code has expired: it was good for {minutes} minutes; send a new one")


async def _note(
    connection: Connection, space_id: int, row: Row, outcome: Verified | Wrong, now: datetime
) -> None:
    tries_left = row["tries_left"] if isinstance(outcome, Verified) else outcome.tries_left
    used_at = now if isinstance(outcome, Verified) else None
    await connection.execute(sql.NOTE_TRY, space_id, row["id"], tries_left, used_at)
    if used_at is not None or tries_left == 0:
        await connection.execute(sql.LEAVE_CACHE, space_id, row["id"])
