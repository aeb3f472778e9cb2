"""A space's ledger entries as a file to keep: written as it is read, however long it is.

What an entry's line holds is the ledger's matter. The file is for whoever may see the space: the
page that hands it out has seen to that.
"""

from collections.abc import AsyncIterator

from litestar.response import Stream

from staffetta.accounts.space import Space
from staffetta.console.parts import ConsoleParts
from staffetta.ledger.export import COLUMNS, Source, as_csv, export_page
from staffetta.ledger.period import Period


async def statement_file(parts: ConsoleParts, space: Space, period: Period, name: str) -> Stream:
    """The entries of a period in CSV, to be kept under a name.

    The first page is read before it answers: a database that is too busy can still be told of.
    Raises what `staffetta.db.errors` describes.
    """
    source = Source(space.space_id, space.email, space.environment.value, space.currency)
    async with parts.reports.acquire() as connection:
        first, after = await export_page(connection, source, period)
    safe = "".join(
        one if (one.isascii() and one.isalnum()) or one in "@.-_+" else "_" for one in name
    )
    return Stream(
        _lines(parts, source, period, as_csv([COLUMNS, *first]), after),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{safe}"'},
    )


async def _lines(
    parts: ConsoleParts, source: Source, period: Period, begin: str, after: int | None
) -> AsyncIterator[str]:
    """The file, page by page: whoever reads slowly keeps no connection to the database."""
    yield begin
    while after is not None:
        async with parts.reports.acquire() as connection:
            lines, after = await export_page(connection, source, period, after)
        yield as_csv(lines)
