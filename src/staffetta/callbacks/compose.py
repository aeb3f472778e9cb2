"""Composing letters: what each claim says, where it goes, and the keys that sign it.

Reads in the transaction of the claim; what tells of many recipients is composed when its turn has
come, so that few such bodies are in memory at once. A claim that cannot be composed is no reason to
hold up the others: it says why instead.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
import structlog

from staffetta.callbacks import sql
from staffetta.callbacks.claim import Claim
from staffetta.callbacks.letters import BodySource, Letter, Told, event_letter_of, letter_of
from staffetta.callbacks.outcomes import REPEATS_MAX
from staffetta.callbacks.secret import ensure_secret, open_secrets
from staffetta.db.pool import Connection, DatabaseError
from staffetta.domain.secrets import CannotUnseal, Keyring

REPEATS_DEFAULT: Final = 5  # as accounts.terms ships it
_RECIPIENTS_AT_ONCE_MAX: Final = 10  # told by a letter that is composed with its claim
_OUR_FAULT: Final = "a fault of this server: it cannot be composed"

_log = structlog.get_logger(__name__)


class Unsendable(msgspec.Struct, frozen=True):
    """A claim that no letter can be made of, and why."""

    claim: Claim
    reason: str
    is_final: bool  # waiting would help nothing


class LateLetter(msgspec.Struct, frozen=True):
    """A claim that tells of many recipients, before it is composed."""

    claim: Claim
    keys: tuple[bytes, ...]
    repeats: int


class _Sender(msgspec.Struct, frozen=True):
    """What the letters of one space have in common."""

    keys: tuple[bytes, ...]
    repeats: int


async def compose(
    connection: Connection,
    bodies: BodySource,
    keyring: Keyring,
    claims: Sequence[Claim],
    now: datetime,
) -> list[Letter | LateLetter | Unsendable]:
    """A letter for each claim, in their order."""
    if not claims:
        return []
    senders = await _read_senders(connection, keyring, claims, now)
    told_now = [one for one in claims if one.message_id is not None and not _is_late(one)]
    told = await bodies.read(connection, told_now) if told_now else {}
    return [_compose(one, senders[one.space_id], told.get(one.id)) for one in claims]


async def compose_late(
    connection: Connection, bodies: BodySource, late: LateLetter
) -> Letter | Unsendable:
    """The letter that was left for later."""
    claim = late.claim
    try:
        told = (await bodies.read(connection, [claim])).get(claim.id)
    except DatabaseError:
        raise
    except Exception:  # noqa: BLE001 - one row that our own code fails on must not stop its lane
        _log.exception("callback_not_composed", callback=claim.id.hex())
        return Unsendable(claim, _OUR_FAULT, is_final=True)
    # A megabyte of JSON as a form takes a while: nobody else waits for it.
    return await asyncio.to_thread(_letter, claim, _Sender(late.keys, late.repeats), told)


def _is_late(claim: Claim) -> bool:
    return claim.recipient_count > _RECIPIENTS_AT_ONCE_MAX


def _compose(
    claim: Claim, sender: _Sender | str, told: Told | None
) -> Letter | LateLetter | Unsendable:
    if isinstance(sender, str):
        return Unsendable(claim, sender, is_final=False)
    if _is_late(claim):
        return LateLetter(claim, sender.keys, sender.repeats)
    return _letter(claim, sender, told)


def _letter(claim: Claim, sender: _Sender, told: Told | None) -> Letter | Unsendable:
    if claim.message_id is not None and told is None:
        return Unsendable(claim, "the message is not there any more", is_final=True)
    try:
        if told is None:
            return event_letter_of(claim, sender.keys, sender.repeats)
        return letter_of(claim, told, sender.keys, sender.repeats)
    except Exception:  # noqa: BLE001 - one row that our own code fails on must not stop its lane
        _log.exception("callback_not_composed", callback=claim.id.hex())
        return Unsendable(claim, _OUR_FAULT, is_final=True)


async def _read_senders(
    connection: Connection, keyring: Keyring, claims: Sequence[Claim], now: datetime
) -> Mapping[int, _Sender | str]:
    spaces = sorted({one.space_id for one in claims})
    rows = await connection.fetch(sql.READ_SPACES, spaces)
    return {row["id"]: await _sender(connection, keyring, row, now) for row in rows}


async def _sender(
    connection: Connection, keyring: Keyring, row: Any, now: datetime
) -> _Sender | str:
    try:
        if row["callback_secret"] is None:
            secrets = await ensure_secret(connection, keyring, row["id"], now)
        else:
            secrets = open_secrets(keyring, row["id"], row, now)
    except CannotUnseal as error:
        _log.error("callback_secret_not_opened", space=row["id"], error=str(error))
        return f"the signing secret cannot be opened ({error}): rotate it"
    return _Sender(secrets.keys(), _repeats(row["retry"]))


def _repeats(setting: int | None) -> int:
    return REPEATS_DEFAULT if setting is None else max(0, min(setting, REPEATS_MAX))
