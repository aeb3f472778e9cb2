"""A callback as it goes over the wire: its URL, its headers and the bytes of its body.

Pure, but for the protocol of whoever knows what a message looks like: callbacks do not.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol
from urllib.parse import urlencode

import msgspec

from staffetta import __version__
from staffetta.callbacks.claim import Claim
from staffetta.callbacks.header_names import CONTENT_TYPES, is_reserved
from staffetta.callbacks.sign import signed_headers
from staffetta.callbacks.target import CallbackTarget, kept_target
from staffetta.db.pool import Connection

USER_AGENT: Final = f"Staffetta/{__version__}"
_DEFAULTS: Final = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}
_ENCODER: Final = msgspec.json.Encoder()


class Told(msgspec.Struct, frozen=True):
    """What a callback about a message says, and the callback object that was asked for."""

    callback: Mapping[str, object]
    body: Mapping[str, object]


class BodySource(Protocol):
    """Knows messages: v2's as they were when they changed, v1's as they are."""

    async def read(self, connection: Connection, claims: Sequence[Claim]) -> Mapping[bytes, Told]:
        """What each claim about a message tells, by callback id; what is gone is left out."""
        ...


class Letter(msgspec.Struct, frozen=True):
    """A claim with everything that is needed to send it."""

    claim: Claim
    target: CallbackTarget
    body: bytes
    keys: tuple[bytes, ...]  # empty: the secret cannot be opened
    repeats: int  # after the first attempt


class Request(msgspec.Struct, frozen=True):
    """One HTTP request."""

    url: str
    headers: Mapping[str, str]
    body: bytes


def letter_of(claim: Claim, told: Told, keys: tuple[bytes, ...], default_repeats: int) -> Letter:
    """The letter about a message."""
    target = kept_target(told.callback, claim.host)
    body = _ENCODER.encode(said_by(claim, told))
    return Letter(
        claim=claim,
        target=target,
        body=_as_form(target.field, body) if target.method == "POST" else body,
        keys=keys,
        repeats=default_repeats if target.retry is None else target.retry,
    )


def said_by(claim: Claim, told: Told) -> Mapping[str, object]:
    """The JSON of a letter about a message: the Message, and in v2 its `custom` (section 5)."""
    return told.body if claim.is_of_v1 else {**told.body, "custom": told.callback.get("custom")}


def event_letter_of(claim: Claim, keys: tuple[bytes, ...], repeats: int) -> Letter:
    """The letter of an account's event, which says all in its payload."""
    payload = claim.payload or {}
    target = kept_target({"url": payload["url"]}, claim.host)
    return Letter(claim, target, _ENCODER.encode(payload["body"]), keys, repeats)


def request_of(letter: Letter, at: datetime) -> Request:
    """The request of an attempt at `at`. A customer's headers never take the place of ours."""
    given = {name: value for name, value in letter.target.headers.items() if not is_reserved(name)}
    names = {name.lower() for name in given}
    headers = {name: value for name, value in _DEFAULTS.items() if name.lower() not in names}
    headers.update(given)
    headers["Content-Type"] = CONTENT_TYPES[letter.target.method]
    headers.update(signed_headers(letter.claim.id, at, letter.body, letter.keys))
    return Request(letter.target.url, headers, letter.body)


def _as_form(field: str, body: bytes) -> bytes:
    return urlencode({field: body}).encode("ascii")
