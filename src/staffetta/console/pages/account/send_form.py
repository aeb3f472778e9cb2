"""What the form for one message says, and what is asked of the gateway with it."""

import hashlib
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Final

import msgspec

from staffetta.console.forms import Form
from staffetta.console.languages import mark
from staffetta.domain.environments import Market
from staffetta.domain.errors import InvalidRecipient
from staffetta.domain.phones import parse_mobile
from staffetta.domain.written_numbers import e164_of
from staffetta.messaging.draft import IdempotencyKey
from staffetta.messaging.inspection import SEND_AHEAD_MAX, SendRequest

TEXT_CHARACTERS_MAX: Final = 50_000  # more than any message holds: the refusal says so
_PATH: Final = "/console/send"  # what idempotency keys of the form are told apart by
_KEY_CHARACTERS_MAX: Final = 64
_MARKETS: Final = frozenset({Market.ITALY.value, Market.SPAIN.value})


class WrongTime(ValueError):
    """A time to send at that cannot be read, or is too far ahead; its text is for people."""


@dataclass(frozen=True, slots=True)
class TypedMessage:
    """A message as somebody typed it."""

    recipient: str = ""
    sender: str = ""
    text: str = ""
    send_at: str = ""  # as the browser's field writes it
    send_at_utc: str = ""  # the same moment, where a script could tell the browser's offset
    one_segment: str = ""
    key: str = ""  # names the form: what is sent twice with it is sent once

    def again(self) -> "TypedMessage":
        """The same, as a form that was not sent yet."""
        return replace(self, key=new_key())

    def fields(self) -> dict[str, str]:
        """By the names of the form."""
        return asdict(self)


def new_key() -> str:
    """A name for a form."""
    return secrets.token_urlsafe(18)


def read_typed(form: Form) -> TypedMessage:
    """What was typed."""
    return TypedMessage(
        recipient=form.text("recipient", 60),
        sender=form.text("sender", 60),
        text=read_text(form),
        send_at=form.text("send_at", 40),
        send_at_utc=form.text("send_at_utc", 40),
        one_segment=form.text("one_segment", 4),
        key=read_key(form),
    )


def read_key(form: Form) -> str:
    """The form's name; "" for one that is none of ours."""
    key = form.text("key", _KEY_CHARACTERS_MAX)
    return key if key.isascii() and key.isprintable() else ""


def read_text(form: Form) -> str:
    """The text of a message: browsers end its lines with two characters, phones with one."""
    return form.text("text", TEXT_CHARACTERS_MAX).replace("\r\n", "\n")


def read_send_at(typed: str, typed_utc: str, now: datetime) -> datetime | None:
    """When to send; None is now, and so is what is past. Raises WrongTime.

    Without a script nobody knows the browser's offset: what was typed is UTC then.
    """
    if not typed:
        return None
    try:
        moment = datetime.fromisoformat(typed_utc or typed)
    except ValueError:
        raise WrongTime(mark("This is no date and time.")) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if moment > now + SEND_AHEAD_MAX:
        raise WrongTime(mark("A message can be planned 30 days ahead at most."))
    return moment if moment > now else None


def request_of(typed: TypedMessage, send_at: datetime | None, *, keeps_key: bool) -> SendRequest:
    """What the API would be asked, in the market of the recipient's country."""
    recipient = e164_of(typed.recipient) or typed.recipient
    asked = SendRequest(
        market=market_of(recipient),
        recipient=recipient,
        text=typed.text,
        sender=typed.sender or None,
        dry_run=False,
        fail_on_multiple_segments=bool(typed.one_segment),
        callback=None,
        idempotency=None,
        send_at=send_at,
    )
    if not (keeps_key and typed.key):
        return asked
    return msgspec.structs.replace(asked, idempotency=_key_of(typed))


def _key_of(typed: TypedMessage) -> IdempotencyKey:
    said = msgspec.json.encode(typed.fields())
    return IdempotencyKey(_PATH, typed.key, hashlib.sha256(said).digest())


def market_of(recipient: str) -> Market:
    """Italy's and Spain's numbers have a market of their own."""
    try:
        country = parse_mobile(recipient).country
    except InvalidRecipient:
        return Market.WORLD  # the refusal says what is wrong
    return Market(country) if country in _MARKETS else Market.WORLD
