"""The secret that signs an account's callbacks: shown to owners who ask, and rotated.

It stays what it is while it is shown (unlike a token), but no page holds it until somebody asks,
and each look and each rotation is noted.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.accounts.audit import record, was_obeyed
from staffetta.callbacks.secret import (
    PREVIOUS_SIGNS,
    SpaceSecrets,
    ensure_secret,
    read_rotated_at,
    read_secrets,
    rotate_secret_after,
)
from staffetta.console.acting import actor_of, form_number_of, new_form_number
from staffetta.console.forms import Form, lead_to, read_form
from staffetta.console.guards import for_owners
from staffetta.console.languages import mark
from staffetta.console.pages.account.callbacks import SECTION
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import Place, account_page, place_of
from staffetta.console.rendering import PageRequest
from staffetta.domain.secrets import CannotUnseal

_CONFLICT: Final = 409
_NEVER: Final = "never"  # rotated, as the form says it
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
        return await _standing(parts, request, place)

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
            return await _standing(parts, request, place)
        return _page(request, place, secrets, secrets.rotated_at, is_shown=True)

    @post("/{environment:str}/callbacks/secret/rotate", guards=[for_owners], status_code=200)
    async def rotate(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """Make a new one; for a day both sign."""
        place = await place_of(parts, request, environment)
        if await _rotate(parts, request, place, await read_form(request)):
            return lead_to(place.path(f"{SECTION}/secret"), "rotated")
        return await _standing(parts, request, place, is_refused=True)

    return [secret, show, rotate]


async def _rotate(parts: ConsoleParts, request: PageRequest, place: Place, form: Form) -> bool:
    """Whether this form made a secret, now or when it was sent before.

    It names the rotation that its page showed. After another one, whoever sent it has not seen that
    a secret would end at once.
    """
    number, now, space = form_number_of(form), parts.clock.now(), place.facts.space
    seen, is_known = _seen(form.text("rotated_at"))
    if number is None or not is_known:
        return False
    async with parts.database.transaction() as connection:
        if await was_obeyed(connection, space, number):
            return True
        if not await rotate_secret_after(connection, parts.keyring, place.space_id, seen, now):
            return False
        await record(
            connection, actor_of(request), "callback.rotate_secret", space, {}, now, form=number
        )
    return True


def _seen(text: str) -> tuple[datetime | None, bool]:
    """The rotation that a form names, None for none; and whether it names one or none."""
    if text == _NEVER:
        return None, True
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None, False
    return at, at.tzinfo is not None


async def _standing(
    parts: ConsoleParts, request: PageRequest, place: Place, *, is_refused: bool = False
) -> Response[Any]:
    """The page without the secret."""
    secrets, can_open = None, True
    async with parts.database.acquire() as connection:
        rotated_at = await read_rotated_at(connection, place.space_id)
        try:
            secrets = await read_secrets(
                connection, parts.keyring, place.space_id, parts.clock.now()
            )
        except CannotUnseal:
            can_open = False
    return _page(request, place, secrets, rotated_at, can_open=can_open, is_refused=is_refused)


def _page(
    request: PageRequest,
    place: Place,
    secrets: SpaceSecrets | None,
    rotated_at: datetime | None,
    *,
    is_shown: bool = False,
    can_open: bool = True,
    is_refused: bool = False,
) -> Response[Any]:
    has_previous = secrets is not None and len(secrets.secrets) > 1
    return account_page(
        request,
        place,
        "account/callback_secret.html",
        section=SECTION,
        status=_CONFLICT if is_refused else 200,
        secrets=secrets.secrets if secrets and is_shown else (),
        is_shown=is_shown,
        can_open=can_open,
        is_refused=is_refused,
        rotated_at=rotated_at,
        seen=rotated_at.isoformat() if rotated_at else _NEVER,
        previous_until=rotated_at + PREVIOUS_SIGNS if rotated_at and has_previous else None,
        overlap_hours=PREVIOUS_SIGNS // timedelta(hours=1),
        once=new_form_number(),
        done=_DONE.get(request.query_params.get("done", ""), ""),
    )
