"""Sender IDs: the name or number an SMS says it is from.

Owns: what v2 takes as a sender (contract section 5, codes 2021 and 2024), and what v1 does (section
4). How a sender is typed on the wire (TON, NPI) is SMPP's business; where one must be approved is
compliance's.
"""

import re
from typing import Final

from staffetta.domain.errors import InvalidSender, NumericSender

SENDER_LENGTH_MIN: Final = 3
SENDER_LENGTH_MAX: Final = 11
SENDER_DIGITS_MAX: Final = 14
DEFAULT_SENDER: Final = "Openapi"
_NUMERIC: Final = re.compile(r"[0-9]+")
_PRINTABLE: Final = re.compile(r"[ -~]+")
_ALPHANUMERIC: Final = re.compile(r"[A-Za-z0-9 ]{3,11}")


def parse_sender(raw: str | None, default: str = DEFAULT_SENDER) -> str:
    """The sender to use: `default` for null and for the empty text.

    Raises NumericSender for digits alone, however many, for that is the rule such a sender breaks
    at any length; InvalidSender for everything else that is not 3 to 11 ASCII letters, digits and
    spaces, and for spaces alone, which no phone could show.
    """
    if raw is None or raw == "":
        return default
    if _NUMERIC.fullmatch(raw):
        raise NumericSender("the sender is purely numeric: it needs at least one letter")
    if _ALPHANUMERIC.fullmatch(raw) is None:
        raise InvalidSender(_what_is_wrong(raw))
    if raw.isspace():
        raise InvalidSender("the sender is made of spaces alone: it needs at least one letter")
    return raw


def _what_is_wrong(raw: str) -> str:
    expected = (
        f"use {SENDER_LENGTH_MIN} to {SENDER_LENGTH_MAX} unaccented letters, digits and spaces"
    )
    if SENDER_LENGTH_MIN <= len(raw) <= SENDER_LENGTH_MAX:
        return f"the sender holds a character that is not allowed: {expected}"
    return f"the sender has {len(raw)} characters: {expected}"


def parse_v1_sender(raw: str, *, cuts: bool = False) -> str:
    """The sender that v1 takes: 3 to 14 digits, or 3 to 11 other characters (contract section 4).

    A longer one is refused, or cut where `cuts` says so. Raises InvalidSender.
    """
    sender = raw.strip()
    is_number = _NUMERIC.fullmatch(sender.removeprefix("+")) is not None
    if is_number:
        sender = sender.removeprefix("+")
    longest = SENDER_DIGITS_MAX if is_number else SENDER_LENGTH_MAX
    if cuts:
        sender = sender[:longest]
    if not SENDER_LENGTH_MIN <= len(sender) <= longest or _PRINTABLE.fullmatch(sender) is None:
        raise InvalidSender(
            f"'sender' has {SENDER_LENGTH_MIN} to {SENDER_LENGTH_MAX} printable ASCII characters,"
            f" or {SENDER_LENGTH_MIN} to {SENDER_DIGITS_MAX} digits"
        )
    return sender
