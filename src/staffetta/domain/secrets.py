"""Secrets as values: making API keys and tokens, hashing them, sealing what must be read again.

Owns the shapes of keys and tokens (contract section 2) and the format of sealed bytes. It never
stores, prints or logs a secret; who seals what, and with which purpose, is the caller's decision.

API keys and tokens carry 96 bits of chance and more, so a plain SHA-256 is enough to look them up
by: there is no dictionary to try. What has to be read again (a carrier's password, a token that a
list shows) is sealed with the server's key: AES-256 in GCM, with the id of the key in front, so
that keys can be rotated while old ones still open what they sealed.
"""

import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

API_KEY_CHARACTERS: Final = 32
TOKEN_CHARACTERS: Final = 24
REFRESH_TOKEN_CHARACTERS: Final = 32  # another length than a token's: neither passes for the other
_API_KEY_ALPHABET: Final = string.ascii_lowercase + string.digits
_TOKEN: Final = re.compile(r"[0-9a-f]{24}", re.ASCII)
_REFRESH_TOKEN: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_HINT_CHARACTERS: Final = 4

SERVER_KEY_BYTES: Final = 32
SERVER_KEYS_MAX: Final = 16
_KEY_ID_BYTES: Final = 4
_NONCE_BYTES: Final = 12
_FORMAT: Final = b"\x01"  # first byte of everything sealed: leaves room for another cipher
_HEADER_BYTES: Final = len(_FORMAT) + _KEY_ID_BYTES + _NONCE_BYTES


class InvalidServerKey(ValueError):
    """Text that is not a list of server keys."""


class CannotUnseal(Exception):
    """Sealed bytes that no known key opens, or that were sealed for another purpose."""


def make_api_key() -> str:
    """A new API key: 32 lower-case letters and digits, some of each.

    One without a digit, which chance makes once in 28,000 times, could be taken for a word where
    secrets are looked for in text.
    """
    while True:
        key = "".join(secrets.choice(_API_KEY_ALPHABET) for _ in range(API_KEY_CHARACTERS))
        if not (key.isalpha() or key.isdigit()):
            return key


def make_token() -> str:
    """A new token: 24 hexadecimal digits."""
    return secrets.token_hex(TOKEN_CHARACTERS // 2)


def is_token(text: str) -> bool:
    """Whether `text` has the shape of a token, so that looking it up can make sense."""
    return _TOKEN.fullmatch(text) is not None


def make_refresh_token() -> str:
    """A new refresh token: 32 hexadecimal digits."""
    return secrets.token_hex(REFRESH_TOKEN_CHARACTERS // 2)


def is_refresh_token(text: str) -> bool:
    """Whether `text` has the shape of a refresh token."""
    return _REFRESH_TOKEN.fullmatch(text) is not None


def hash_secret(secret: str) -> bytes:
    """The 32 bytes an API key or a token is looked up by."""
    # surrogatepass: what a client sends need not be text, and must not raise here.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def same_secret(one: bytes, other: bytes) -> bool:
    """Whether two secrets or hashes are equal, in a time that tells nothing about where not."""
    return hmac.compare_digest(one, other)


def hint(secret: str) -> str:
    """The last four characters, by which a person recognises a secret in a list."""
    return secret[-_HINT_CHARACTERS:]


@dataclass(frozen=True, slots=True)
class ServerKey:
    """One key of the server. Its id is derived from it, so nobody has to number keys."""

    key: bytes = field(repr=False)
    key_id: bytes

    @classmethod
    def from_bytes(cls, key: bytes) -> Self:
        """The key made of exactly 32 bytes; raises InvalidServerKey."""
        if len(key) != SERVER_KEY_BYTES:
            raise InvalidServerKey(f"a server key has {SERVER_KEY_BYTES} bytes, not {len(key)}")
        return cls(key, hashlib.sha256(b"staffetta server key id\0" + key).digest()[:_KEY_ID_BYTES])


def make_server_key_text() -> str:
    """A new server key as it stands in a file: 64 hexadecimal digits."""
    return secrets.token_hex(SERVER_KEY_BYTES)


@dataclass(frozen=True, slots=True)
class _Held:
    """The keys of one moment."""

    newest: bytes  # the id of the key that seals
    ciphers: dict[bytes, AESGCM]  # by key id, newest first

    @classmethod
    def of(cls, keys: Sequence[ServerKey]) -> Self:
        """These keys, newest first; raises InvalidServerKey."""
        if not 1 <= len(keys) <= SERVER_KEYS_MAX:
            raise InvalidServerKey(f"expected 1 to {SERVER_KEYS_MAX} server keys, got {len(keys)}")
        return cls(keys[0].key_id, {key.key_id: AESGCM(key.key) for key in keys})


class Keyring:
    """The server's keys: the first seals, every one opens what it sealed.

    It is live: everybody in a process holds the same one, and `refresh` puts other keys into it.
    `reread` answers the keys where they are kept now, or None while they are the ones it answered
    last; it raises InvalidServerKey.
    """

    __slots__ = ("_held", "_reread")

    def __init__(
        self,
        keys: Sequence[ServerKey],
        reread: Callable[[], Sequence[ServerKey] | None] | None = None,
    ) -> None:
        self._held = _Held.of(keys)
        self._reread = reread

    @classmethod
    def parse(cls, text: str) -> Self:
        """The keys in `text`, see parse_server_keys; raises InvalidServerKey."""
        return cls(parse_server_keys(text))

    @property
    def key_ids(self) -> tuple[bytes, ...]:
        """The ids of its keys, newest first."""
        return tuple(self._held.ciphers)

    @property
    def is_live(self) -> bool:
        """Whether its keys can change while it is held."""
        return self._reread is not None

    def refresh(self) -> bool:
        """Take up keys that changed where they are kept; whether they did.

        Raises InvalidServerKey, and keeps those it has.
        """
        keys = None if self._reread is None else self._reread()
        if keys is None:
            return False
        before = self.key_ids
        self._held = _Held.of(keys)
        return self.key_ids != before

    def seal(self, secret: bytes, purpose: bytes) -> bytes:
        """`secret`, readable only with this key and only for the same `purpose`.

        The purpose is bound in as associated data: it names the row and the column, so that sealed
        bytes copied to another row do not open there.
        """
        held = self._held
        header = _FORMAT + held.newest + secrets.token_bytes(_NONCE_BYTES)
        nonce = header[-_NONCE_BYTES:]
        return header + held.ciphers[held.newest].encrypt(nonce, secret, purpose)

    def unseal(self, sealed: bytes, purpose: bytes) -> bytes:
        """What was sealed for `purpose`; raises CannotUnseal."""
        header = sealed[:_HEADER_BYTES]
        key_id = key_id_of(header)
        cipher = None if key_id is None else self._cipher(key_id)
        if len(header) < _HEADER_BYTES or cipher is None:
            raise CannotUnseal("sealed with a key that this server does not have")
        try:
            return cipher.decrypt(header[-_NONCE_BYTES:], sealed[_HEADER_BYTES:], purpose)
        except InvalidTag:
            raise CannotUnseal("changed since it was sealed, or sealed for another use") from None

    def is_current(self, sealed: bytes) -> bool:
        """Whether the newest key sealed this: what is not current is sealed again on rotation."""
        return key_id_of(sealed) == self._held.newest

    def _cipher(self, key_id: bytes) -> AESGCM | None:
        """The cipher of a key. One that is unknown may be new: another process seals with it."""
        if (cipher := self._held.ciphers.get(key_id)) is None:
            with suppress(InvalidServerKey):  # said by whoever refreshes in turn
                self.refresh()
                cipher = self._held.ciphers.get(key_id)
        return cipher


def key_id_of(sealed: bytes) -> bytes | None:
    """The id of the key that sealed this; None for what `Keyring.seal` never made."""
    end = len(_FORMAT) + _KEY_ID_BYTES
    if sealed[: len(_FORMAT)] != _FORMAT or len(sealed) < end:
        return None
    return sealed[len(_FORMAT) : end]


def parse_server_keys(text: str) -> tuple[ServerKey, ...]:
    """The keys in `text`, newest first, one a line; raises InvalidServerKey.

    Empty lines and lines that begin with # are left out. The text itself is never repeated in an
    error.
    """
    lines = [line.strip() for line in text.splitlines()]
    written = [line for line in lines if line and not line.startswith("#")]
    try:
        keys = tuple(ServerKey.from_bytes(bytes.fromhex(line)) for line in written)
    except ValueError:
        raise InvalidServerKey(
            f"each server key is written as {SERVER_KEY_BYTES * 2} hexadecimal digits,"
            " one a line, newest first"
        ) from None
    if not 1 <= len(keys) <= SERVER_KEYS_MAX:
        raise InvalidServerKey(f"expected 1 to {SERVER_KEYS_MAX} server keys, got {len(keys)}")
    return keys
