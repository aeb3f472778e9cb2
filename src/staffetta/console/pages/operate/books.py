"""The proof of the books, on request, as far as a page may take the time for it."""

import asyncio
from typing import Any, Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from staffetta.console.guards import for_operators
from staffetta.console.pages.operate.accounts import SECTION
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import operator_page
from staffetta.console.rendering import PageRequest
from staffetta.db.pool import DatabaseError
from staffetta.ledger.proof import Proof
from staffetta.ledger.verify import verify_books

_SECONDS_MAX: Final = 15.0


def book_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""
    proving = asyncio.Lock()  # of this process: accounts share its few connections for reports

    @get("/operate/accounts/books", guards=[for_operators])
    async def books(request: PageRequest) -> Response[Any]:
        """What is proved, and the form that asks for it."""
        return _page(request)

    @post("/operate/accounts/books", guards=[for_operators], status_code=200)
    async def prove(request: PageRequest) -> Response[Any]:
        """Prove the books now; or say that it takes longer than a page may, or that it runs."""
        if proving.locked():
            return _page(request, is_running=True)
        try:
            async with (
                proving,
                asyncio.timeout(_SECONDS_MAX),
                parts.reports.transaction(isolation="repeatable_read", readonly=True) as connection,
            ):
                proof = await verify_books(connection)
        except (DatabaseError, TimeoutError):
            return _page(request, is_too_long=True)
        return _page(request, proof)

    return [books, prove]


def _page(
    request: PageRequest,
    proof: Proof | None = None,
    *,
    is_too_long: bool = False,
    is_running: bool = False,
) -> Response[Any]:
    return operator_page(
        request,
        "operate/books.html",
        section=SECTION,
        proof=proof,
        is_too_long=is_too_long,
        is_running=is_running,
    )
