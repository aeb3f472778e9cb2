"""What v1's messages are refused for beyond what every message is (contract section 4).

StaffettaError
├── MessageRefused
│   ├── NoRecipient        303: none of those listed is valid
│   ├── TooManyRecipients  303: more than a message may have
│   └── RealtimeTooSoon    305: one a minute for each account
├── NoSuchMessage          the account has no such message
├── TransactionClosed      212: it takes no more recipients
└── AlreadySending         221: its time has come
"""

from staffetta.domain.errors import MessageRefused, StaffettaError


class NoRecipient(MessageRefused):
    """Nobody to send to."""


class TooManyRecipients(MessageRefused):
    """More recipients than a message may have."""


class RealtimeTooSoon(MessageRefused):
    """A second realtime message within a minute."""


class NoSuchMessage(StaffettaError):
    """No message of this account has that id."""


class TransactionClosed(StaffettaError):
    """A message that takes no changes any more."""


class AlreadySending(StaffettaError):
    """A message that cannot be cancelled any more."""
