"""Accepting a message: every rule that can refuse it, in the contract's order, then the intake.

The rules are pure; the route table is a value and the wallet is asked inside the transaction that
charges it. Order of checks (contract section 2): recipient, market, sender, text, segments,
callback, forbidden words, route, credit. What comes before (authorization, the body's shape) is the
API's.
"""

import itertools
import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from staffetta.callbacks.target import parse_callback
from staffetta.domain.environments import Environment, Market
from staffetta.domain.errors import InvalidText, NoRoute, TooManySegments
from staffetta.domain.ids import IdMaker
from staffetta.domain.phones import parse_mobile, require_country
from staffetta.domain.segments import Segmentation, segment_text
from staffetta.domain.senders import parse_sender
from staffetta.messaging.draft import (
    CLASS_NORMAL,
    PRIORITY_NORMAL,
    Draft,
    IdempotencyKey,
)
from staffetta.messaging.intake import Intake
from staffetta.messaging.read import Reader
from staffetta.messaging.results import Replayed
from staffetta.messaging.view import MessageView
from staffetta.routing.table import RouteTable


class SendRequest(msgspec.Struct, frozen=True):
    """What a client asked for; the types are right, the rules not yet looked at."""

    market: Market
    recipient: str
    text: str
    sender: str | None
    dry_run: bool
    fail_on_multiple_segments: bool
    callback: Mapping[str, object] | None  # as sent: it is checked in its turn
    idempotency: IdempotencyKey | None


class AcceptRules(msgspec.Struct, frozen=True):
    """The settings that acceptance obeys."""

    segments_max: int = 10
    default_sender: str = "Openapi"
    time_to_live: timedelta = timedelta(hours=48)


class Acceptance(msgspec.Struct, frozen=True):
    """A promise kept in the database: the message, or the earlier one of a repeated request."""

    message: MessageView
    replayed: bool


class Routes(Protocol):
    """Where the newest route table is: the live one, or a test's own."""

    @property
    def table(self) -> RouteTable:
        """The routes as they are now."""
        ...


class Acceptor:
    """Takes send requests of this process to the intake."""

    def __init__(
        self, routes: Routes, intake: Intake, reader: Reader, rules: AcceptRules, ids: IdMaker
    ) -> None:
        self._routes = routes
        self._intake = intake
        self._reader = reader
        self._rules = rules
        self._ids = ids
        self._references = rolling_references()

    async def accept(
        self, space_id: int, environment: Environment, request: SendRequest, now: datetime
    ) -> Acceptance:
        """Check, price and store a message: when this returns, it is durable.

        Raises one of domain.errors.MessageRefused, IdempotencyKeyReused or NotAcceptingNow; then
        nothing was stored or charged.
        """
        draft = draft_message(
            request,
            space_id=space_id,
            environment=environment,
            table=self._routes.table,
            rules=self._rules,
            message_id=self._ids.make(now),
            reference=next(self._references),
            now=now,
        )
        stored = await self._intake.store(draft)
        if isinstance(stored, Replayed):
            first = await self._reader.get(space_id, stored.message_id, now)
            assert first is not None, "a remembered key names a message that exists"
            return Acceptance(first, replayed=True)
        return Acceptance(draft.view(), replayed=False)


def draft_message(
    request: SendRequest,
    *,
    space_id: int,
    environment: Environment,
    table: RouteTable,
    rules: AcceptRules,
    message_id: bytes,
    reference: int,
    now: datetime,
) -> Draft:
    """Apply every rule but credit; raises the first refusal in the contract's order."""
    phone = parse_mobile(request.recipient)
    require_country(phone, request.market)
    sender = parse_sender(request.sender, rules.default_sender)
    segmentation = _segments(request, rules)
    callback = parse_callback(request.callback) if request.callback is not None else None
    quote = table.quote(environment, phone.country)
    if quote is None:
        raise NoRoute(
            f"no route is configured to {phone.country} in {environment}: "
            "nothing was charged; an operator can add one with `staffetta connector add`"
        )
    return Draft(
        space_id=space_id,
        id=message_id,
        market=request.market,
        class_=CLASS_NORMAL,
        priority=PRIORITY_NORMAL,
        sender=sender,
        phone=phone,
        text=request.text,
        encoding=segmentation.encoding,
        characters_count=segmentation.characters_count,
        segment_count=len(segmentation.parts),
        reference=reference,
        quote=quote,
        dry_run=request.dry_run,
        options={
            "dryRun": request.dry_run,
            "failOnMultipleMessages": request.fail_on_multiple_segments,
        },
        callback=callback,
        idempotency=request.idempotency,
        now=now,
        expires_at=now + rules.time_to_live,
    )


def _segments(request: SendRequest, rules: AcceptRules) -> Segmentation:
    if not request.text:
        raise InvalidText("the message is empty: write at least one character")
    segmentation = segment_text(request.text)
    count = len(segmentation.parts)
    if count > rules.segments_max:
        raise InvalidText(
            f"the message needs {count} segments ({segmentation.characters_count} characters in "
            f"{segmentation.encoding}), and {rules.segments_max} are the most"
        )
    if request.fail_on_multiple_segments and count > 1:
        raise TooManySegments(
            f"the message needs {count} segments ({segmentation.characters_count} characters in "
            f"{segmentation.encoding}), and failOnMultipleMessages allows one"
        )
    return segmentation


def rolling_references() -> Iterator[int]:
    """References for concatenation, 0 to 255 in turn from a random start.

    Two long texts to one phone collide only when 256 others of this process came between them.
    """
    start = secrets.randbelow(256)
    return ((start + step) % 256 for step in itertools.count())
