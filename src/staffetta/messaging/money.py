"""What the end of a try, or of a message, means for its money, in the caller's transaction.

The first acceptance by a carrier captures a hold. A recipient that ends before any carrier took a
segment of it gets back all it paid, in money and in bundles' segments; every other end changes
nothing (contract section 4, "Refund").
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from staffetta.db.pool import Connection
from staffetta.ledger.book import CounterAccount, EntryKind
from staffetta.ledger.bundles import return_segments
from staffetta.ledger.store import HoldSettlement, open_book, settle_holds, write_book
from staffetta.messaging.alerts import tell_low_credit
from staffetta.messaging.bulk.money import read_charged_at
from staffetta.messaging.sql import settle as sql
from staffetta.messaging.step import Step


class Capture(msgspec.Struct, frozen=True):
    """A recipient that a carrier took, and what the message costs."""

    space_id: int
    recipient_id: bytes
    message_id: bytes
    cost_micro: int


async def settle_money(
    step: Step, captures: Sequence[Capture], unsent: Sequence[Any]
) -> dict[bytes, int]:
    """Capture, release and refund; answers what each captured recipient paid, in micro-units.

    `unsent` are rows of messaging.sql.told. The recipients' rows are locked by the caller already,
    so wallets are always locked after recipients.
    """
    if not captures and not unsent:
        return {}
    holds = [
        HoldSettlement(one.space_id, one.recipient_id, one.message_id, one.cost_micro)
        for one in captures
    ] + [HoldSettlement(row["space_id"], row["id"], row["message_id"], None) for row in unsent]
    spaces = (hold.space_id for hold in holds)
    book = await open_book(step.connection, spaces, step.ids, step.now)
    paid = await settle_holds(step.connection, book, holds)
    charged = [row for row in unsent if row["charged_micro"] > 0]
    charged_at = await read_charged_at(
        step.connection,
        ((row["space_id"], row["message_id"]) for row in charged if row["id"] != row["message_id"]),
    )
    for row in charged:
        book.move(
            row["space_id"],
            EntryKind.REFUND,
            row["charged_micro"],
            CounterAccount.REVENUE,
            message_id=row["message_id"],
            recipient_id=row["id"],
            charged_at=charged_at.get(row["message_id"]),
        )
    await write_book(step.connection, book)
    await tell_low_credit(step.connection, book, step.ids)
    if charged:
        await step.connection.execute(
            sql.CLEAR_CHARGES, [row["space_id"] for row in charged], [row["id"] for row in charged]
        )
    covered = [(row["space_id"], row["id"]) for row in unsent if row["bundle_segment_count"] > 0]
    if covered:
        await return_segments(step.connection, covered, step.now)
    return paid


def captures_of(rows: Iterable[Any]) -> list[Capture]:
    """The captures owed by recipients that a carrier had, and that are not charged yet.

    Rows have space_id, id, message_id, charged_micro and cost_micro. What costs nothing may have a
    hold to be given back all the same, where another route would have cost something.
    """
    return [
        Capture(row["space_id"], row["id"], row["message_id"], row["cost_micro"])
        for row in rows
        if row["charged_micro"] == 0
    ]


async def add_charges(
    connection: Connection, rows: Iterable[Any], paid: Mapping[bytes, int]
) -> None:
    """Note on these recipients what their captures cost."""
    if not paid:
        return
    spaces = {row["id"]: row["space_id"] for row in rows}
    await connection.execute(
        sql.ADD_CHARGES,
        [spaces[recipient_id] for recipient_id in paid],
        list(paid),
        list(paid.values()),
    )
