"""A month of an account's ledger as a file."""

from datetime import date
from typing import Any

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.console.guards import for_operators
from staffetta.console.pages.operate.account_money import MONEY, TAB
from staffetta.console.pages.operate.account_place import operated_place, tab_page
from staffetta.console.parts import ConsoleParts
from staffetta.console.rendering import PageRequest
from staffetta.console.statement_file import statement_file
from staffetta.ledger.errors import InvalidPeriod
from staffetta.ledger.period import Period


def account_statement_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get(f"{MONEY}/statement.csv", guards=[for_operators])
    async def statement(
        request: PageRequest, account_id: FromPath[int], environment: FromPath[str]
    ) -> Response[Any]:
        """The file; or, where no month is named, how to name one."""
        async with parts.database.acquire() as connection:
            place = await operated_place(connection, parts, account_id, environment)
        month = request.query_params.get("month", "")[:7]
        try:
            period = Period.of_month(date.fromisoformat(f"{month}-01"))
        except (ValueError, OverflowError, InvalidPeriod):
            return tab_page(
                request,
                place,
                TAB,
                "operate/account_statement.html",
                command=f"staffetta ledger export --email {place.account.email}"
                f" --environment {environment}",
            )
        name = f"{place.account.email}-{environment}-{month}.csv"
        return await statement_file(parts, place.facts.space, period, name)

    return [statement]
