"""A month of an account's ledger as a file."""

import csv
import io
from datetime import date
from typing import Any, Final

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.console.guards import for_operators
from staffetta.console.pages.account_money import MONEY, TAB
from staffetta.console.pages.account_place import OperatedPlace, operated_place, tab_page
from staffetta.console.parts import ConsoleParts
from staffetta.console.rendering import PageRequest
from staffetta.db.pool import Connection, DatabaseError
from staffetta.ledger.errors import InvalidPeriod
from staffetta.ledger.export import COLUMNS, Source, export_lines
from staffetta.ledger.period import Period

LINES_MAX: Final = 50_000


class _TooLong(Exception):
    """More lines than a page may hold."""


def account_statement_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get(f"{MONEY}/statement.csv", guards=[for_operators])
    async def statement(
        request: PageRequest, account_id: FromPath[int], environment: FromPath[str]
    ) -> Response[Any]:
        """The file; or the command that writes it, where it is too long for a page."""
        async with parts.database.acquire() as connection:
            place = await operated_place(connection, parts, account_id, environment)
        month = request.query_params.get("month", "")[:7]
        try:
            text = await _written(parts, place, Period.of_month(date.fromisoformat(f"{month}-01")))
        except (ValueError, OverflowError, InvalidPeriod, _TooLong, DatabaseError):
            return tab_page(
                request,
                place,
                TAB,
                "account_statement.html",
                command=f"staffetta ledger export --email {place.account.email}"
                f" --environment {environment}",
                lines_max=LINES_MAX,
            )
        name = _safe(f"{place.account.email}-{environment}-{month}.csv")
        return Response(
            text.encode(),
            media_type="text/csv",
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )

    return [statement]


async def _written(parts: ConsoleParts, place: OperatedPlace, period: Period) -> str:
    """The lines of a period; raises _TooLong, and DatabaseError where it takes too long."""
    async with parts.reports.transaction(isolation="repeatable_read", readonly=True) as connection:
        return await _lines(connection, place, period)


async def _lines(connection: Connection, place: OperatedPlace, period: Period) -> str:
    space = place.facts.space
    source = Source(space.space_id, space.email, space.environment.value, space.currency)
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    count = 0
    async for line in export_lines(connection, [source], period):
        count += 1
        if count > LINES_MAX:
            raise _TooLong
        writer.writerow(line)
    return file.getvalue()


def _safe(name: str) -> str:
    """A file's name that needs no quoting in a header."""
    return "".join(one if one.isalnum() or one in "@.-_+" else "_" for one in name)
