"""What one account may do and how: the settings of a space, parsed once from what is stored.

Pure. Owns their names, types and defaults. What stands under the wallet's lock (its floor, the
daily cap, the alert) is the ledger's and not here.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec


class Allowance(msgspec.Struct, frozen=True):
    """So many in so many seconds; `count` 0 lets everything through."""

    count: int
    seconds: int


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=False):
    """The settings of a space. What is stored holds only what differs from these defaults."""

    # Repeats of a callback that names no retry (contract section 5, "Callbacks").
    callback_retry: int = 5
    # Where account-level events (low credit) are told; None: only in the log.
    alert_url: str | None = None
    # ISO 3166 countries that may be sent to; None: all.
    countries_allowed: frozenset[str] | None = None
    # One-time passwords to one number, to one block of numbers, and of the whole account.
    otp_per_recipient: Allowance = Allowance(5, 600)
    otp_per_prefix: Allowance = Allowance(50, 600)
    otp_per_account: Allowance = Allowance(3_000, 60)


DEFAULT_TERMS: Final = Terms()


def parse_terms(stored: Mapping[str, Any]) -> Terms:
    """The terms that a space's settings write; raises msgspec.ValidationError."""
    return msgspec.convert(stored, Terms) if stored else DEFAULT_TERMS
