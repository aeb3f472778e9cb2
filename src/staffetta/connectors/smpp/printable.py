"""Octets of a carrier as text that can be stored and shown: any octets, always the same text."""

from typing import Final

_CHARACTERS_MAX: Final = 255  # four times what the specification allows any id


def printable(octets: bytes) -> str:
    """The octets as Latin-1, what cannot be shown as \\xNN; cut at 255 characters."""
    return printable_text(octets.decode("latin-1"))


def printable_text(text: str) -> str:
    """The text with what cannot be shown or stored as \\xNN; cut at 255 characters."""
    if len(text) <= _CHARACTERS_MAX and text.isprintable():
        return text
    text = text[:_CHARACTERS_MAX]
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)[:_CHARACTERS_MAX]
