"""Passwords of people: their rules, hashing and verifying.

argon2id with the library's own parameters, in threads of its own: one hash costs up to some tenths
of a second and 64 MiB, which no event loop could wait for. Nothing here stores or logs a password.
"""

import asyncio
import secrets
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, Self, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from staffetta.accounts.email import Email
from staffetta.accounts.people_errors import InvalidPassword
from staffetta.domain.errors import NotAcceptingNow

CHARACTERS_MIN: Final = 12
CHARACTERS_MAX: Final = 1024
AT_ONCE_MAX: Final = 2
WAITING_MAX: Final = 32  # at two at once, a few seconds

# Without what looks alike (0 O, 1 l I) and without vowels, which make words.
_GENERATED_ALPHABET: Final = "23456789bcdfghjkmnpqrstvwxyz"
_GENERATED_GROUPS: Final = 5
_GENERATED_GROUP_CHARACTERS: Final = 5  # 25 characters of 28: about 120 bits
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Password:
    """A password that may be set: checked once, at the door."""

    text: str = field(repr=False)

    @classmethod
    def parse(cls, raw: str, email: Email) -> Self:
        """The password of whoever signs in with `email`; raises InvalidPassword.

        Length is all that is asked, and that it is not the address: rules about kinds of
        characters make passwords worse (NIST SP 800-63B, section 5.1.1.2).
        """
        if not CHARACTERS_MIN <= len(raw) <= CHARACTERS_MAX:
            raise InvalidPassword(
                f"a password has {CHARACTERS_MIN} to {CHARACTERS_MAX} characters, not {len(raw)}"
            )
        if any(unicodedata.category(character) in {"Cc", "Cs"} for character in raw):
            raise InvalidPassword("a password is text in UTF-8 without control characters")
        if raw.strip().casefold() == email.text:
            raise InvalidPassword("a password is something else than the e-mail address")
        return cls(_normal(raw))


def make_password(email: Email) -> Password:
    """A password that a machine thought of, in groups that can be read out."""
    groups = (
        "".join(secrets.choice(_GENERATED_ALPHABET) for _ in range(_GENERATED_GROUP_CHARACTERS))
        for _ in range(_GENERATED_GROUPS)
    )
    return Password.parse("-".join(groups), email)


class Passwords:
    """Hashes and verifies, a few at once. One for each process; close it at the end."""

    def __init__(
        self,
        hasher: PasswordHasher | None = None,
        *,
        at_once_max: int = AT_ONCE_MAX,
        waiting_max: int = WAITING_MAX,
    ) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(at_once_max, thread_name_prefix="passwords")
        # Places are given back when the work has ended, not when who asked went away: requests
        # that are dropped must not leave ever more work behind.
        self._places = threading.Semaphore(at_once_max + waiting_max)
        self._hash_of_nobody: str | None = None

    async def hash(self, password: Password) -> str:
        """What is stored of a password; raises NotAcceptingNow when too many wait."""
        return await self._in_thread(lambda: self._hasher.hash(password.text))

    async def hash_again(self, text: str) -> str:
        """A hash with today's parameters, of a text that was verified; raises NotAcceptingNow."""
        return await self._in_thread(lambda: self._hasher.hash(_bytes(text)))

    async def verify(self, text: str, stored: str | None) -> bool:
        """Whether `text` is the password of the stored hash; raises NotAcceptingNow.

        `stored` is None for a person that does not exist: the answer is False after the same time.
        """
        if len(text) > CHARACTERS_MAX:
            return False  # says nothing about whether the person exists
        return await self._in_thread(lambda: self._verify(text, stored))

    def is_outdated(self, stored: str) -> bool:
        """Whether a hash was made with other parameters than new ones are."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        """End the threads; what still runs is finished."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _verify(self, text: str, stored: str | None) -> bool:
        if self._hash_of_nobody is None:  # before the first of all, whoever it is for
            self._hash_of_nobody = self._hasher.hash(secrets.token_hex())
        compared = self._hash_of_nobody if stored is None else stored
        try:
            self._hasher.verify(compared, _bytes(text))
        except VerifyMismatchError:
            return False
        return stored is not None

    async def _in_thread(self, work: Callable[[], Answer]) -> Answer:
        if not self._places.acquire(blocking=False):
            raise NotAcceptingNow("too many passwords are being checked: try again in a moment")
        running = self._threads.submit(work)
        running.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(running)


def _normal(text: str) -> str:
    # The same letters typed on another keyboard are other code points (NIST SP 800-63B, as above).
    return unicodedata.normalize("NFKC", text)


def _bytes(text: str) -> bytes:
    # surrogatepass: what a client sends need not be text, and must not raise here.
    return _normal(text).encode("utf-8", "surrogatepass")
