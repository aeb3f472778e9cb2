"""Failures of forbidden words and blocks that an operator can act on.

StaffettaError
└── ComplianceError
    ├── InvalidEntry      an entry that cannot be compared, or would refuse nearly every message
    ├── NoSuchEntry       the list has no entry of this number
    ├── ListFull          as many entries as a list may have
    └── InvalidReason     a block is lifted for a reason, and this is none
"""

from staffetta.domain.errors import StaffettaError


class ComplianceError(StaffettaError):
    """The root of what goes wrong with words and blocks."""


class InvalidEntry(ComplianceError):
    """An entry of the list of forbidden words that breaks a rule; the text says which."""


class NoSuchEntry(ComplianceError):
    """No entry has this number."""


class ListFull(ComplianceError):
    """The list has as many entries as it may."""


class InvalidReason(ComplianceError):
    """A reason that is empty or too long."""
