"""The proof of the books: entries, wallets, holds, bundles and messages agree, or what does not."""

from typing import Final

import msgspec

from staffetta.db.pool import Connection
from staffetta.domain.money import format_amount
from staffetta.ledger import sql

FAULTS_MAX: Final = 100


class Fault(msgspec.Struct, frozen=True):
    """One disagreement, in words an operator can act on."""

    space_id: int
    what: str


class Proof(msgspec.Struct, frozen=True):
    """What was read, and every fault that was found (at most FAULTS_MAX of each kind)."""

    wallet_count: int
    entry_count: int
    hold_count: int
    faults: tuple[Fault, ...]

    @property
    def holds(self) -> bool:
        """Whether the books are exact."""
        return not self.faults


async def verify_books(connection: Connection) -> Proof:
    """Prove the books on one snapshot: the caller's transaction must be repeatable read."""
    counts = await connection.fetchrow(sql.COUNT_BOOKS)
    assert counts is not None
    faults = (
        *await _entry_faults(connection),
        *await _wallet_faults(connection),
        *await _recipient_faults(connection),
        *await _hold_faults(connection),
        *await _bundle_faults(connection),
        *await _cover_faults(connection),
    )
    return Proof(
        wallet_count=counts["wallet_count"],
        entry_count=counts["entry_count"],
        hold_count=counts["hold_count"],
        faults=faults,
    )


async def _entry_faults(connection: Connection) -> list[Fault]:
    gaps = await connection.fetch(sql.BROKEN_SEQUENCES, FAULTS_MAX)
    sums = await connection.fetch(sql.BROKEN_BALANCES, FAULTS_MAX)
    return [
        Fault(
            row["space_id"],
            f"entry {row['sequence']} follows entry {row['previous_sequence']}: "
            "an entry is missing, or there twice",
        )
        for row in gaps
    ] + [
        Fault(
            row["space_id"],
            f"entry {row['sequence']} says the balance after it is "
            f"{format_amount(row['balance_after_micro'])}; "
            f"the entries before it give {format_amount(row['expected_micro'])}",
        )
        for row in sums
    ]


async def _wallet_faults(connection: Connection) -> list[Fault]:
    rows = await connection.fetch(sql.WALLETS_THAT_DISAGREE, FAULTS_MAX)
    return [
        Fault(
            row["space_id"],
            f"the wallet has {format_amount(row['balance_micro'])} "
            f"({format_amount(row['held_micro'])} held) at entry {row['sequence']}; its entries "
            f"give {format_amount(row['entries_micro'])} at entry {row['entries_sequence']}, "
            f"its open holds {format_amount(row['holds_micro'])}",
        )
        for row in rows
    ]


async def _recipient_faults(connection: Connection) -> list[Fault]:
    rows = await connection.fetch(sql.RECIPIENTS_THAT_DISAGREE, FAULTS_MAX)
    return [
        Fault(
            row["space_id"],
            f"recipient {row['recipient_id'].hex()} ({row['state'] or 'missing'}) was charged "
            f"{'nothing' if row['charged_micro'] is None else format_amount(row['charged_micro'])}"
            f"; its entries say {format_amount(row['paid_micro'])}",
        )
        for row in rows
    ]


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


async def _bundle_faults(connection: Connection) -> list[Fault]:
    counts = await connection.fetch(sql.BUNDLES_THAT_DISAGREE, FAULTS_MAX)
    sums = await connection.fetch(sql.BUNDLE_PAYMENTS_THAT_DISAGREE, FAULTS_MAX)
    forgotten = await connection.fetch(sql.FORGOTTEN_BUNDLES, FAULTS_MAX)
    return [
        *(
            Fault(
                row["space_id"],
                f"bundle {row['id']} has {row['remaining_count']} of {row['segment_count']} "
                f"segments left in its period {row['period']}; its uses say that "
                f"{row['used_count']} are gone",
            )
            for row in counts
        ),
        *(
            Fault(
                row["space_id"],
                f"the periods of its bundles cost {format_amount(row['sold_micro'])}; its entries "
                f"say that {format_amount(row['paid_micro'])} was paid for bundles",
            )
            for row in sums
        ),
        *(
            Fault(row["space_id"], f"bundle {row['id']} is active, and the wallet knows of none")
            for row in forgotten
        ),
    ]


async def _cover_faults(connection: Connection) -> list[Fault]:
    rows = await connection.fetch(sql.COVERS_THAT_DISAGREE, FAULTS_MAX)
    return [
        Fault(
            row["space_id"],
            f"bundles cover {row['covered_count']} segments of recipient "
            f"{row['recipient_id'].hex()}; the uses of bundles say {row['used_count']}",
        )
        for row in rows
    ]
