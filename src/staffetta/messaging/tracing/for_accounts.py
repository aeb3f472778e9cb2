"""What an account may see of a message's trace: one table. Pure.

Everything is hidden that the table does not name, every sentence of ours included: sentences name
connectors, links and processes. Whoever shows an account its events makes sentences of these facts.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

import msgspec

from staffetta.messaging.tracing.pdus import Looks
from staffetta.messaging.tracing.rows import TraceRows
from staffetta.messaging.tracing.trace import make_timeline

# The facts of each kind of event that an account may know. What a carrier is called, how it names a
# message, which link and process carried it, what stood before it in the queue (others' messages),
# and what the installation pays or ranks, is the operator's alone.
SHOWN: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "request": frozenset({"service", "market", "sender", "dry_run", "is_code", "due_at"}),
        "quote": frozenset(
            {"encoding", "characters", "segments", "price_micro", "bundle_segments"}
        ),
        "bulk": frozenset(
            {"recipients", "segments", "price_micro", "invalid", "is_open", "is_test"}
        ),
        "check": frozenset({"reason", "refused_as", "imposed_at", "lifted"}),
        "route": frozenset({"country"}),
        "queue": frozenset({"waits_for"}),
        "claim": frozenset({"attempt", "possibly_duplicate", "first", "last"}),
        "segment": frozenset({"attempt", "segment", "segment_total", "outcome"}),
        "report": frozenset(
            {"segment", "report_state", "report_event", "report_reason", "done_at"}
        ),
        "money": frozenset(
            {
                *("kind", "amount_micro", "balance_after_micro", "state", "captured_micro"),
                *("name", "segment_count", "returned_at", "lost"),
            }
        ),
        "code": frozenset({"tries_left", "messages", "used"}),
        "cancel": frozenset(),
        "callback": frozenset(
            {
                *("callback", "event", "host", "status", "attempt", "http_status", "elapsed_ms"),
                *("error", "answer", "due_at", "replayed_after", "ended"),
            }
        ),
        "state": frozenset(
            {"state", "possibly_duplicate", "sent_at", "delivered_at", "due_at", "expires_at"}
        ),
    }
)
# Events of those kinds that tell of others all the same: known by a fact that only they have.
_HIDDEN: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "queue": frozenset({"ahead"}),
        "route": frozenset({"rank"}),
        "report": frozenset({"disposition"}),  # what came beside the report that counted
    }
)


class AccountEvent(msgspec.Struct, frozen=True):
    """One thing that happened to an account's message."""

    at: datetime | None
    kind: str
    facts: Mapping[str, object]


def account_events(rows: TraceRows) -> Sequence[AccountEvent]:
    """The events of a message that its account may see, in their order."""
    events = make_timeline(rows, Looks()).events
    return [
        AccountEvent(
            event.at,
            event.kind,
            {name: value for name, value in event.facts.items() if name in SHOWN[event.kind]},
        )
        for event in events
        if event.kind in SHOWN and not _HIDDEN.get(event.kind, frozenset()) & event.facts.keys()
    ]
