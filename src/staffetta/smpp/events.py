"""What a session tells the one who drives it, as values.

Owns the vocabulary alone. Most events leave something to do, which the first sentence of each
says; after a fatal one the session is closed, and so is the connection once the last octets went.
The structs are frozen msgspec structs for the reason given in `pdus`.
"""

from typing import Any, TypeAlias

from msgspec import Struct

from staffetta.smpp import pdus
from staffetta.smpp.bind_states import BindState
from staffetta.smpp.timings import Timer


class BindRequested(Struct, frozen=True, gc=False):
    """An ESME wants to bind: answer with accept_bind or refuse_bind."""

    pdu: pdus.Bind


class Bound(Struct, frozen=True, gc=False):
    """The SMSC took our bind: messages may go."""

    state: BindState
    smsc_system_id: bytes
    smsc_version: int | None  # None: 3.3 or older, which knows no TLVs


class BindRefused(Struct, frozen=True, gc=False):
    """The SMSC refused our bind. Fatal."""

    command_status: int


class RequestReceived(Struct, frozen=True, gc=False):
    """A message or an operation of the peer: answer it with respond or refuse."""

    pdu: pdus.Request


class NoticeReceived(Struct, frozen=True, gc=False):
    """An outbind or alert_notification, which have no answer."""

    pdu: pdus.Notice


class ResponseReceived(Struct, frozen=True, gc=False):
    """The answer to the request that was sent with `context`."""

    context: Any
    pdu: pdus.Response


class PeerNacked(Struct, frozen=True, gc=False):
    """The peer could not read the request that was sent with `context`.

    `certain` is False when the answer carried no number and only one request was open.
    """

    context: Any
    command_status: int
    certain: bool


class RequestTimedOut(Struct, frozen=True, gc=False):
    """No answer came in time to the request sent with `context`. The peer may have it."""

    context: Any
    sequence_number: int


class RequestRejected(Struct, frozen=True, gc=False):
    """The peer sent what it may not send now, or nobody knows; it was told so. To be logged."""

    pdu: pdus.Pdu
    command_status: int


class UnexpectedPdu(Struct, frozen=True, gc=False):
    """An answer to nothing, or a notice out of place; nothing was answered. To be counted."""

    pdu: pdus.Pdu


class Quarantined(Struct, frozen=True, gc=False):
    """A deliver_sm that cannot be read, answered as taken: keep its octets for a person."""

    frame: bytes
    reason: str


class Undecodable(Struct, frozen=True, gc=False):
    """Another PDU that cannot be read, answered with generic_nack. To be logged."""

    frame: bytes
    reason: str


class PeerInactive(Struct, frozen=True, gc=False):
    """No message for too long: an unbind was sent."""


class Unbound(Struct, frozen=True, gc=False):
    """The session ended as it should. Fatal."""

    by_peer: bool


class PeerSilent(Struct, frozen=True, gc=False):
    """The peer did not do in time what `timer` waited for. Fatal."""

    timer: Timer


class ProtocolViolation(Struct, frozen=True, gc=False):
    """The stream cannot be read any further. Fatal."""

    reason: str


Event: TypeAlias = (
    BindRequested
    | Bound
    | BindRefused
    | RequestReceived
    | NoticeReceived
    | ResponseReceived
    | PeerNacked
    | RequestTimedOut
    | RequestRejected
    | UnexpectedPdu
    | Quarantined
    | Undecodable
    | PeerInactive
    | Unbound
    | PeerSilent
    | ProtocolViolation
)
