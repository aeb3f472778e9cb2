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


def statement_file(parts: ConsoleParts, space: Space, period: Period, name: str) -> Stream:
    """The entries of a period in CSV, to be kept under a name."""
    safe = "".join(
        one if (one.isascii() and one.isalnum()) or one in "@.-_+" else "_" for one in name
    )
    return Stream(
        _lines(parts, space, period),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{safe}"'},
    )


async def _lines(parts: ConsoleParts, space: Space, period: Period) -> AsyncIterator[str]:
    """The file, page by page: whoever reads slowly keeps no connection to the database."""
    source = Source(space.space_id, space.email, space.environment.value, space.currency)
    yield as_csv([COLUMNS])
    after: int | None = 0
    while after is not None:
        async with parts.reports.acquire() as connection:
            lines, after = await export_page(connection, source, period, after)
        yield as_csv(lines)
