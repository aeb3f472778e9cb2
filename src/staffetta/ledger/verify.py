"""The proof of the books: entries, wallets, holds, bundles and messages agree, or what does not.

It speaks of what can still be there. Months that were dropped are represented by their closings;
`prove_entries` proves those, and the entries.
"""

from staffetta.db.kept_months import kept_in, read_kept_from
from staffetta.db.pool import Connection
from staffetta.domain.ids import id_time
from staffetta.domain.money import format_amount
from staffetta.ledger import prove_sql as sql
from staffetta.ledger.proof import FAULTS_MAX, Fault, Proof
from staffetta.ledger.prove_entries import closing_faults, entry_faults, missing


async def verify_books(connection: Connection) -> Proof:
    """Prove the books on one snapshot: the caller's transaction must be repeatable read."""
    kept_from = await read_kept_from(connection)
    entries_from = kept_in(kept_from, "ledger_entry")
    uses_from = kept_in(kept_from, "bundle_use")
    counts = await connection.fetchrow(sql.COUNT_BOOKS)
    assert counts is not None
    faults = (
        *await entry_faults(connection, entries_from),
        *await closing_faults(connection, entries_from),
        *await _wallet_faults(connection, entries_from),
        *await _message_faults(connection, kept_in(kept_from, "ledger_entry", "recipient")),
        *await _hold_faults(connection),
        *await _capture_faults(connection, kept_in(kept_from, "ledger_entry", "hold")),
        *await _bundle_faults(connection, uses_from),
        *await _payment_faults(connection, entries_from),
        *await _cover_faults(connection, kept_in(kept_from, "bundle_use", "recipient")),
    )
    return Proof(
        wallet_count=counts["wallet_count"],
        entry_count=counts["entry_count"],
        hold_count=counts["hold_count"],
        closing_count=counts["closing_count"],
        faults=faults,
    )


async def _wallet_faults(connection: Connection, entries_from: bytes) -> list[Fault]:
    rows = await connection.fetch(sql.WALLETS_THAT_DISAGREE, entries_from, FAULTS_MAX)
    faults = []
    for row in rows:
        space_id, last = row["space_id"], row["entries_sequence"]
        if row["sequence"] is None:
            faults.append(Fault(space_id, f"its {last} entries have no wallet"))
            continue
        if row["sequence"] > last:
            faults.append(missing(space_id, last + 1, row["sequence"]))
        faults.append(
            Fault(
                space_id,
                f"the wallet has {format_amount(row['balance_micro'])} "
                f"({format_amount(row['held_micro'])} held) at entry {row['sequence']}; its "
                f"entries give {format_amount(int(row['entries_micro']))} at entry {last}, "
                f"its open holds {format_amount(int(row['holds_micro']))}",
            )
        )
    return faults


async def _message_faults(connection: Connection, kept_from: bytes) -> list[Fault]:
    rows = await connection.fetch(sql.MESSAGES_THAT_DISAGREE, kept_from, FAULTS_MAX)
    faults = []
    for row in rows:
        count, charged = row["recipient_count"], row["charged_micro"]
        who = {None: "missing", 1: row["states"]}.get(count, f"{count} recipients")
        amount = "nothing" if charged is None else format_amount(int(charged))
        what = (
            f"message {row['message_id'].hex()} ({who}) was charged {amount}"
            f"; its entries say {format_amount(int(row['paid_micro']))}"
        )
        faults.append(Fault(row["space_id"], what))
    return faults


async def _hold_faults(connection: Connection) -> list[Fault]:
    rows = await connection.fetch(sql.HOLDS_THAT_DISAGREE, FAULTS_MAX)
    return [
        Fault(
            row["space_id"],
            f"{format_amount(row['amount_micro'])} is still held for recipient "
            f"{row['recipient_id'].hex()}, which is {row['state'] or 'missing'}",
        )
        for row in rows
    ]


async def _capture_faults(connection: Connection, kept_from: bytes) -> list[Fault]:
    rows = await connection.fetch(sql.CAPTURES_THAT_DISAGREE, kept_from, FAULTS_MAX)
    return [
        Fault(
            row["space_id"],
            f"the hold of recipient {row['recipient_id'].hex()} says that "
            f"{format_amount(int(row['captured_micro']))} of it was captured; its entries say "
            f"{format_amount(int(row['entries_micro']))}",
        )
        for row in rows
    ]


async def _bundle_faults(connection: Connection, uses_from: bytes) -> list[Fault]:
    counts = await connection.fetch(sql.BUNDLES_THAT_DISAGREE, id_time(uses_from), FAULTS_MAX)
    forgotten = await connection.fetch(sql.FORGOTTEN_BUNDLES, FAULTS_MAX)
    return [
        Fault(
            row["space_id"],
            f"bundle {row['id']} has {row['remaining_count']} of {row['segment_count']} "
            f"segments left in its period {row['period']}; its uses say that "
            f"{row['used_count']} are gone",
        )
        for row in counts
    ] + [
        Fault(row["space_id"], f"bundle {row['id']} is active, and the wallet knows of none")
        for row in forgotten
    ]


async def _payment_faults(connection: Connection, entries_from: bytes) -> list[Fault]:
    rows = await connection.fetch(sql.BUNDLE_PAYMENTS_THAT_DISAGREE, entries_from, FAULTS_MAX)
    return [
        Fault(
            row["space_id"],
            f"the periods of its bundles cost {format_amount(int(row['sold_micro']))}; its entries "
            f"say that {format_amount(int(row['paid_micro']))} was paid for bundles",
        )
        for row in rows
    ]


async def _cover_faults(connection: Connection, kept_from: bytes) -> list[Fault]:
    rows = await connection.fetch(sql.COVERS_THAT_DISAGREE, kept_from, FAULTS_MAX)
    return [
        Fault(
            row["space_id"],
            f"bundles cover {row['covered_count']} segments of recipient "
            f"{row['recipient_id'].hex()}; the uses of bundles say {row['used_count']}",
        )
        for row in rows
    ]
