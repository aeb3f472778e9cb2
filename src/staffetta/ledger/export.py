"""The export: entries as lines of CSV, both sides of each, read as a stream.

Owns the columns, whose names and order never change; new ones are added at the end.
"""

import csv
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime
from io import StringIO
from typing import Any, Final

import msgspec

from staffetta.db.kept_months import kept_in, read_kept_from
from staffetta.db.pool import Connection
from staffetta.domain.money import format_amount
from staffetta.ledger import statement_sql as sql
from staffetta.ledger.closing import Closing, begin_of, next_month
from staffetta.ledger.period import Period
from staffetta.ledger.statement import gone_closings

COLUMNS: Final = (
    "account",
    "environment",
    "currency",
    "sequence",
    "id",
    "at",
    "kind",
    "wallet_amount",
    "balance_after",
    "counter_account",
    "counter_amount",
    "message_id",
    "recipient_id",
    "note",
    "checksum",
)
PAGE: Final = 2_000  # lines
_PREFETCH: Final = 2_000
# What a dropped month left, in the column of kinds and in that of counter-accounts.
_CLOSING: Final = "closing"


class Source(msgspec.Struct, frozen=True):
    """A space whose entries are exported."""

    space_id: int
    email: str
    environment: str
    currency: str


async def find_sources(
    connection: Connection, email: str | None, environment: str | None
) -> Sequence[Source]:
    """The spaces of one account or of all (None), in one environment or in both."""
    rows = await connection.fetch(sql.LIST_SPACES, email, environment)
    return [Source(**row) for row in rows]


async def export_lines(
    connection: Connection, sources: Sequence[Source], period: Period
) -> AsyncIterator[Sequence[str]]:
    """One line of cells for each entry, in order; the caller's transaction is repeatable read.

    A space whose older months were dropped begins with one line that brings their balance, when the
    period begins in or before them: so the amounts of a whole export add up to the balance.
    """
    for source in sources:
        for line in await _brought(connection, source, period):
            yield line
        entries = connection.cursor(
            sql.READ_FOR_EXPORT,
            source.space_id,
            period.first_id,
            period.after_id,
            prefetch=_PREFETCH,
        )
        async for row in entries:
            yield _of_entry(source, row)


async def export_page(
    connection: Connection, source: Source, period: Period, after: int = 0, limit: int = PAGE
) -> tuple[Sequence[Sequence[str]], int | None]:
    """A page of what `export_lines` gives for one space, and after which sequence the next begins.

    None: there is no next one. For who hands lines on to somebody slow, and keeps no connection
    meanwhile; entries never change, and what is added comes at the end.
    """
    span = (source.space_id, period.first_id, period.after_id)
    rows = await connection.fetch(sql.READ_EXPORT_PAGE, *span, after, limit)
    brought = [] if after else await _brought(connection, source, period)
    next_after = rows[-1]["sequence"] if len(rows) == limit else None
    return [*brought, *(_of_entry(source, row) for row in rows)], next_after


def as_csv(lines: Iterable[Sequence[str]]) -> str:
    """Lines of cells as CSV (RFC 4180)."""
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(lines)
    return text.getvalue()


async def _brought(
    connection: Connection, source: Source, period: Period
) -> Sequence[Sequence[str]]:
    """The line that speaks for the months that were dropped; none where none is asked for."""
    kept_from = kept_in(await read_kept_from(connection), "ledger_entry")
    brought = [
        one
        for one in await gone_closings(connection, source.space_id, kept_from)
        if one.last_id >= period.first_id and one.last_id < period.after_id
    ]
    return [_of_closing(source, brought[-1])] if brought else []


def _of_entry(source: Source, row: Any) -> Sequence[str]:
    return (
        source.email,
        source.environment,
        source.currency,
        str(row["sequence"]),
        row["id"].hex(),
        _iso(row["at"]),
        row["kind"],
        format_amount(row["amount_micro"]),
        format_amount(row["balance_after_micro"]),
        row["counter_account"],
        format_amount(-row["amount_micro"]),
        _hex(row["message_id"]),
        _hex(row["recipient_id"]),
        row["note"],
        "" if row["checksum"] is None else str(row["checksum"]),
    )


def _of_closing(source: Source, closing: Closing) -> Sequence[str]:
    return (
        source.email,
        source.environment,
        source.currency,
        str(closing.sequence),
        closing.last_id.hex(),
        _iso(begin_of(next_month(closing.month))),
        _CLOSING,
        format_amount(closing.balance_after_micro),
        format_amount(closing.balance_after_micro),
        _CLOSING,
        format_amount(-closing.balance_after_micro),
        "",
        "",
        f"the months until {closing.month:%Y-%m}, whose entries were dropped",
        "",
    )


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _hex(identifier: bytes | None) -> str:
    return "" if identifier is None else identifier.hex()
