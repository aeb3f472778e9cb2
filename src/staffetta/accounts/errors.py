"""Failures of the accounts' use-cases that a caller can act on.

StaffettaError
└── AccountError
    ├── InvalidEmail        not an address that can name an account
    ├── InvalidCurrency     not an ISO 4217 code
    ├── AccountExists       the address already names one
    ├── NoSuchAccount       no account has this address
    ├── InvalidTerms        settings of an account out of bounds
    ├── InvalidTokenTerms   lifetime or name out of bounds
    ├── TooManyTokens       the space has as many live tokens as it may
    ├── WrongRefreshToken   never was, is used up, over, or of another token
    ├── InvalidTokenLimits  what a token may use, out of bounds or misspelt
    └── NoSuchToken         never was, belongs to somebody else, or is revoked already
"""

from staffetta.domain.errors import StaffettaError


class AccountError(StaffettaError):
    """The root of what goes wrong with accounts."""


class InvalidEmail(AccountError):
    """Text that is no e-mail address."""


class InvalidCurrency(AccountError):
    """Text that is no currency code."""


class AccountExists(AccountError):
    """An account with this address exists already."""


class NoSuchAccount(AccountError):
    """No account has this address."""


class InvalidTerms(AccountError):
    """Settings that an account cannot have."""


class InvalidTokenTerms(AccountError):
    """A lifetime or a name that a token cannot have."""


class TooManyTokens(AccountError):
    """The space has as many live tokens as it may."""


class WrongRefreshToken(AccountError):
    """A refresh token that renews nothing."""


class InvalidTokenLimits(AccountError):
    """Limits that a token cannot have."""


class NoSuchToken(AccountError):
    """The space has no such token that is still valid."""
