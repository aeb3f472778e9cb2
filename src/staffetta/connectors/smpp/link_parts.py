"""What the links of one connector share, and what one link keeps from connection to connection."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from staffetta.connectors.metrics import ConnectorCounts
from staffetta.connectors.smpp.alarms import Alarms
from staffetta.connectors.smpp.backlog import Backlog
from staffetta.connectors.smpp.credit import Credit
from staffetta.connectors.smpp.drops import Drops
from staffetta.connectors.smpp.incoming import Incoming
from staffetta.connectors.smpp.knocks import Knocks
from staffetta.connectors.smpp.outgoing import Outgoing
from staffetta.connectors.smpp.pace import LinkTotals
from staffetta.connectors.smpp.rate import RateLimit
from staffetta.connectors.smpp.recorder import LinkRecorder
from staffetta.connectors.smpp.remarks import Remarks
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.connectors.smpp.tls import CarrierTls
from staffetta.connectors.smpp.window_limit import WindowLimit
from staffetta.domain.clock import Clock
from staffetta.messaging.connector import Inbox


@dataclass(frozen=True, slots=True)
class LinkParts:
    """What the links of one connector share."""

    settings: SmppSettings
    backlog: Backlog
    inbox: Inbox
    outgoing: Outgoing
    incoming: Incoming
    counts: ConnectorCounts
    clock: Clock
    alarms: Alarms
    credit: Credit
    knocks: Knocks
    tls: CarrierTls
    wake: Callable[[], None]  # something may be written: take a turn soon
    recorder_of: Callable[[int], LinkRecorder]  # the recorder of a link, by its number
    look: Callable[[], None]  # what is told of the links may have changed
    binds_changed: Callable[[], None]  # a link is bound, or is no more


@dataclass(frozen=True, slots=True)
class LinkMemory:
    """What one link learned of its carrier; it outlives the connections."""

    number: int  # of the link, from 1
    rate: RateLimit
    window: WindowLimit
    remarks: Remarks
    recorder: LinkRecorder
    log: Any  # structlog's, with the connector and the link in every line
    drops: Drops = field(default_factory=Drops)
    totals: LinkTotals = field(default_factory=LinkTotals)
