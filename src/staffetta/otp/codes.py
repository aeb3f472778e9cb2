"""One-time codes: how they are made, sealed and compared. Pure.

Every code comes from the system's cryptographic source. An alphanumeric one is drawn from 32
characters, without the look-alikes 0 O 1 I (contract section 5), and drawn again until it holds a
digit: phones offer to fill in what looks like a code, and a word without a digit does not. It also
keeps codes from being words. A letter is not asked for: what is digits alone by chance is as good.
"""

import secrets
import string
from typing import Final

from staffetta.domain.secrets import Keyring, hash_secret, same_secret

LENGTH_MIN: Final = 4
LENGTH_MAX: Final = 10
LENGTH_DEFAULT: Final = 5
ALPHANUMERIC: Final = "".join(sorted(set(string.ascii_uppercase + string.digits) - set("0O1I")))


def make_code(length: int, *, alphanumeric: bool) -> str:
    """A new code of `length` characters."""
    if not alphanumeric:
        return _draw(string.digits, length)
    code = _draw(ALPHANUMERIC, length)
    while code.isalpha():
        code = _draw(ALPHANUMERIC, length)
    return code


def _draw(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def seal(keyring: Keyring, space_id: int, code_id: bytes, code: str) -> bytes:
    """The code for the database, which opens for this space and id alone."""
    return keyring.seal(code.encode(), code_purpose(space_id, code_id))


def unseal(keyring: Keyring, space_id: int, code_id: bytes, sealed: bytes) -> str:
    """The code again; raises domain.secrets.CannotUnseal."""
    return keyring.unseal(sealed, code_purpose(space_id, code_id)).decode()


def code_purpose(space_id: int, code_id: bytes) -> bytes:
    """What a sealed code is bound to: its space and its id, in the cache too."""
    return b"otp_code.sealed:%d:" % space_id + code_id


def is_same(given: str, code: str) -> bool:
    """Whether a person typed the code, in a time that tells nothing about where not.

    Spaces around it and small letters are forgiven: no two codes differ in them. Hashes are
    compared, so that not even the length shows.
    """
    return same_secret(hash_secret(given.strip().upper()), hash_secret(code))
