"""What the form for many says: how a file is read, and what is sent to its numbers."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Final

import msgspec

from staffetta.console.forms import Form
from staffetta.console.pages.account.send_form import new_key, read_key, read_send_at, read_text
from staffetta.domain.epochs import to_milliseconds
from staffetta.domain.senders import parse_v1_sender
from staffetta.domain.templates import Template
from staffetta.domain.written_numbers import countries
from staffetta.messaging.bulk.request import THOUSAND, BulkRequest, Recipients
from staffetta.messaging.draft import IdempotencyKey
from staffetta.messaging.recipient_files.items import FileRecipients, Mapped
from staffetta.messaging.recipient_files.read import COLUMNS_MAX, layout_of
from staffetta.messaging.recipient_files.store import RecipientFile

_PATH: Final = "/console/send/many"  # what idempotency keys of the form are told apart by
SEPARATORS: Final[Mapping[str, str]] = {"semicolon": ";", "comma": ",", "tab": "\t"}


@dataclass(frozen=True, slots=True)
class TypedMany:
    """A message to many as somebody typed it."""

    separator: str = "semicolon"
    heading: str = ""
    column: str = "0"
    country: str = ""
    sender: str = ""
    text: str = ""
    send_at: str = ""
    send_at_utc: str = ""
    flash: str = ""
    row: str = "1"  # the one that is shown
    key: str = ""

    def again(self) -> "TypedMany":
        """The same, as a form that was not sent yet."""
        return replace(self, key=new_key())

    def fields(self) -> dict[str, str]:
        """By the names of the form."""
        return asdict(self)


def guess(file: RecipientFile, country: str) -> TypedMany:
    """How a file is most likely written; `country` is that of numbers without one."""
    layout = layout_of(file.text)
    names = {separator: name for name, separator in SEPARATORS.items()}
    return TypedMany(
        separator=names[layout.separator],
        heading="yes" if layout.has_heading else "",
        column=str(layout.number_column),
        country=country,
        key=new_key(),
    )


def read_many(form: Form) -> TypedMany:
    """What was typed; what no form of ours can say becomes what it says at first."""
    separator, country = form.text("separator", 10), form.text("country", 2).upper()
    return TypedMany(
        separator=separator if separator in SEPARATORS else "semicolon",
        heading=form.text("heading", 4),
        column=_number(form.text("column", 4), COLUMNS_MAX),
        country=country if country in countries() else "",
        sender=form.text("sender", 60),
        text=read_text(form),
        send_at=form.text("send_at", 40),
        send_at_utc=form.text("send_at_utc", 40),
        flash=form.text("flash", 4),
        row=_number(form.text("row", 7), 10_000_000, least=1),
        key=read_key(form),
    )


def _number(typed: str, most: int, least: int = 0) -> str:
    is_number = typed.isascii() and typed.isdecimal()
    return str(min(max(int(typed), least), most)) if is_number else str(least)


def mapped(file: RecipientFile, typed: TypedMany) -> Mapped:
    """How the file becomes recipients."""
    return Mapped(
        text=file.text,
        separator=SEPARATORS[typed.separator],
        has_heading=bool(typed.heading),
        number_column=int(typed.column),
        country=typed.country or None,
        wanted=frozenset(Template(typed.text).names),
    )


def request_to_many(
    file: RecipientFile, typed: TypedMany, default_sender: str, now: datetime
) -> BulkRequest:
    """What v1 would be asked; raises InvalidSender and WrongTime."""
    due_at = read_send_at(typed.send_at, typed.send_at_utc, now)
    said = msgspec.json.encode([file.id.hex(), typed.fields()])
    hashed = hashlib.sha256(said).digest()
    return BulkRequest(
        sender=parse_v1_sender(typed.sender or default_sender),
        body=Template(typed.text),
        recipients=Recipients(FileRecipients(mapped(file, typed), file.row_count)),
        priority=THOUSAND,
        factor=THOUSAND,
        is_test=False,
        is_open=False,
        flash=bool(typed.flash),
        realtime=False,
        due_at=due_at,
        options={
            "bulk": False,
            "flash": bool(typed.flash),
            "realtime": False,
            "timestamp_send": to_milliseconds(due_at or now),
        },
        callback=None,
        idempotency=IdempotencyKey(_PATH, typed.key, hashed) if typed.key else None,
    )
