"""Failures of the ledger's use-cases that a caller can act on.

StaffettaError
└── LedgerError
    ├── InvalidBundle       not something that can be sold
    ├── BundleTooDear       the wallet cannot pay for it
    ├── NoSuchBundle        the account has none with this number
    ├── BundleOver          it has ended already
    ├── InvalidWalletGuard  a cap or a threshold that makes no sense
    ├── InvalidCreditLimit  a limit that is out of bounds
    ├── LimitBelowDebt      the wallet owes more already than the new limit allows
    └── InvalidPeriod       a time that ends before it begins
"""

from staffetta.domain.errors import StaffettaError


class LedgerError(StaffettaError):
    """The root of what goes wrong with money."""


class InvalidBundle(LedgerError):
    """A bundle that breaks a rule."""


class BundleTooDear(LedgerError):
    """The wallet's available credit is below the bundle's price."""


class NoSuchBundle(LedgerError):
    """The space has no bundle with this number."""


class BundleOver(LedgerError):
    """The bundle has ended already."""


class InvalidWalletGuard(LedgerError):
    """A daily cap, or a threshold of the alert, that is out of bounds."""


class InvalidCreditLimit(LedgerError):
    """A limit below nothing, or beyond what can be kept."""


class LimitBelowDebt(LedgerError):
    """The wallet is further below nothing than the new limit allows."""


class InvalidPeriod(LedgerError):
    """A time that ends before it begins."""
