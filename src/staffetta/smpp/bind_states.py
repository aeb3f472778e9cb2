"""Which side may send which request in which state: one table (3.4 section 2.3, table 2-1).

Owns rights alone; the session moves between the states. Answers are not in the table: each is
allowed exactly when its request is open.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from staffetta.smpp import pdus

PduTypes = frozenset[type[pdus.Pdu]]


class Role(StrEnum):
    """The two ends of a session."""

    ESME = "esme"  # the one that binds: a customer of the other
    SMSC = "smsc"

    @property
    def peer(self) -> "Role":
        """The other end."""
        return Role.SMSC if self is Role.ESME else Role.ESME


class BindState(StrEnum):
    """Where a session stands, seen from either end."""

    OPEN = "open"  # connected, no bind asked for
    BINDING = "binding"  # a bind was asked for and not yet answered
    BOUND_TX = "bound_tx"  # the ESME sends
    BOUND_RX = "bound_rx"  # the ESME receives
    BOUND_TRX = "bound_trx"
    UNBINDING = "unbinding"  # this end asked for the end and waits for the answer
    CLOSED = "closed"  # nothing more is read; what is still to be written may be


@dataclass(frozen=True, slots=True)
class Rights:
    """What one end may send, and may be sent, in one state."""

    sends: PduTypes
    receives: PduTypes


BOUND: Final = frozenset({BindState.BOUND_TX, BindState.BOUND_RX, BindState.BOUND_TRX})

BOUND_STATE_OF: Final = MappingProxyType(
    {
        pdus.BindTransmitter: BindState.BOUND_TX,
        pdus.BindReceiver: BindState.BOUND_RX,
        pdus.BindTransceiver: BindState.BOUND_TRX,
    }
)
BINDS: Final[PduTypes] = frozenset(BOUND_STATE_OF)

_NOTHING: Final[PduTypes] = frozenset()
# enquire_link and unbind are answered in every state, more patiently than table 2-1 asks: a peer
# that is refused here has no better way to say the same.
_ALWAYS: Final[PduTypes] = frozenset({pdus.EnquireLink, pdus.Unbind})
_ESME_TRANSMITS: Final[PduTypes] = _ALWAYS | {
    pdus.SubmitSm,
    pdus.DataSm,
    pdus.QuerySm,
    pdus.CancelSm,
    pdus.ReplaceSm,
}
_SMSC_DELIVERS: Final[PduTypes] = _ALWAYS | {
    pdus.DeliverSm,
    pdus.DataSm,
    pdus.AlertNotification,
}

_SENDS: Final[dict[BindState, dict[Role, PduTypes]]] = {
    BindState.OPEN: {Role.ESME: _ALWAYS | BINDS, Role.SMSC: _ALWAYS | {pdus.Outbind}},
    BindState.BINDING: {Role.ESME: _ALWAYS, Role.SMSC: _ALWAYS},
    BindState.BOUND_TX: {Role.ESME: _ESME_TRANSMITS, Role.SMSC: _ALWAYS},
    BindState.BOUND_RX: {Role.ESME: _ALWAYS, Role.SMSC: _SMSC_DELIVERS},
    BindState.BOUND_TRX: {Role.ESME: _ESME_TRANSMITS, Role.SMSC: _SMSC_DELIVERS},
    BindState.CLOSED: {Role.ESME: _NOTHING, Role.SMSC: _NOTHING},
}


def _rights(role: Role, state: BindState) -> Rights:
    if state is BindState.UNBINDING:
        # We have said goodbye, but the peer may not have heard it: what it sends still counts.
        return Rights(_NOTHING, _SENDS[BindState.BOUND_TRX][role.peer])
    return Rights(_SENDS[state][role], _SENDS[state][role.peer])


RIGHTS: Final = MappingProxyType(
    {(role, state): _rights(role, state) for role in Role for state in BindState}
)
