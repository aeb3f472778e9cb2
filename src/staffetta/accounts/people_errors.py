"""Failures of what concerns people, API keys and whole accounts, that a caller can act on.

AccountError
├── InvalidPerson           name, role or account that a person cannot have
├── InvalidPassword         too short, too long, or the e-mail itself; never repeats the password
├── PersonExists            the address signs in somebody already
├── NoSuchPerson            nobody signs in with this address
├── LastOwner               an account with people keeps one owner that can sign in
├── TooManyPeople           an account, or the installation, has as many as it may
├── TooManyTries            wait: too many passwords were tried for this e-mail, or from there
├── TooManyApiKeys          as many keys live as a space may have
├── NoSuchApiKey            not of this space, or over already
└── LastApiKey              without it nobody gets in
"""

from staffetta.accounts.errors import AccountError


class InvalidPerson(AccountError):
    """A name, a role or an account that a person cannot have."""


class InvalidPassword(AccountError):
    """A password that breaks a rule; the sentence never repeats it."""


class PersonExists(AccountError):
    """Somebody signs in with this address already."""


class NoSuchPerson(AccountError):
    """Nobody signs in with this address."""


class LastOwner(AccountError):
    """The account would be left without an owner who can sign in."""


class TooManyPeople(AccountError):
    """An account, or the installation, has as many people as it may."""


class TooManyTries(AccountError):
    """Too many passwords were tried; nothing was checked."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(
            f"too many passwords were tried: try again in {retry_after_seconds} seconds"
        )
        self.retry_after_seconds = retry_after_seconds


class TooManyApiKeys(AccountError):
    """The space has as many live keys as it may."""


class NoSuchApiKey(AccountError):
    """The space has no such key that still works."""


class LastApiKey(AccountError):
    """The last key of a space that lasts."""
