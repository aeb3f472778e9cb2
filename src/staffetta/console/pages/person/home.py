"""The first page: each visitor's own."""

from typing import Any

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from staffetta.console.guards import for_signed_in
from staffetta.console.navigation import links_for
from staffetta.console.rendering import PageRequest


def home_pages() -> list[HTTPRouteHandler]:
    """The pages."""

    @get("/", guards=[for_signed_in])
    async def home(request: PageRequest) -> Response[Any]:
        """Lead to the first of the pages that this visitor may see."""
        assert request.user.person is not None
        return Redirect(links_for(request.user.person.role, None, "", str)[0].path)

    return [home]
