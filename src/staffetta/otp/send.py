"""Sending a one-time password: a code is reserved, then a message carries it.

The code is written first, in a transaction of its own, and the message as any other: so a 201 means
that both are durable (see sql.py), and a refused message leaves a code that was never sent, which
housekeeping forgets. The code itself stands in what this returns, in memory, and nowhere else in
clear: the message is stored with asterisks.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from staffetta.db.pool import Database
from staffetta.domain.environments import Market
from staffetta.domain.ids import IdMaker
from staffetta.domain.phones import Phone, parse_mobile
from staffetta.domain.secrets import Keyring
from staffetta.messaging.accept import Acceptor
from staffetta.messaging.draft import IdempotencyKey
from staffetta.messaging.inspection import SendRequest, Space
from staffetta.messaging.masked_codes import MASK, seal_code
from staffetta.messaging.view import MessageView
from staffetta.otp import sql
from staffetta.otp.codes import make_code, seal, unseal
from staffetta.otp.languages import language_of
from staffetta.otp.texts import write_text
from staffetta.otp.verify import TRIES_MAX

SENDER: Final = "OTP MOBILE"
CACHE_SECONDS_MAX: Final = 600


class OtpRequest(msgspec.Struct, frozen=True):
    """What a client asked for; length and seconds are in range, the other rules not looked at."""

    recipient: str
    alphanumeric: bool
    length: int
    cache_seconds: int  # 0: a code of its own
    dry_run: bool
    fail_on_multiple_segments: bool
    callback: Mapping[str, object] | None
    idempotency: IdempotencyKey | None


class SentOtp(msgspec.Struct, frozen=True):
    """A promise kept in the database. Its text and code are in clear: for the client's eyes."""

    message: MessageView
    code: str | None  # None: a dry run has none
    replayed: bool
    paid_micro: int = 0  # held now
    covered_count: int = 0  # segments that bundles pay for


class OtpSender:
    """Sends the one-time passwords of this process."""

    def __init__(
        self, database: Database, acceptor: Acceptor, keyring: Keyring, ids: IdMaker
    ) -> None:
        self._database = database
        self._acceptor = acceptor
        self._keyring = keyring
        self._ids = ids

    async def send(self, space: Space, request: OtpRequest, now: datetime) -> SentOtp:
        """Send a code: when this returns, message and code are durable.

        Raises what Acceptor.accept raises, and the database's errors; then nothing is sent.
        """
        phone = parse_mobile(request.recipient)
        message_id = self._ids.make(now)
        # A dry run looks like the real thing, with a code that is told to nobody and kept nowhere.
        code = (
            make_code(request.length, alphanumeric=request.alphanumeric)
            if request.dry_run
            else await self._reserve(space.id, message_id, phone, request, now)
        )
        accepted = await self._acceptor.accept(
            space, self._message(space.id, message_id, phone, code, request), now
        )
        if request.dry_run:
            return SentOtp(accepted.message, None, accepted.replayed)
        if accepted.replayed:
            code = await self._read(space.id, accepted.message.id)
        return SentOtp(
            _unmasked(accepted.message, code),
            code,
            accepted.replayed,
            accepted.paid_micro,
            accepted.covered_count,
        )

    def _message(
        self, space_id: int, message_id: bytes, phone: Phone, code: str, request: OtpRequest
    ) -> SendRequest:
        return SendRequest(
            market=Market.WORLD,
            recipient=request.recipient,
            text=write_text(language_of(phone.country), code),
            sender=SENDER,
            dry_run=request.dry_run,
            fail_on_multiple_segments=request.fail_on_multiple_segments,
            callback=request.callback,
            idempotency=request.idempotency,
            code=seal_code(self._keyring, space_id, message_id, code),
        )

    async def _reserve(
        self, space_id: int, message_id: bytes, phone: Phone, request: OtpRequest, now: datetime
    ) -> str:
        """The code that this message is to carry: a new one, or the one that is kept."""
        code_id = self._ids.make(now)
        code = make_code(request.length, alphanumeric=request.alphanumeric)
        sealed = seal(self._keyring, space_id, code_id, code)
        new = (space_id, message_id, code_id, sealed, TRIES_MAX, now)
        async with self._database.acquire() as connection:
            if request.cache_seconds == 0:
                await connection.execute(sql.RESERVE_FRESH, *new)
                return code
            kept = await connection.fetchrow(
                sql.RESERVE_CACHED,
                *new,
                phone.e164,
                request.length,
                request.alphanumeric,
                now + timedelta(seconds=request.cache_seconds),
            )
        assert kept is not None, "one row is put in or found"
        return unseal(self._keyring, space_id, kept["code_id"], kept["sealed"])

    async def _read(self, space_id: int, message_id: bytes) -> str:
        """The code of an earlier message, whose request came again within a day."""
        async with self._database.acquire() as connection:
            row = await connection.fetchrow(sql.READ_CODE, space_id, message_id)
        assert row is not None, "a code is kept for longer than an idempotency key"
        return unseal(self._keyring, space_id, row["id"], row["sealed"])


def _unmasked(message: MessageView, code: str) -> MessageView:
    return msgspec.structs.replace(message, text=message.text.replace(MASK * len(code), code))
