"""Sending to many: a file, its columns, every text as it will arrive, the price, then one message.

The file is kept in the database between these steps. What would become of it is counted by the
rules that acceptance has, on all of its rows, before anybody sends.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from babel import Locale
from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import structs

from staffetta.console.forms import FILE_OCTETS_MAX, LONG_FORM_OCTETS_MAX, Form, lead_to, read_form
from staffetta.console.guards import for_accounts
from staffetta.console.languages import mark
from staffetta.console.pages.account.refusals import Refusal
from staffetta.console.pages.account.send import SECTION, refusals_of, space_of
from staffetta.console.pages.account.send_confirmed import Confirmed, read_confirmed
from staffetta.console.pages.account.send_form import TypedMessage, WrongTime, request_of
from staffetta.console.pages.account.send_many_form import (
    SEPARATORS,
    TypedMany,
    guess,
    mapped,
    read_many,
    request_to_many,
)
from staffetta.console.pages.account.send_many_previews import ROWS_SHOWN, previews_of
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import Place, account_page, place_of
from staffetta.console.rendering import PageRequest
from staffetta.domain.errors import IdempotencyKeyReused, InvalidText, PriceChanged, StaffettaError
from staffetta.domain.written_numbers import countries
from staffetta.ledger.read_wallet import read_wallet
from staffetta.messaging.bulk.accept import BulkAccepted
from staffetta.messaging.bulk.request import Agreed, BulkRequest
from staffetta.messaging.bulk.rows import require_sendable
from staffetta.messaging.bulk.survey import Surveys, survey_file
from staffetta.messaging.recipient_files.errors import WrongFile
from staffetta.messaging.recipient_files.items import FileRecipients
from staffetta.messaging.recipient_files.read import OCTETS_MAX, ROWS_MAX
from staffetta.messaging.recipient_files.store import RecipientFile, keep_file, read_file

_REFUSED: Final = 422
_FILE_ID: Final = re.compile(r"[0-9a-f]{32}")
_TYPED_CHARACTERS_MAX: Final = 2_000_000
_HOME: Final = {"it": "IT", "fr": "FR"}  # where numbers without a country are most likely from


def send_many_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""
    return [*_pages_of_files(parts), *_pages_of_texts(parts)]


def _pages_of_files(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """Where a file is brought."""

    @get("/{environment:str}/send/many", guards=[for_accounts])
    async def choose(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """The form for a file."""
        place = await place_of(parts, request, environment)
        return _choosing(request, place)

    @post(
        "/{environment:str}/send/many",
        guards=[for_accounts],
        status_code=200,
        request_max_body_size=FILE_OCTETS_MAX,
    )
    async def take(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """Keep a file, or what was typed in its place."""
        place = await place_of(parts, request, environment)
        return await _take(parts, request, place, await read_form(request))

    return [choose, take]


def _pages_of_texts(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """Where its text is written, looked at and sent."""
    surveys = Surveys()

    @get("/{environment:str}/send/many/{file:str}", guards=[for_accounts])
    async def compose(
        request: PageRequest, environment: FromPath[str], file: FromPath[str]
    ) -> Response[Any]:
        """What the file holds, and the form for the text."""
        place = await place_of(parts, request, environment)
        kept = await _kept(parts, request, place, file, whole=False)
        typed = guess(kept, _HOME.get(request.user.language.value, ""))
        return await _composing(parts, request, place, kept, typed, {})

    @post(
        "/{environment:str}/send/many/{file:str}/look",
        guards=[for_accounts],
        status_code=200,
        request_max_body_size=LONG_FORM_OCTETS_MAX,
    )
    async def look(
        request: PageRequest, environment: FromPath[str], file: FromPath[str]
    ) -> Response[Any]:
        """The first rows, and one by its number, as they would arrive."""
        place = await place_of(parts, request, environment)
        typed = read_many(await read_form(request))
        kept = await _kept(parts, request, place, file, whole=int(typed.row) > ROWS_SHOWN)
        shown = {
            "file": kept,
            "typed": typed,
            **await previews_of(kept, typed, parts.bulk.acceptor.segments_max),
        }
        return account_page(request, place, "account/send_many_look.html", section=SECTION, **shown)

    @post(
        "/{environment:str}/send/many/{file:str}",
        guards=[for_accounts],
        status_code=200,
        request_max_body_size=LONG_FORM_OCTETS_MAX,
    )
    async def send(
        request: PageRequest, environment: FromPath[str], file: FromPath[str]
    ) -> Response[Any]:
        """Count and price it all; send what was confirmed."""
        place = await place_of(parts, request, environment)
        form = await read_form(request)
        return await _act(parts, surveys, request, place, file, form)

    return [compose, look, send]


async def _take(
    parts: ConsoleParts, request: PageRequest, place: Place, form: Form
) -> Response[Any]:
    """Keep what was brought, and lead to the form for its text."""
    if len(form.untouched("numbers", _TYPED_CHARACTERS_MAX + 1)) > _TYPED_CHARACTERS_MAX:
        return _choosing(request, place, mark("This is too long to be typed: bring a file."))
    name, octets = await _brought(form)
    if not octets.strip():
        return _choosing(request, place, mark("Choose a file, or type some numbers."))
    assert request.user.person is not None, "the guard has seen to it"
    try:
        file_id = await keep_file(
            *(parts.database, place.space_id, request.user.person.person_id),
            *(name, octets, parts.clock.now()),
        )
    except WrongFile as wrong:
        return _choosing(request, place, mark("This file cannot be used."), detail=str(wrong))
    return lead_to(place.path(f"{SECTION}/many/{file_id.hex()}"))


async def _act(
    parts: ConsoleParts,
    surveys: Surveys,
    request: PageRequest,
    place: Place,
    file: str,
    form: Form,
) -> Response[Any]:
    """What the button says that was pressed: count, change, or send."""
    typed, confirmed = read_many(form), read_confirmed(form)
    if form.is_ticked("edits"):
        far = int(typed.row) > ROWS_SHOWN
        kept = await _kept(parts, request, place, file, whole=far)
        return await _composing(parts, request, place, kept, typed, {})
    ask = _Asking(parts, surveys, request, place, file, typed)
    try:
        if confirmed is None:
            return await _ask_first(ask)
        try:
            sent = await _send(ask, confirmed)
        except PriceChanged:
            return await _ask_first(ask, has_changed=True)
    except (StaffettaError, WrongTime) as error:
        again = typed.again() if isinstance(error, IdempotencyKeyReused) else typed
        kept = await _kept(parts, request, place, file, whole=False)
        return await _composing(
            parts, request, place, kept, again, refusals_of(error), status=_REFUSED
        )
    path = place.path(f"/messages/{sent.message_id.hex()}")
    return lead_to(path, "already" if sent.replayed else "accepted")


@dataclass(frozen=True, slots=True)
class _Asking:
    """Who asks for what."""

    parts: ConsoleParts
    surveys: Surveys
    request: PageRequest
    place: Place
    file: str
    typed: TypedMany

    @property
    def person_id(self) -> int:
        """Whose file it is."""
        assert self.request.user.person is not None, "the guard has seen to it"
        return self.request.user.person.person_id

    async def read(self, now: datetime) -> tuple[RecipientFile, BulkRequest]:
        """The whole file, and what v1 would be asked; raises InvalidSender and WrongTime."""
        kept = await _kept(self.parts, self.request, self.place, self.file, whole=True)
        sender = _default_sender(self.parts, self.place)
        return kept, request_to_many(kept, self.typed, sender, now)


async def _send(ask: _Asking, confirmed: Confirmed) -> BulkAccepted:
    """Send what was confirmed; raises PriceChanged where it would be anything else."""
    now = ask.parts.clock.now()
    _, asked = await ask.read(now)
    if asked.sender != confirmed.sender:
        raise PriceChanged(f"{confirmed.sender} was shown, and {asked.sender} would send it")
    agreed = Agreed(confirmed.recipient_count, confirmed.price_micro)
    asked = structs.replace(asked, agreed=agreed)
    return await ask.parts.bulk.acceptor.accept(space_of(ask.place), asked, now)


async def _brought(form: Form) -> tuple[str, bytes]:
    """The name and the octets of a file, or of what was typed."""
    file = form.file("file")
    if file is not None:
        return file.filename, await file.read()
    return "", form.text("numbers", _TYPED_CHARACTERS_MAX).encode()


async def _kept(
    parts: ConsoleParts, request: PageRequest, place: Place, file: str, *, whole: bool
) -> RecipientFile:
    """A file of this person; 404 for another's, and for one of yesterday."""
    assert request.user.person is not None
    found = None
    if _FILE_ID.fullmatch(file):
        whose = (bytes.fromhex(file), place.space_id, request.user.person.person_id)
        async with parts.database.acquire() as connection:
            found = await read_file(connection, *whose, parts.clock.now(), whole=whole)
    if found is None:
        raise NotFoundException("there is no such file, or it was brought more than a day ago")
    return found


async def _ask_first(ask: _Asking, *, has_changed: bool = False) -> Response[Any]:
    """What all of it comes to, and a button that sends; raises what refuses the whole."""
    parts, place, typed = ask.parts, ask.place, ask.typed
    if not typed.text:
        raise InvalidText("'body' is empty: write at least one character")
    # The file is read in the lane: whoever waits for it keeps nothing large meanwhile.
    async with ask.surveys.enter(ask.person_id):
        now = parts.clock.now()
        kept, asked = await ask.read(now)
        recipients = FileRecipients(mapped(kept, typed), kept.row_count)
        survey = await survey_file(parts.bulk.acceptor, space_of(place), asked, recipients, now)
        previews = await previews_of(kept, typed, parts.bulk.acceptor.segments_max)
    counts = survey.counts
    if counts.finding is None:
        first = next(iter(counts.invalid), None)
        require_sendable(counts.sendable_count, counts.refused_as, first)
    async with parts.database.acquire() as connection:
        wallet = await read_wallet(connection, place.space_id)
    available_micro = 0 if wallet is None else wallet.available_micro
    return account_page(
        ask.request,
        place,
        "account/send_many_confirm.html",
        section=SECTION,
        file=kept,
        typed=typed,
        asked=asked,
        survey=survey,
        confirmed=Confirmed(counts.price_micro, counts.sendable_count, asked.sender),
        has_changed=has_changed,
        available_micro=available_micro,
        can_send=counts.finding is None and counts.price_micro <= available_micro,
        refused_names=_REFUSED_NAMES,
        segment_counts=sorted(survey.segments.items()),
        **previews,
    )


# Why some recipients of a message are not sent to, by v1's names.
_REFUSED_NAMES: Final = {
    "REJECTED_ROUTE_NOT_AVAILABLE": mark("there is no way to their country"),
    "REJECTED_DESTINATION": mark("the account may not send to their country"),
    "REJECTED_SENDER": mark("the sender is not approved for their country"),
    "REJECTED_MESSAGE_TOO_LONG": mark("filled in, the text is too long"),
    "UNDELIVERABLE_NOT_SENT": mark("filled in, the text is empty"),
}


def _default_sender(parts: ConsoleParts, place: Place) -> str:
    """The sender of messages that name none."""
    found = parts.acceptor.inspect(
        space_of(place), request_of(TypedMessage(), None, keeps_key=False)
    )
    return found.sender or ""


def _choosing(
    request: PageRequest, place: Place, problem: str = "", *, detail: str = ""
) -> Response[Any]:
    return account_page(
        request,
        place,
        "account/send_many.html",
        section=SECTION,
        status=_REFUSED if problem else 200,
        problem=Refusal("file", problem, detail) if problem else None,
        octets_max=OCTETS_MAX,
        rows_max=ROWS_MAX,
        refusals={},
    )


async def _composing(
    parts: ConsoleParts,
    request: PageRequest,
    place: Place,
    file: RecipientFile,
    typed: TypedMany,
    refusals: dict[str, list[Refusal]],
    *,
    status: int = 200,
) -> Response[Any]:
    return account_page(
        request,
        place,
        "account/send_many_compose.html",
        section=SECTION,
        status=status,
        file=file,
        typed=typed,
        refusals=refusals,
        separators=list(SEPARATORS),
        country_names=_country_names(request),
        **await previews_of(file, typed, parts.bulk.acceptor.segments_max),
    )


def _country_names(request: PageRequest) -> list[tuple[str, str]]:
    """The countries whose national numbers can be read, in the reader's language."""
    names = Locale.parse(request.user.language.value).territories
    known = ((code, names.get(code, code)) for code in countries())
    return sorted(known, key=lambda one: one[1])
