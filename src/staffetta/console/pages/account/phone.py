"""The phone: a drawn handset that shows what recipients received in the sandbox.

It is read from what became of messages. Real phones are nobody's to look at: in production the
page says so.
"""

import hashlib
from types import MappingProxyType
from typing import Any, Final

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.console.guards import for_accounts
from staffetta.console.languages import mark
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import Place, account_page, place_of
from staffetta.console.rendering import PageRequest
from staffetta.domain.environments import Environment
from staffetta.domain.states import State
from staffetta.domain.written_numbers import e164_of
from staffetta.messaging.phones import Phone, PhoneMessage, SandboxPhones

SECTION: Final = "/phone"
_NUMBER_CHARACTERS_MAX: Final = 40
# What a phone shows of a message: its text, its text with a word on it, or a note in its place.
SHOWN: Final = frozenset({State.DELIVERED, State.SUBMITTED})
NOTES: Final = MappingProxyType(
    {
        State.SCHEDULED: mark("A message waits for its time."),
        State.QUEUED: mark("A message waits in the gateway."),
        State.SUBMITTING: mark("A message is being sent."),
        State.UNCERTAIN: mark("Nobody knows yet whether the network has this message."),
        State.UNDELIVERABLE: mark("A message did not arrive: the network could not deliver it."),
        State.REJECTED: mark("A message did not arrive: it was refused."),
        State.EXPIRED: mark("A message did not arrive in its time."),
        State.CANCELLED: mark("A message was taken back before it was sent."),
    }
)


def phone_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""
    phones = SandboxPhones(parts.reports, parts.keyring)

    @get("/{environment:str}/phone", guards=[for_accounts])
    async def phone(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """The phones, and what the one that was chosen shows."""
        place = await place_of(parts, request, environment)
        if place.environment is Environment.PRODUCTION:
            return account_page(request, place, "account/phone_of_nobody.html", section=SECTION)
        shown = await _shown(parts, phones, request, place)
        return account_page(request, place, "account/phone.html", section=SECTION, **shown)

    @get("/{environment:str}/phone/screen", guards=[for_accounts])
    async def screen(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """What has changed, for a page that looks again; 204 where nothing has."""
        place = await place_of(parts, request, environment)
        if place.environment is Environment.PRODUCTION:
            return Response(None, status_code=204)
        shown = await _shown(parts, phones, request, place)
        if shown["seen"] == request.query_params.get("seen"):
            return Response(None, status_code=204)
        return account_page(request, place, "account/phone_screen.html", section=SECTION, **shown)

    return [phone, screen]


async def _shown(
    parts: ConsoleParts, phones: SandboxPhones, request: PageRequest, place: Place
) -> dict[str, Any]:
    now = parts.clock.now()
    listed = await phones.list(place.space_id, now)
    typed = request.query_params.get("number", "")[:_NUMBER_CHARACTERS_MAX]
    # An address may have a plus that nobody encoded.
    wanted = e164_of(f"+{typed[1:]}" if typed.startswith(" ") else typed) or ""
    number = wanted or (listed[0].number if listed else "")
    messages = await phones.read(place.space_id, number, now) if number else ()
    return {
        "phones": listed,
        "number": number,
        "messages": messages,
        "shown_states": SHOWN,
        "notes": NOTES,
        "now": now,
        "asked_number": wanted,
        "seen": _digest(listed, messages),
    }


def _digest(phones: Any, messages: Any) -> str:
    """Another one when anything that is shown has changed."""
    said: list[Phone | PhoneMessage] = [*phones, *messages]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]
