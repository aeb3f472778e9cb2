"""Composing letters: what each claim says, where it goes, and the keys that sign it.

Reads in the transaction of the claim. A claim that cannot be composed is no reason to hold up the
others: it says why instead.
"""

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
from staffetta.db.pool import Connection
from staffetta.domain.secrets import CannotUnseal, Keyring

REPEATS_DEFAULT: Final = 5  # as accounts.terms ships it

_log = structlog.get_logger(__name__)


class Unsendable(msgspec.Struct, frozen=True):
    """A claim that no letter can be made of, and why."""

    claim: Claim
    reason: str
    is_final: bool  # waiting would help nothing


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
) -> list[Letter | Unsendable]:
    """A letter for each claim, in their order."""
    if not claims:
        return []
    senders = await _read_senders(connection, keyring, claims, now)
    about_messages = [one for one in claims if one.kind == "message"]
    told = await bodies.read(connection, about_messages) if about_messages else {}
    return [_compose(one, senders[one.space_id], told.get(one.id)) for one in claims]


def _compose(claim: Claim, sender: _Sender | str, told: Told | None) -> Letter | Unsendable:
    if isinstance(sender, str):
        return Unsendable(claim, sender, is_final=False)
    if claim.kind == "message" and told is None:
        return Unsendable(claim, "the message is not there any more", is_final=True)
    try:
        if told is None:
            return event_letter_of(claim, sender.keys, sender.repeats)
        return letter_of(claim, told, sender.keys, sender.repeats)
    except Exception:  # noqa: BLE001 - one row that our own code fails on must not stop its lane
        _log.exception("callback_not_composed", callback=claim.id.hex())
        return Unsendable(claim, "a fault of this server: it cannot be composed", is_final=True)


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
