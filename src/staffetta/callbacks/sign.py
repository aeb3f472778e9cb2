"""Signing callbacks as Standard Webhooks does, so that receivers verify them with its libraries.

Pure. The signature covers the id, the moment of the attempt and the body's bytes as they are sent:
nobody else can make one, and an old request cannot be played again later.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

SECRET_BYTES: Final = 32
_PREFIX: Final = "whsec_"
_VERSION: Final = "v1"


def make_secret() -> str:
    """A new signing secret, as an account is shown it: whsec_ and base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def signing_key(secret: str) -> bytes:
    """The key inside a secret."""
    return base64.b64decode(secret.removeprefix(_PREFIX))


def webhook_id(callback_id: bytes) -> str:
    """The id of a callback, the same at every attempt: receivers know repeats by it."""
    return f"cb_{callback_id.hex()}"


def signed_headers(
    callback_id: bytes, at: datetime, body: bytes, keys: Sequence[bytes]
) -> dict[str, str]:
    """The three headers of an attempt at `at`; one signature for each key, newest first."""
    identifier = webhook_id(callback_id)
    timestamp = str(int(at.timestamp()))
    signed = f"{identifier}.{timestamp}.".encode() + body
    return {
        "webhook-id": identifier,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(key, signed) for key in keys),
    }


def signatures_in(headers: Mapping[str, str]) -> list[str]:
    """The signatures that a request bears."""
    return headers.get("webhook-signature", "").split()


def is_signed_by(keys: Sequence[bytes], headers: Mapping[str, str], body: bytes) -> bool:
    """Whether one of a request's signatures was made with one of these keys, as receivers check it.

    Its age is not looked at.
    """
    signed = f"{headers.get('webhook-id', '')}.{headers.get('webhook-timestamp', '')}.".encode()
    right = [_signature(key, signed + body).encode() for key in keys]
    return any(
        hmac.compare_digest(given.encode(), one)
        for given in signatures_in(headers)
        for one in right
    )


def _signature(key: bytes, signed: bytes) -> str:
    digest = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode("ascii")
    return f"{_VERSION},{digest}"
