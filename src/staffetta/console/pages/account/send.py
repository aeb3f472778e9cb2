"""Sending one message: counted and priced while it is typed, then sent as the API sends.

Counts, prices and refusals are those of the gateway's own checks; what is shown before sending is
what would happen.
"""

from dataclasses import replace
from typing import Any, Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import structs

from staffetta.console.forms import LONG_FORM_OCTETS_MAX, lead_to, read_form
from staffetta.console.guards import for_accounts
from staffetta.console.pages.account.refusals import Refusal, by_field
from staffetta.console.pages.account.send_confirmed import Confirmed, read_confirmed
from staffetta.console.pages.account.send_form import (
    TypedMessage,
    WrongTime,
    new_key,
    read_send_at,
    read_typed,
    request_of,
)
from staffetta.console.pages.account.send_preview import Preview, preview_of
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import Place, account_page, place_of
from staffetta.console.rendering import PageRequest
from staffetta.domain.environments import Environment
from staffetta.domain.errors import (
    IdempotencyKeyReused,
    InvalidRecipient,
    InvalidText,
    PriceChanged,
    StaffettaError,
)
from staffetta.domain.replacements import explain_encoding, replace_all
from staffetta.messaging.explain import Explanation
from staffetta.messaging.inspection import Space

SECTION: Final = "/send"
_REFUSED: Final = 422


def send_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get("/{environment:str}/send", guards=[for_accounts])
    async def ask(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """The empty form; a link may bring a recipient."""
        place = await place_of(parts, request, environment)
        typed = TypedMessage(recipient=request.query_params.get("to", "")[:60], key=new_key())
        return _form(request, place, typed, {})

    @post(
        "/{environment:str}/send/look",
        guards=[for_accounts],
        status_code=200,
        request_max_body_size=LONG_FORM_OCTETS_MAX,
    )
    async def look(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """What would become of what is typed so far."""
        place = await place_of(parts, request, environment)
        typed = read_typed(await read_form(request))
        return account_page(
            request,
            place,
            "account/send_look.html",
            section=SECTION,
            **await _looked(parts, place, typed),
        )

    @post(
        "/{environment:str}/send",
        guards=[for_accounts],
        status_code=200,
        request_max_body_size=LONG_FORM_OCTETS_MAX,
    )
    async def send(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """Send; in production, ask first."""
        place = await place_of(parts, request, environment)
        form = await read_form(request)
        typed = read_typed(form)
        if form.is_ticked("replaces"):
            return _form(request, place, _replaced(typed), await _looked(parts, place, typed))
        if form.is_ticked("edits"):
            return _form(request, place, typed, await _looked(parts, place, typed))
        confirmed = read_confirmed(form)
        if place.environment is Environment.PRODUCTION and confirmed is None:
            return await _ask_first(parts, request, place, typed)
        return await _send(parts, request, place, typed, confirmed)

    return [ask, look, send]


async def _send(
    parts: ConsoleParts,
    request: PageRequest,
    place: Place,
    typed: TypedMessage,
    confirmed: Confirmed | None,
) -> Response[Any]:
    now = parts.clock.now()
    try:
        send_at = read_send_at(typed.send_at, typed.send_at_utc, now)
        asked = request_of(typed, send_at, keeps_key=True)
        if confirmed is not None:
            found = parts.acceptor.inspect(space_of(place), asked)
            if found.sender is not None and found.sender != confirmed.sender:
                return await _ask_first(parts, request, place, typed, has_changed=True)
            asked = structs.replace(asked, price_max_micro=confirmed.price_micro)
        accepted = await parts.acceptor.accept(space_of(place), asked, now)
    except PriceChanged:
        return await _ask_first(parts, request, place, typed, has_changed=True)
    except (StaffettaError, WrongTime) as error:
        reused = isinstance(error, IdempotencyKeyReused)
        kept = typed.again() if reused else typed
        shown = await _looked(parts, place, typed, is_sent=True)
        # The first refusal is what the API would answer; the others are known as well.
        shown["refusals"] = shown["refusals"] | refusals_of(error)
        return _form(request, place, kept, shown, status=_REFUSED)
    path = place.path(f"/messages/{accepted.message.id.hex()}")
    return lead_to(path, "already" if accepted.replayed else "accepted")


async def _ask_first(
    parts: ConsoleParts,
    request: PageRequest,
    place: Place,
    typed: TypedMessage,
    *,
    has_changed: bool = False,
) -> Response[Any]:
    """The count and the price, and a button that sends; or the form, with what is refused."""
    shown = await _looked(parts, place, typed, is_sent=True)
    if shown["refusals"]:
        return _form(request, place, typed, shown, status=_REFUSED)
    confirmed = Confirmed(shown["bill"].needed_micro, 1, shown["sender"])
    return account_page(
        request,
        place,
        "account/send_confirm.html",
        section=SECTION,
        typed=typed,
        confirmed=confirmed,
        has_changed=has_changed,
        **shown,
    )


async def _looked(
    parts: ConsoleParts, place: Place, typed: TypedMessage, *, is_sent: bool = False
) -> dict[str, Any]:
    """What the gateway says of a message; fields that wait to be filled in are not yet wrong."""
    now = parts.clock.now()
    shown: dict[str, Any] = {"preview": None, "bill": None, "candidates": (), "refusals": {}}
    errors: list[StaffettaError | WrongTime] = []
    send_at = None
    try:
        send_at = read_send_at(typed.send_at, typed.send_at_utc, now)
    except WrongTime as wrong:
        errors.append(wrong)
    asked = request_of(typed, send_at, keeps_key=False)
    explained = await parts.explainer.explain(space_of(place), asked, now)
    waits: tuple[type[StaffettaError], ...] = () if is_sent else _waiting(typed)
    errors += [one for one in explained.refusals if not isinstance(one, waits)]
    return {
        **shown,
        "preview": _preview(explained, typed),
        "bill": explained.bill,
        "quote": explained.found.quote,
        "sender": explained.found.sender,
        "phone": explained.found.phone,
        "send_at": send_at,
        "refusals": refusals_of(*errors),
    }


def _waiting(typed: TypedMessage) -> tuple[type[StaffettaError], ...]:
    """What a form that is not filled in yet is not told of."""
    empty = ((typed.recipient, InvalidRecipient), (typed.text, InvalidText))
    return tuple(kind for value, kind in empty if not value)


def _preview(explained: Explanation, typed: TypedMessage) -> Preview | None:
    found = explained.found.segmentation
    return preview_of(found) if found is not None and typed.text else None


def refusals_of(*errors: StaffettaError | WrongTime) -> dict[str, list[Refusal]]:
    """Refusals by field; a wrong time is about its own."""
    found = by_field(error for error in errors if isinstance(error, StaffettaError))
    times = [Refusal("send_at", str(wrong), "") for wrong in errors if isinstance(wrong, WrongTime)]
    return found | ({"send_at": times} if times else {})


def _replaced(typed: TypedMessage) -> TypedMessage:
    """The text with what could stand for its expensive characters: asked for by hand."""
    return replace(typed, text=replace_all(typed.text, explain_encoding(typed.text)))


def space_of(place: Place) -> Space:
    """Whose messages are sent here."""
    return Space(place.space_id, place.environment, place.facts.terms)


def _form(
    request: PageRequest,
    place: Place,
    typed: TypedMessage,
    shown: dict[str, Any],
    *,
    status: int = 200,
) -> Response[Any]:
    nothing: dict[str, Any] = {
        "preview": None,
        "bill": None,
        "refusals": {},
        "quote": None,
        "send_at": None,
    }
    values = {**nothing, "sender": None, "phone": None, **shown}
    return account_page(
        request, place, "account/send.html", section=SECTION, status=status, typed=typed, **values
    )
