"""The secret that signs an account's callbacks: shown to owners who ask, and rotated.

It stays what it is while it is shown (unlike a token), but no page holds it until somebody asks,
and each look and each rotation is noted.
"""

from datetime import timedelta
from typing import Any, Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.accounts.audit import record
from staffetta.callbacks.secret import (
    PREVIOUS_SIGNS,
    SpaceSecrets,
    ensure_secret,
    read_secrets,
    rotate_secret,
)
from staffetta.console.acting import actor_of
from staffetta.console.forms import lead_to
from staffetta.console.guards import for_owners
from staffetta.console.languages import mark
from staffetta.console.pages.callbacks import SECTION
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import Place, account_page, place_of
from staffetta.console.rendering import PageRequest
from staffetta.domain.secrets import CannotUnseal

_DONE: Final = {
    "rotated": mark(
        "There is a new secret. The one before signs too, for a day: change your receivers by then."
    ),
}


def callback_secret_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get("/{environment:str}/callbacks/secret", guards=[for_owners])
    async def secret(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """How it stands with the secret; it itself is not in the page."""
        place = await place_of(parts, request, environment)
        now = parts.clock.now()
        try:
            async with parts.database.acquire() as connection:
                secrets = await read_secrets(connection, parts.keyring, place.space_id, now)
        except CannotUnseal:
            return _page(request, place, None, can_open=False)
        return _page(request, place, secrets)

    @post("/{environment:str}/callbacks/secret", guards=[for_owners], status_code=200)
    async def show(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """The same with the secret, for whoever asked; the first is made when it is shown."""
        place = await place_of(parts, request, environment)
        now, space = parts.clock.now(), place.facts.space
        try:
            async with parts.database.transaction() as connection:
                secrets = await ensure_secret(connection, parts.keyring, place.space_id, now)
                actor = actor_of(request)
                await record(connection, actor, "callback.show_secret", space, {}, now)
        except CannotUnseal:
            return _page(request, place, None, can_open=False)
        return _page(request, place, secrets, is_shown=True)

    @post("/{environment:str}/callbacks/secret/rotate", guards=[for_owners], status_code=200)
    async def rotate(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """Make a new one; for a day both sign."""
        place = await place_of(parts, request, environment)
        now = parts.clock.now()
        async with parts.database.transaction() as connection:
            await rotate_secret(connection, parts.keyring, place.space_id, now)
            await record(
                connection,
                actor_of(request),
                "callback.rotate_secret",
                place.facts.space,
                {},
                now,
            )
        return lead_to(place.path(f"{SECTION}/secret"), "rotated")

    return [secret, show, rotate]


def _page(
    request: PageRequest,
    place: Place,
    secrets: SpaceSecrets | None,
    *,
    is_shown: bool = False,
    can_open: bool = True,
) -> Response[Any]:
    rotated_at = secrets.rotated_at if secrets else None
    has_previous = secrets is not None and len(secrets.secrets) > 1
    return account_page(
        request,
        place,
        "callback_secret.html",
        section=SECTION,
        secrets=secrets.secrets if secrets and is_shown else (),
        is_shown=is_shown,
        can_open=can_open,
        rotated_at=rotated_at,
        previous_until=rotated_at + PREVIOUS_SIGNS if rotated_at and has_previous else None,
        overlap_hours=PREVIOUS_SIGNS // timedelta(hours=1),
        done=_DONE.get(request.query_params.get("done", ""), ""),
    )
