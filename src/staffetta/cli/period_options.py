"""Options that name a period, and how they are read. Days and months are UTC's."""

import re
from datetime import date
from typing import Annotated, Final

import typer

from staffetta.ledger.period import Period

Month = Annotated[
    str | None, typer.Option("--month", metavar="YYYY-MM", help="A month, like 2026-03.")
]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="YYYY-MM-DD", help="The first day, instead of a month."),
]
To = Annotated[
    str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="The first day after it.")
]

_MONTH: Final = re.compile(r"\d{4}-\d{2}", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def read_period(month: str | None, from_: str | None, to: str | None, default: Period) -> Period:
    """The period that the options name; wrong usage when they name none.

    What is left out of `--from` and `--to` is the default's. Raises InvalidPeriod.
    """
    if month is not None:
        if from_ is not None or to is not None:
            raise typer.BadParameter("not together with --from and --to", param_hint="--month")
        if _MONTH.fullmatch(month) is None:
            raise typer.BadParameter(f"{month!r} is not a month like 2026-03", param_hint="--month")
        return Period.of_month(_day(f"{month}-01", month, "--month"))
    begin = default.begin if from_ is None else _day(from_, from_, "--from")
    end = default.end if to is None else _day(to, to, "--to")
    return Period(begin, end)


def _day(text: str, written: str, option: str) -> date:
    if _DAY.fullmatch(text) is not None:
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise typer.BadParameter(f"{written!r} is not a day like 2026-03-14", param_hint=option)
