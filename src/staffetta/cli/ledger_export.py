"""`staffetta ledger export`: entries as CSV, to a file or to standard output."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer

from staffetta.accounts.email import Email as Address
from staffetta.accounts.errors import NoSuchAccount
from staffetta.cli.failures import CommandFailed
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.period_options import From, Month, To, read_period
from staffetta.domain.environments import Environment
from staffetta.ledger.export import COLUMNS, as_csv, export_lines, find_sources
from staffetta.ledger.period import Period


def export(
    email: Annotated[
        str | None, typer.Option("--email", help="Only this account's entries.")
    ] = None,
    environment: Annotated[
        Environment | None, typer.Option("--environment", help="Only those of one world.")
    ] = None,
    month: Month = None,
    from_: From = None,
    to: To = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="A file to write, instead of standard output.")
    ] = None,
) -> None:
    """Write ledger entries as CSV: all of them, or those of an account and a period.

    Example: staffetta ledger export --month 2026-03 --output march.csv
    """
    address = None if email is None else Address.parse(email).text
    period = read_period(month, from_, to, Period.always())

    async def work(parts: Opened) -> int:
        async with parts.database.transaction(
            isolation="repeatable_read", readonly=True
        ) as connection:
            sources = await find_sources(connection, address, environment)
            if address is not None and not sources:
                raise NoSuchAccount(f"no account has the address {address}")
            count = 0
            with _opened(output) as stream:
                stream.write(as_csv([COLUMNS]))
                async for line in export_lines(connection, sources, period):
                    stream.write(as_csv([line]))
                    count += 1
        return count

    count = with_everything_open(work, patient=True)
    if output is not None:
        typer.echo(f"{count} lines: {output}", err=True)


@contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    """The stream to write to. A file gets its name when it is whole: half of it looks like all."""
    if output is None:
        yield sys.stdout
        return
    unfinished = output.with_name(f"{output.name}.unfinished")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        unfinished.replace(output)
    except OSError as error:
        raise CommandFailed(f"{output} cannot be written: {error.strerror}") from None
    finally:
        unfinished.unlink(missing_ok=True)
