"""What a file of recipients is refused for.

StaffettaError
└── WrongFile       it cannot be read, or is larger than a file may be
"""

from staffetta.domain.errors import StaffettaError


class WrongFile(StaffettaError):
    """A file that is no list of recipients."""
