"""Accepting a message: every rule that can refuse it, in the contract's order, then the intake.

The rules are pure (`inspection`); the wallet, bundles and rates are asked inside the transaction
that takes from them (`commit`). What comes before, authorization and the body's shape, is the
API's.
"""

import itertools
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from staffetta.callbacks.addresses import AllowedNetworks
from staffetta.compliance.senders import SenderRules
from staffetta.compliance.words import ForbiddenList
from staffetta.domain.environments import Environment
from staffetta.domain.errors import ForbiddenWords
from staffetta.domain.ids import IdMaker
from staffetta.domain.senders import DEFAULT_SENDER
from staffetta.messaging.draft import (
    CLASS_NORMAL,
    CLASS_URGENT,
    PRIORITY_NORMAL,
    Draft,
    Offence,
)
from staffetta.messaging.inspection import (
    SEGMENTS_MAX,
    Circumstances,
    Inspection,
    SendRequest,
    Space,
    inspect,
)
from staffetta.messaging.intake import Intake
from staffetta.messaging.masked_codes import mask_code
from staffetta.messaging.read import Reader
from staffetta.messaging.results import Replayed
from staffetta.messaging.view import MessageView
from staffetta.routing.table import Route, RouteTable


class AcceptRules(msgspec.Struct, frozen=True):
    """The settings that acceptance obeys."""

    segments_max: int = SEGMENTS_MAX
    default_sender: str = DEFAULT_SENDER
    time_to_live: timedelta = timedelta(hours=48)
    networks: AllowedNetworks = AllowedNetworks()


class Acceptance(msgspec.Struct, frozen=True):
    """A promise kept in the database: the message, or the earlier one of a repeated request."""

    message: MessageView
    replayed: bool
    paid_micro: int = 0  # charged or held now
    covered_count: int = 0  # segments that bundles pay for


class Snapshots(Protocol):
    """Where the newest lists of the operator are: the live ones, or a test's own."""

    @property
    def table(self) -> RouteTable:
        """The routes as they are now."""
        ...

    @property
    def words(self) -> ForbiddenList:
        """The forbidden words as they are now."""
        ...

    @property
    def senders(self) -> SenderRules:
        """Where senders need approval, and which have it."""
        ...


class Acceptor:
    """Takes send requests of this process to the intake."""

    def __init__(
        self, snapshots: Snapshots, intake: Intake, reader: Reader, rules: AcceptRules, ids: IdMaker
    ) -> None:
        self._snapshots = snapshots
        self._intake = intake
        self._reader = reader
        self._rules = rules
        self._ids = ids
        self._references = rolling_references()

    def inspect(self, space: Space, request: SendRequest) -> Inspection:
        """Check a request against everything but credit and rates, as things stand now."""
        return inspect(request, space, circumstances_of(self._snapshots, self._rules))

    def draft_to_price(
        self, space: Space, request: SendRequest, found: Inspection, now: datetime
    ) -> Draft | None:
        """What a request would be priced as, refused or not; None where too little is known.

        It is never stored: its id and reference are as good as any.
        """
        if found.phone is None or found.segmentation is None or found.quote is None:
            return None
        return make_draft(
            request,
            found,
            None,
            space=space,
            rules=self._rules,
            message_id=self._ids.make(now),
            reference=0,
            now=now,
        )

    def candidates(self, environment: Environment, country: str) -> list[Route]:
        """The routes that lead to a country now, best first."""
        return self._snapshots.table.candidates(environment, country)

    async def accept(self, space: Space, request: SendRequest, now: datetime) -> Acceptance:
        """Check, price and store a message: when this returns, it is durable.

        Raises one of domain.errors.MessageRefused, IdempotencyKeyReused, AccountBlocklisted or
        NotAcceptingNow; then nothing was stored or charged. The one exception is ForbiddenWords
        outside a dry run: the message is kept, rejected, and the account blocked.
        """
        found = self.inspect(space, request)
        draft = make_draft(
            request,
            found,
            offence_of(request, found),
            space=space,
            rules=self._rules,
            message_id=self._ids.make(now),
            reference=next(self._references),
            now=now,
        )
        stored = await self._intake.store(draft)
        if isinstance(stored, Replayed):
            first = await self._reader.first_answer(space.id, stored.message_id)
            assert first is not None, "a remembered key names a message that exists"
            return Acceptance(first, replayed=True)
        covered_count = stored.covered_count
        return Acceptance(
            draft.view(covered_count),
            replayed=False,
            paid_micro=draft.charge_micro(covered_count) + draft.hold_micro(covered_count),
            covered_count=covered_count,
        )


def circumstances_of(snapshots: Snapshots, rules: AcceptRules) -> Circumstances:
    """Everything a request is looked at beside, as things stand now."""
    return Circumstances(
        table=snapshots.table,
        words=snapshots.words,
        senders=snapshots.senders,
        networks=rules.networks,
        segments_max=rules.segments_max,
        default_sender=rules.default_sender,
    )


def make_draft(
    request: SendRequest,
    found: Inspection,
    offence: Offence | None,
    *,
    space: Space,
    rules: AcceptRules,
    message_id: bytes,
    reference: int,
    now: datetime,
) -> Draft:
    """A draft of what was found, whatever was refused; there must be a phone and segments."""
    assert found.phone is not None, "only a refusal leaves it out"
    assert found.segmentation is not None, "only a refusal leaves it out"
    code = request.code
    due_at = max(now, request.send_at or now)
    return Draft(
        space_id=space.id,
        id=message_id if code is None else code.message_id,
        market=request.market,
        class_=CLASS_NORMAL if code is None else CLASS_URGENT,
        priority=PRIORITY_NORMAL,
        sender=found.sender or "",
        phone=found.phone,
        text=request.text if code is None else mask_code(request.text, code.code),
        sealed_code=None if code is None else code.sealed,
        encoding=found.segmentation.encoding,
        characters_count=found.segmentation.characters_count,
        segment_count=len(found.segmentation.parts),
        reference=reference,
        quote=found.quote,
        dry_run=request.dry_run,
        offence=offence,
        options={
            "dryRun": request.dry_run,
            "failOnMultipleMessages": request.fail_on_multiple_segments,
        },
        callback=found.callback,
        idempotency=request.idempotency,
        terms=space.terms,
        now=now,
        due_at=due_at,
        expires_at=due_at + rules.time_to_live,
        price_max_micro=request.price_max_micro,
        allowance=space.allowance,
    )


def offence_of(request: SendRequest, found: Inspection) -> Offence | None:
    """What makes a request an offence: forbidden words, unless it is a dry run.

    Raises the first refusal that is none.
    """
    if not found.refusals:
        return None
    first = found.refusals[0]
    if not isinstance(first, ForbiddenWords) or request.dry_run:
        raise first
    assert found.finding is not None, "the refusal says what was found"
    return Offence(found.finding.reason, first)


def rolling_references() -> Iterator[int]:
    """References for concatenation, 0 to 255 in turn from a random start.

    Two long texts to one phone collide only when 256 others of this process came between them.
    """
    start = secrets.randbelow(256)
    return ((start + step) % 256 for step in itertools.count())
