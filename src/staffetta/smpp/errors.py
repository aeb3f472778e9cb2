"""What can go wrong in SMPP, as one small tree.

SmppError
├── LocalProtocolError      we tried what the session's state or window does not allow
│   └── InvalidField        we tried to encode a field the specification has no room for
└── RemoteProtocolError     the peer broke the protocol
    ├── MalformedPdu        one PDU could not be read; the ones behind it can
    └── BadFraming          a length that cannot be: nothing behind it can be read

No other exception leaves this package because of what a peer sent.
"""


class SmppError(Exception):
    """The root of what can go wrong in SMPP."""


class LocalProtocolError(SmppError):
    """This side asked for something that it may not send now. Nothing was sent or changed."""


class InvalidField(LocalProtocolError):
    """A value that does not fit its field. Nothing was sent or changed."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field} {reason}")
        self.field = field
        self.reason = reason


class RemoteProtocolError(SmppError):
    """The peer broke the protocol."""


class MalformedPdu(RemoteProtocolError):
    """One PDU that cannot be read; `command_status` is what its sender is to be told."""

    def __init__(self, command_status: int, reason: str) -> None:
        super().__init__(reason)
        self.command_status = command_status


class BadFraming(RemoteProtocolError):
    """A command_length that cannot be: where the next PDU begins is unknown."""
