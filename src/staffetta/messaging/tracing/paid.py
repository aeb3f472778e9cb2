"""What a message cost its account: entries, holds, bundles. Pure."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from staffetta.domain.money import format_amount
from staffetta.messaging.tracing.rows import TraceRows
from staffetta.messaging.tracing.timeline import Event

_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "charge": "charged",
        "capture": "captured",
        "refund": "refunded",
        "penalty": "charged as a penalty",
    }
)


def money_events(rows: TraceRows) -> Iterator[Event]:
    """Every movement of money for a message, and what bundles gave."""
    currency = rows.message["currency"]
    if rows.hold is not None:
        hold = rows.hold
        yield Event(
            hold["created_at"],
            "money",
            f"held {format_amount(hold['amount_micro'])} {currency}",
            {"kind": "hold", "amount_micro": hold["amount_micro"], "state": hold["state"]},
        )
        if hold["settled_at"] is not None:
            taken = hold["captured_micro"] or 0
            left = hold["amount_micro"] - taken
            yield Event(
                hold["settled_at"],
                "money",
                f"the hold is {hold['state']}: {format_amount(taken)} taken,"
                f" {format_amount(left)} given back",
                {"kind": "hold", "state": hold["state"], "captured_micro": taken},
            )
    for entry in rows.entries:
        word = _KINDS.get(entry["kind"], entry["kind"])
        amount = format_amount(abs(entry["amount_micro"]))
        whole = "" if entry["recipient_id"] is not None else " for the whole message"
        yield Event(
            entry["at"],
            "money",
            f"{word} {amount} {currency}{whole}; the balance is then"
            f" {format_amount(entry['balance_after_micro'])}",
            {
                name: entry[name]
                for name in ("kind", "amount_micro", "balance_after_micro", "sequence", "note")
            },
        )
    yield from _bundles(rows)


def _bundles(rows: TraceRows) -> Iterator[Event]:
    for use in rows.bundle_uses:
        name = use["name"] or f"number {use['bundle_id']}"
        count = use["segment_count"]
        yield Event(
            rows.message["created_at"], "money", f"{count} segments from bundle {name}", {**use}
        )
        if use["returned_at"] is not None:
            end = "lost: the bundle's period was over" if use["lost"] else "given back to it"
            yield Event(use["returned_at"], "money", f"{count} segments of bundle {name} {end}")
