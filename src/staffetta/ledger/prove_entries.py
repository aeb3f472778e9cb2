"""The proof of entries and closings: none was changed, none is missing, none is there twice.

Names each row that is not as it was written. Whether messages agree with them is in `verify`.
"""

from collections.abc import Iterator
from typing import Any

from staffetta.db.pool import Connection
from staffetta.domain.money import format_amount
from staffetta.ledger import prove_sql as sql
from staffetta.ledger.proof import FAULTS_MAX, Fault


async def entry_faults(connection: Connection, kept_from: bytes) -> list[Fault]:
    """What is wrong with entries, from the smallest id whose month was not dropped."""
    rows = await connection.fetch(sql.BROKEN_ENTRIES, kept_from, FAULTS_MAX)
    return [fault for row in rows for fault in _of_entry(row)]


async def closing_faults(connection: Connection, kept_from: bytes) -> list[Fault]:
    """What is wrong with closings, in themselves and beside the entries that are still there."""
    broken = await connection.fetch(sql.BROKEN_CLOSINGS, FAULTS_MAX)
    different = await connection.fetch(sql.CLOSINGS_THAT_DISAGREE, kept_from, FAULTS_MAX)
    return [_of_closing(row) for row in broken] + [_of_sum(row) for row in different]


def _of_entry(row: Any) -> Iterator[Fault]:
    """Each row has one or more of these; what merely follows from another one is left out."""
    space_id, sequence, previous = row["space_id"], row["sequence"], row["previous_sequence"]
    if row["is_changed"]:
        yield Fault(
            space_id,
            f"entry {sequence} ({row['kind']} of {format_amount(row['amount_micro'])}, id "
            f"{row['id'].hex()}) was changed after it was written: its checksum does not fit",
            sequence,
        )
    if sequence > previous + 1:
        yield missing(space_id, previous + 1, sequence - 1)
    elif sequence == previous and row["previous_id"] is not None:
        yield Fault(
            space_id,
            f"entry {sequence} is there twice, as {row['previous_id'].hex()} and {row['id'].hex()}",
            sequence,
        )
    elif sequence <= previous:
        yield Fault(
            space_id,
            f"entry {sequence} is there, and belongs to a month that was dropped",
            sequence,
        )
    elif row["balance_after_micro"] != row["expected_micro"] and not row["is_changed"]:
        yield Fault(
            space_id,
            f"entry {sequence} says the balance after it is "
            f"{format_amount(row['balance_after_micro'])}; "
            f"the entries before it give {format_amount(int(row['expected_micro']))}",
            sequence,
        )


def missing(space_id: int, first: int, last: int) -> Fault:
    """Entries that are not there."""
    what = f"entry {first} is" if first == last else f"entries {first} to {last} are"
    return Fault(space_id, f"{what} missing", first)


def _of_closing(row: Any) -> Fault:
    name = f"the closing of {row['month']:%Y-%m}"
    if row["is_changed"]:
        what = f"{name} was changed after it was written: its checksum does not fit"
    elif row["first_sequence"] != row["previous_sequence"] + 1:
        what = (
            f"{name} begins with entry {row['first_sequence']}, the one before it ends with "
            f"{row['previous_sequence']}: a closing is missing"
        )
    else:
        what = (
            f"{name} ends with {format_amount(row['balance_after_micro'])} at entry "
            f"{row['sequence']}; its {row['entry_count']} entries and the closing before it give "
            f"{format_amount(int(row['expected_micro']))}"
        )
    return Fault(row["space_id"], what)


def _of_sum(row: Any) -> Fault:
    return Fault(
        row["space_id"],
        f"the closing of {row['month']:%Y-%m} has {row['entry_count']} of {row['kind']} "
        f"({row['counter_account']}) with {format_amount(row['amount_micro'])}; its entries are "
        f"{row['found_count']} with {format_amount(int(row['found_micro']))}",
    )
