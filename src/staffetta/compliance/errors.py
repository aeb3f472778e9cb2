"""Failures of forbidden words, blocks and senders that a caller can act on.

StaffettaError
└── ComplianceError
    ├── InvalidEntry      an entry that cannot be compared, or would refuse nearly every message
    ├── NoSuchEntry       the list has no entry of this number
    ├── ListFull          as many entries as a list may have
    ├── InvalidReason     a decision needs a reason, and this is none
    ├── TooManySenders    the account has as many senders as it may
    ├── NoSuchSender      the account has not asked for this sender
    └── UnknownCountry    not the code of a country
"""

from staffetta.domain.errors import StaffettaError


class ComplianceError(StaffettaError):
    """The root of what goes wrong with words, blocks and senders."""


class InvalidEntry(ComplianceError):
    """An entry of the list of forbidden words that breaks a rule; the text says which."""


class NoSuchEntry(ComplianceError):
    """No entry has this number."""


class ListFull(ComplianceError):
    """The list has as many entries as it may."""


class InvalidReason(ComplianceError):
    """A reason that is empty or too long."""


class TooManySenders(ComplianceError):
    """An account asks for more senders than it may have."""


class NoSuchSender(ComplianceError):
    """The account has asked for no sender that is written so."""


class UnknownCountry(ComplianceError):
    """A text that is not the ISO 3166 code of a country with phone numbers."""
