"""`staffetta ledger statement`: what an account had, what moved it, what it has."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from staffetta.accounts.email import Email as Address
from staffetta.accounts.space import Space, find_space
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson, Email, ForEnvironment
from staffetta.cli.output import Column, Result, local_time, show
from staffetta.cli.period_options import From, Month, To, read_period
from staffetta.domain.money import as_number, format_amount
from staffetta.ledger.closing import Closing, KindSum
from staffetta.ledger.period import Period
from staffetta.ledger.statement import Line, Statement, read_statement

_COLUMNS: Final = (
    Column("entry", "right", whole=True),
    Column("time", whole=True),
    Column("kind"),
    Column("amount", "right", whole=True),
    Column("balance", "right", whole=True),
    Column("against"),
    Column("message", whole=True),
    Column("note"),
)


def statement(
    email: Email,
    environment: ForEnvironment,
    month: Month = None,
    from_: From = None,
    to: To = None,
    as_json: AsJson = False,
) -> None:
    """Show an account's ledger over a period: this month, unless another one is named.

    Example: staffetta ledger statement --email anna@example.com --environment production
    """
    address = Address.parse(email)

    async def work(parts: Opened) -> Result:
        period = read_period(month, from_, to, Period.of_month(parts.now.date()))
        async with parts.database.transaction(
            isolation="repeatable_read", readonly=True
        ) as connection:
            space = await find_space(connection, address, environment)
            return _result(space, await read_statement(connection, space.space_id, period))

    show(with_everything_open(work), as_json=as_json)


def _result(space: Space, found: Statement) -> Result:
    said = {
        "account": space.email,
        "environment": space.environment,
        "currency": space.currency,
        "from": found.period.begin.isoformat(),
        "to": found.period.end.isoformat(),
        "opening": as_number(found.opening_micro),
        "closing": as_number(found.closing_micro),
        "held": None if found.held_micro is None else as_number(found.held_micro),
        "entryCount": found.entry_count,
        "sums": [_json_of_sum(one) for one in found.sums],
        "droppedMonths": [_json_of_closing(one) for one in found.closings],
        "partial": found.is_partial,
        "entries": [_json_of_line(line) for line in found.lines],
    }
    rows: list[tuple[object, ...]] = [("", "", "opening", "", format_amount(found.opening_micro))]
    rows += [_row_of_closing(one) for one in found.closings]
    rows += [_row_of_line(line) for line in found.lines]
    rows += [_row_of_sum(one) for one in found.sums]
    rows += [("", "", "closing", "", format_amount(found.closing_micro))]
    padded = [(*row, *[""] * (len(_COLUMNS) - len(row))) for row in rows]
    return Result(said, _COLUMNS, padded, "\n".join(_notes(space, found)))


def _notes(space: Space, found: Statement) -> Iterator[str]:
    last_day = found.period.end - timedelta(days=1)
    yield f"{space.email}, {space.environment}, {found.period.begin} to {last_day} (UTC)."
    if found.held_micro is not None:
        yield f"Held at its end: {format_amount(found.held_micro)} {space.currency}."
    shown = len(found.lines) + sum(one.entry_count for part in found.closings for one in part.sums)
    if shown < found.entry_count:
        left = found.entry_count - shown
        yield f"{left} more entries are in the sums: `staffetta ledger export` lists them all."
    if found.is_partial:
        yield "It leaves out a part of a month whose entries were dropped: ask for whole months."


def _row_of_line(line: Line) -> tuple[object, ...]:
    return (
        line.sequence,
        local_time(line.at),
        line.kind,
        format_amount(line.amount_micro),
        format_amount(line.balance_after_micro),
        line.counter_account,
        "" if line.message_id is None else line.message_id.hex(),
        line.note,
    )


def _row_of_closing(closing: Closing) -> tuple[object, ...]:
    amount_micro = sum(one.amount_micro for one in closing.sums)
    return (
        closing.sequence,
        f"{closing.month:%Y-%m}",
        "month",
        format_amount(amount_micro),
        format_amount(closing.balance_after_micro),
        "",
        "",
        f"{sum(one.entry_count for one in closing.sums)} entries, dropped",
    )


def _row_of_sum(one: KindSum) -> tuple[object, ...]:
    name = f"sum of {one.kind}"
    amount = format_amount(one.amount_micro)
    return ("", "", name, amount, "", one.counter_account, "", f"{one.entry_count} entries")


def _json_of_sum(one: KindSum) -> dict[str, object]:
    return {
        "kind": one.kind,
        "counterAccount": one.counter_account,
        "count": one.entry_count,
        "amount": as_number(one.amount_micro),
    }


def _json_of_closing(closing: Closing) -> dict[str, object]:
    return {
        "month": f"{closing.month:%Y-%m}",
        "firstEntry": closing.first_sequence,
        "lastEntry": closing.sequence,
        "balanceAfter": as_number(closing.balance_after_micro),
        "sums": [_json_of_sum(one) for one in closing.sums],
    }


def _json_of_line(line: Line) -> dict[str, object]:
    return {
        "entry": line.sequence,
        "id": line.id.hex(),
        "at": line.at.isoformat(),
        "kind": line.kind,
        "amount": as_number(line.amount_micro),
        "balanceAfter": as_number(line.balance_after_micro),
        "counterAccount": line.counter_account,
        "message": None if line.message_id is None else line.message_id.hex(),
        "recipient": None if line.recipient_id is None else line.recipient_id.hex(),
        "note": line.note,
    }
