"""What can go wrong with a one-time password beside what every message is refused for.

StaffettaError
├── UnknownOtp      2070
└── OtpOver         1031, in domain/errors
"""

from staffetta.domain.errors import StaffettaError


class UnknownOtp(StaffettaError):
    """No message of this account that carries a one-time password has that id."""
