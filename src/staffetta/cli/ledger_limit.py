"""`staffetta ledger limit`: how far an account may go below nothing."""

from collections.abc import Sequence
from typing import Annotated, Final

import typer

from staffetta.accounts.audit import record
from staffetta.accounts.email import Email as Address
from staffetta.accounts.space import Space, find_space
from staffetta.cli.actor import whoever_commands
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson, Email, ForEnvironment, amount_micro
from staffetta.cli.output import Column, Result, local_time, show
from staffetta.db.pool import Connection
from staffetta.domain.money import as_number, format_amount
from staffetta.ledger.credit_limit import LimitChange, list_limit_changes, set_credit_limit
from staffetta.ledger.errors import LimitBelowDebt
from staffetta.ledger.read_wallet import read_wallet

_COLUMNS: Final = (
    Column("time", whole=True),
    Column("limit", "right", whole=True),
    Column("before", "right", whole=True),
    Column("balance", "right", whole=True),
    Column("held", "right", whole=True),
    Column("forced"),
    Column("note"),
)


def limit(
    email: Email,
    environment: ForEnvironment,
    amount: Annotated[
        str | None,
        typer.Option("--limit", help="How far below nothing, like 500; 0 makes it prepaid again."),
    ] = None,
    note: Annotated[str, typer.Option("--note", help="Why, for whoever looks later.")] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Even if the account owes more already.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make an account post-paid up to a limit; without --limit, show the limits it had.

    Example: staffetta ledger limit --email anna@example.com --environment production --limit 500
    """
    address = Address.parse(email)
    limit_micro = None if amount is None else amount_micro(amount, option="--limit")

    async def work(parts: Opened) -> Result:
        async with parts.database.transaction() as connection:
            space = await find_space(connection, address, environment)
            if limit_micro is not None:
                try:
                    change = await set_credit_limit(
                        connection, space.space_id, limit_micro, note, parts.now, force=force
                    )
                    await _note(connection, space, change)
                except LimitBelowDebt as refusal:
                    raise LimitBelowDebt(f"{refusal}; --force sets it all the same") from None
            wallet = await read_wallet(connection, space.space_id)
            changes = await list_limit_changes(connection, space.space_id)
        assert wallet is not None, "a wallet is made with its space"
        return _result(space, -wallet.floor_micro, changes)

    show(with_everything_open(work), as_json=as_json)


async def _note(connection: Connection, space: Space, change: LimitChange) -> None:
    details = {
        "limit": as_number(change.limit_micro),
        "before": as_number(change.limit_before_micro),
        "forced": change.forced,
        "note": change.note,
    }
    await record(connection, whoever_commands(), "limit.set", space, details, change.at)


def _result(space: Space, limit_micro: int, changes: Sequence[LimitChange]) -> Result:
    said = {
        "account": space.email,
        "environment": space.environment,
        "currency": space.currency,
        "limit": as_number(limit_micro),
        "changes": [
            {
                "at": one.at.isoformat(),
                "limit": as_number(one.limit_micro),
                "before": as_number(one.limit_before_micro),
                "balance": as_number(one.balance_micro),
                "held": as_number(one.held_micro),
                "forced": one.forced,
                "note": one.note,
            }
            for one in changes
        ],
    }
    rows = [
        (
            local_time(one.at),
            format_amount(one.limit_micro),
            format_amount(one.limit_before_micro),
            format_amount(one.balance_micro),
            format_amount(one.held_micro),
            "yes" if one.forced else "no",
            one.note,
        )
        for one in changes
    ]
    amount = f"{format_amount(limit_micro)} {space.currency}"
    return Result(
        said, _COLUMNS, rows, f"{space.email}, {space.environment}: the limit is {amount}."
    )
