"""Recipients as rows: read, checked, filled in, priced, one after the other.

Pure, and lazy: a hundred thousand recipients are never in memory as rows. Nothing here refuses the
whole message but forbidden words; what cannot be sent is kept with the reason, and what is no
number is listed as invalid (contract section 4). Owns also what a message is refused for that
nobody could get.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import Final

import msgspec

from staffetta.accounts.terms import Terms as AccountTerms
from staffetta.compliance.words import Finding
from staffetta.domain.dashed_numbers import parse_dashed
from staffetta.domain.environments import Environment
from staffetta.domain.errors import (
    InvalidRecipient,
    InvalidText,
    MessageRefused,
    NoRoute,
    PriceChanged,
    SenderNotApproved,
)
from staffetta.domain.ids import IdMaker
from staffetta.domain.money import format_amount
from staffetta.domain.phones import Phone
from staffetta.domain.segments import segment_text
from staffetta.domain.states import State
from staffetta.messaging.bulk.errors import NoRecipient, TooManyRecipients
from staffetta.messaging.bulk.request import NEVER, THOUSAND, Agreed, Recipients, Terms
from staffetta.messaging.inspection import Circumstances
from staffetta.routing.table import Quote

COLUMNS: Final = (
    *("space_id", "id", "message_id", "position", "number", "country", "calling_code", "state"),
    *("class", "priority", "turn", "connector_id", "segment_count", "price_micro"),
    *("charged_micro", "callback_host", "due_at", "expires_at", "updated_at", "fields"),
    *("refused_as", "sent_at", "delivered_at"),
)
FIELDS_BYTES_MAX: Final = 4096
INVALID_LISTED_MAX: Final = 1000  # of one message; all are counted
_SHOWN_MAX: Final = 100  # characters of what is listed as invalid

# Why a recipient is stored rejected: v1's names (contract section 4, "Status vocabulary").
NO_ROUTE: Final = "REJECTED_ROUTE_NOT_AVAILABLE"
NOT_ALLOWED: Final = "REJECTED_DESTINATION"
SENDER_NOT_APPROVED: Final = "REJECTED_SENDER"
TOO_LONG: Final = "REJECTED_MESSAGE_TOO_LONG"
EMPTY: Final = "UNDELIVERABLE_NOT_SENT"

# Which of them refuses a message that nobody can get: the first, in the contract's order of checks
# on a send (section 2).
_NOBODY: Final[Mapping[str, tuple[type[MessageRefused], str]]] = {
    SENDER_NOT_APPROVED: (
        SenderNotApproved,
        "'sender' is not approved for the country of any recipient that could be sent to",
    ),
    TOO_LONG: (InvalidText, "'body', filled in, needs too many segments for every recipient"),
    EMPTY: (InvalidText, "'body' is empty when it is filled in for the recipients"),
    NOT_ALLOWED: (NoRecipient, "'recipients' are in countries that this account may not send to"),
    NO_ROUTE: (
        NoRoute,
        "no route is configured to any of the recipients: nothing was charged",
    ),
}

Row = tuple[object, ...]


class Counts(msgspec.Struct):
    """What the rows of a request came to. Money in micro-units."""

    recipient_count: int = 0
    sendable_count: int = 0
    segment_total: int = 0
    base_micro: int = 0
    price_micro: int = 0
    invalid_total: int = 0
    invalid: list[str] = msgspec.field(default_factory=list)  # the first of them
    states: dict[State, int] = msgspec.field(default_factory=dict)
    refused_as: set[str] = msgspec.field(default_factory=set)  # why some are stored rejected
    turns: dict[int, int] = msgspec.field(
        default_factory=dict
    )  # the newest, by connector that takes some
    finding: Finding | None = None  # forbidden words: no row follows


class _Way(msgspec.Struct, frozen=True):
    """How a country is reached, or why not."""

    quote: Quote | None
    refused_as: str | None


class RowMaker:
    """Makes the rows of one request; `counts` is complete when they are all made."""

    def __init__(
        self,
        terms: Terms,
        environment: Environment,
        account: AccountTerms,
        circumstances: Circumstances,
        ids: IdMaker,
        *,
        turns: Mapping[int, int],
        time_to_live: timedelta,
        recipients_max: int,
        first_position: int = 0,
    ) -> None:
        self.counts = Counts()
        self._turns = dict(turns)
        self._terms = terms
        self._environment = environment
        self._account = account
        self._circumstances = circumstances
        self._ids = ids
        self._position = first_position
        self._recipients_max = recipients_max
        self._due_at = NEVER if terms.is_open else max(terms.due_at or terms.now, terms.now)
        self._expires_at = NEVER if terms.is_open else self._due_at + time_to_live
        self._live_state = _first_state(terms)
        self._ways: dict[str, _Way] = {}
        self._texts: dict[str, int | str] = {}
        self._clean_in: set[str] = set()

    def rows(self, recipients: Recipients, taken: set[str]) -> Iterator[Row | None]:
        """For each item its row, or None for one that makes none; `taken` are numbers had already.

        A repeated number is left out silently. Ends early when forbidden words were found. Raises
        TooManyRecipients.
        """
        for item in bounded(recipients.items, self._recipients_max):
            phone, fields = self._read(item)
            if phone is None or phone.e164 in taken:
                yield None
                continue
            taken.add(phone.e164)
            if self._position >= self._recipients_max:
                raise too_many(self._recipients_max)
            row = self._row(phone, fields)
            if self.counts.finding is not None:
                return
            yield row

    def _read(self, item: object) -> tuple[Phone | None, Mapping[str, object] | None]:
        number: object = item
        fields: object = None
        if isinstance(item, dict):
            number, fields = item.get("number"), item.get("fields")
        if not isinstance(number, str) or not _are_fields(fields):
            self._note_invalid(item)
            return None, None
        try:
            phone = parse_dashed(number.strip())
        except InvalidRecipient:
            self._note_invalid(number)
            return None, None
        return phone, fields if isinstance(fields, dict) and fields else None

    def _note_invalid(self, item: object) -> None:
        counts = self.counts
        counts.invalid_total += 1
        if len(counts.invalid) < INVALID_LISTED_MAX:
            counts.invalid.append(shown(item))

    def _row(self, phone: Phone, fields: Mapping[str, object] | None) -> Row:
        terms, counts = self._terms, self.counts
        segments = self._segments(terms.body.fill(fields), phone.country)
        way = self._way(phone.country)
        refused_as = way.refused_as
        if isinstance(segments, str):
            refused_as, segments = refused_as or segments, 0
        price_micro = share_micro = turn = 0
        connector_id = None
        if refused_as is not None:
            counts.refused_as.add(refused_as)
        elif way.quote is not None:
            price_micro, connector_id = way.quote.price_micro, way.quote.connector_id
            base_micro = 0 if terms.is_test else price_micro * segments
            share_micro = share_of(base_micro, terms.priority, terms.factor)
            turn = self._turns.get(connector_id, 0) + segments
            self._turns[connector_id] = counts.turns[connector_id] = turn
            counts.base_micro += base_micro
            counts.price_micro += share_micro
            counts.sendable_count += 1
        counts.recipient_count += 1
        counts.segment_total += segments
        position, self._position = self._position, self._position + 1
        state = _refused_state(refused_as) if refused_as else self._live_state
        counts.states[state] = counts.states.get(state, 0) + 1
        arrived_at = terms.now if state is State.DELIVERED else None
        return (
            *(terms.space_id, self._ids.make(terms.now), terms.message_id, position),
            *(phone.e164, phone.country, phone.calling_code, state, terms.class_, terms.priority),
            *(turn, connector_id, segments, price_micro, 0 if terms.is_open else share_micro),
            *(terms.callback_host, self._due_at, self._expires_at, terms.now, fields, refused_as),
            *(arrived_at, arrived_at),
        )

    def _segments(self, text: str, country: str) -> int | str:
        """How many segments a text has, or why it cannot be sent; looks for forbidden words too."""
        is_plain = self._terms.body.is_plain
        found = self._texts.get(text) if is_plain else None
        if found is None:
            found = _cut(text, self._circumstances.segments_max)
            if is_plain:
                self._texts[text] = found
        # A text that is too long is not sent, and looking through it could take seconds.
        if isinstance(found, int) and not (is_plain and country in self._clean_in):
            words, sender = self._circumstances.words, self._terms.sender
            self.counts.finding = words.find(text, sender, country)
            self._clean_in.add(country)
        return found

    def _way(self, country: str) -> _Way:
        way = self._ways.get(country)
        if way is None:
            way = self._ways[country] = self._find_way(country)
        return way

    def _find_way(self, country: str) -> _Way:
        allowed = self._account.countries_allowed
        if allowed is not None and country not in allowed:
            return _Way(None, NOT_ALLOWED)
        terms, circumstances = self._terms, self._circumstances
        if circumstances.senders.refusal(terms.space_id, country, terms.sender) is not None:
            return _Way(None, SENDER_NOT_APPROVED)
        quote = circumstances.table.quote(self._environment, country)
        return _Way(quote, NO_ROUTE if quote is None else None)


def bounded(items: Iterable[object], items_max: int) -> Iterator[object]:
    """The items, as many as a message may have recipients; then it raises TooManyRecipients."""
    for count, item in enumerate(items):
        if count == items_max:
            raise too_many(items_max)
        yield item


def too_many(recipients_max: int) -> TooManyRecipients:
    """What a message with more recipients is refused with."""
    return TooManyRecipients(
        f"'recipients' would be more than {recipients_max}, and a message may have no more"
    )


def require_sendable(
    sendable_count: int, refused_as: AbstractSet[str], first_invalid: str | None
) -> None:
    """Raise the MessageRefused of a message that goes to nobody."""
    if sendable_count:
        return
    for reason, (kind, sentence) in _NOBODY.items():
        if reason in refused_as:
            raise kind(sentence)
    raise NoRecipient(
        "'recipients' holds no valid number: write them like +39-3331234567"
        + (f", not {first_invalid}" if first_invalid else "")
    )


def require_agreed(agreed: Agreed | None, counts: Counts) -> None:
    """Raise PriceChanged where it comes to something else than was agreed to; less is fine."""
    if agreed is None:
        return
    if counts.sendable_count != agreed.sendable_count or counts.price_micro > agreed.price_micro:
        raise PriceChanged(
            f"{agreed.sendable_count} recipients for {format_amount(agreed.price_micro)} were"
            f" agreed to, and it is {counts.sendable_count} for {format_amount(counts.price_micro)}"
        )


def share_of(base_micro: int, priority: int, factor: int) -> int:
    """What a recipient costs with priority and options, rounded to the micro-unit."""
    return (base_micro * priority * factor + THOUSAND * THOUSAND // 2) // (THOUSAND * THOUSAND)


def _first_state(terms: Terms) -> State:
    if terms.is_open:
        return State.SCHEDULED
    if terms.is_test:
        return State.DELIVERED
    return State.SCHEDULED if terms.due_at and terms.due_at > terms.now else State.QUEUED


def _refused_state(refused_as: str) -> State:
    """Nothing was refused where a text came out empty: there was nothing to send."""
    return State.UNDELIVERABLE if refused_as == EMPTY else State.REJECTED


def _cut(text: str, segments_max: int) -> int | str:
    if not text:
        return EMPTY
    try:
        count = len(segment_text(text).parts)
    except InvalidText:
        return TOO_LONG
    return count if count <= segments_max else TOO_LONG


def _are_fields(fields: object) -> bool:
    """An object of a bounded size, or nothing: PHP writes an empty one as `[]`."""
    if fields is None or fields == []:
        return True
    return isinstance(fields, dict) and len(msgspec.json.encode(fields)) <= FIELDS_BYTES_MAX


def number_of(item: object) -> str | None:
    """The number that an item of a request names, in E.164; None where it names none."""
    number = item.get("number") if isinstance(item, dict) else item
    if not isinstance(number, str):
        return None
    try:
        return parse_dashed(number.strip()).e164
    except InvalidRecipient:
        return None


def shown(item: object) -> str:
    """An item that is no recipient, as it is listed."""
    text = item if isinstance(item, str) else msgspec.json.encode(item).decode()
    return text[:_SHOWN_MAX]
