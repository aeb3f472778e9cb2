"""Everything a send request is checked for and computed from, before any SQL.

Pure: the operator's lists are snapshots, the account's terms a value. An inspection does not stop
at the first refusal, so that `explain` can show them all; acceptance raises the first. They come in
the contract's order (section 2): recipient, market, sender, text, segments, callback, forbidden
words, guards, route. Credit, and the rates that guard one-time passwords, are asked in the
transaction.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final

import msgspec

from staffetta.accounts.terms import Terms
from staffetta.accounts.token_limits import TokenAllowance
from staffetta.callbacks.addresses import AllowedNetworks
from staffetta.callbacks.target import CallbackTarget, parse_callback
from staffetta.compliance.senders import SenderRules
from staffetta.compliance.words import Finding, ForbiddenList
from staffetta.domain.environments import Environment, Market
from staffetta.domain.errors import (
    ForbiddenWords,
    GuardRefused,
    InvalidText,
    MessageRefused,
    NoRoute,
    SenderNotApproved,
    TooManySegments,
)
from staffetta.domain.phones import Phone, parse_mobile, require_country
from staffetta.domain.segments import Segmentation, segment_text
from staffetta.domain.senders import DEFAULT_SENDER, parse_sender
from staffetta.messaging.draft import IdempotencyKey
from staffetta.messaging.masked_codes import SentCode, mask_code
from staffetta.routing.table import Quote, RouteTable

SEGMENTS_MAX: Final = 10
SEND_AHEAD_MAX: Final = timedelta(days=30)  # how far ahead a message may be due
_OF_OPERATOR: Final = "an operator can add one with `staffetta connector add`"


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
    send_at: datetime | None = None  # None: now
    price_max_micro: int | None = None  # what was agreed to; None: whatever it costs
    code: SentCode | None = None  # a one-time password: urgent, guarded, masked when stored


class Space(msgspec.Struct, frozen=True):
    """Whose message it is."""

    id: int
    environment: Environment
    terms: Terms
    allowance: TokenAllowance | None = None  # what its token may spend; None: no limit of its own


class Circumstances(msgspec.Struct, frozen=True):
    """What an inspection looks at besides the request: as it is at this moment."""

    table: RouteTable
    words: ForbiddenList
    senders: SenderRules
    networks: AllowedNetworks
    segments_max: int = SEGMENTS_MAX
    default_sender: str = DEFAULT_SENDER


class Refusals(list[MessageRefused]):
    """Gathers what the checks made `with` it refuse."""

    def __enter__(self) -> None:
        """A check begins."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        """Note a refusal; anything else goes on its way."""
        if isinstance(error, MessageRefused):
            self.append(error)
            return True
        return False


class Inspection(msgspec.Struct):
    """What was found. A field is None where a refusal, or one before it, left nothing to tell."""

    refusals: Refusals
    phone: Phone | None = None
    sender: str | None = None
    segmentation: Segmentation | None = None
    callback: CallbackTarget | None = None
    finding: Finding | None = None
    quote: Quote | None = None


def inspect(request: SendRequest, space: Space, circumstances: Circumstances) -> Inspection:
    """Check a request against everything but credit and rates."""
    found = Inspection(Refusals())
    with found.refusals:
        found.phone = parse_mobile(request.recipient)
        require_country(found.phone, request.market)
    with found.refusals:
        found.sender = parse_sender(request.sender, circumstances.default_sender)
        _require_approval(found, request, space, circumstances)
    with found.refusals:
        found.segmentation = _cut(request.text)
        _require_few_segments(found.segmentation, request, circumstances.segments_max)
    if request.callback is not None:
        with found.refusals:
            found.callback = parse_callback(request.callback, circumstances.networks)
    with found.refusals:
        _look_for_words(found, request, circumstances)
    if found.phone is not None:
        with found.refusals:
            _require_allowed_country(found.phone, space.terms)
        with found.refusals:
            found.quote = _quote(found.phone, space, circumstances.table)
    return found


def _require_approval(
    found: Inspection, request: SendRequest, space: Space, circumstances: Circumstances
) -> None:
    # The sender of one-time passwords is the operator's own.
    if found.phone is None or found.sender is None or request.code is not None:
        return
    sentence = circumstances.senders.refusal(space.id, found.phone.country, found.sender)
    if sentence is not None:
        raise SenderNotApproved(sentence)


def _cut(text: str) -> Segmentation:
    if not text:
        raise InvalidText("the message is empty: write at least one character")
    return segment_text(text)


def _require_few_segments(
    segmentation: Segmentation, request: SendRequest, segments_max: int
) -> None:
    if len(segmentation.parts) > segments_max:
        raise InvalidText(f"{_size(segmentation)}, and {segments_max} are the most")
    if request.fail_on_multiple_segments and len(segmentation.parts) > 1:
        raise TooManySegments(f"{_size(segmentation)}, and failOnMultipleMessages allows one")


def _size(segmentation: Segmentation) -> str:
    return (
        f"the message needs {len(segmentation.parts)} segments "
        f"({segmentation.characters_count} characters in {segmentation.encoding})"
    )


def _look_for_words(found: Inspection, request: SendRequest, circumstances: Circumstances) -> None:
    if found.phone is None or found.sender is None or found.segmentation is None:
        return
    # A text that was refused as too long may be as long as a body: the search would take seconds.
    if len(found.segmentation.parts) > circumstances.segments_max:
        return
    code = request.code
    # A random code is nobody's word.
    text = request.text if code is None else mask_code(request.text, code.code)
    found.finding = circumstances.words.find(text, found.sender, found.phone.country)
    if found.finding is not None:
        charged_at_once = request.market.charges_on_acceptance and not request.dry_run
        raise ForbiddenWords(
            f"the message was refused: {found.finding.reason}", charged_at_once=charged_at_once
        )


def _require_allowed_country(phone: Phone, terms: Terms) -> None:
    allowed = terms.countries_allowed
    if allowed is not None and phone.country not in allowed:
        raise GuardRefused(
            f"the account may not send to {phone.country}: its guard allows "
            f"{', '.join(sorted(allowed)) or 'no country'}"
        )


def _quote(phone: Phone, space: Space, table: RouteTable) -> Quote:
    quote = table.quote(space.environment, phone.country)
    if quote is None:
        raise NoRoute(
            f"no route is configured to {phone.country} in {space.environment}: "
            f"nothing was charged; {_OF_OPERATOR}"
        )
    return quote
