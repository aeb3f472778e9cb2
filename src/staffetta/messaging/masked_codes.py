"""Texts that carry a one-time code: kept without it, put together again only to be sent.

A text is stored with as many asterisks as the code has characters, and the code beside it, sealed
with the server's key. An asterisk takes one septet, as every character of a code does, so both
texts are cut into the same segments. Texts of codes hold no other asterisk (see otp/texts).
"""

from typing import Final

import msgspec

from staffetta.domain.secrets import Keyring

MASK: Final = "*"


class SentCode(msgspec.Struct, frozen=True):
    """A code in the text of a message whose id was made beforehand."""

    message_id: bytes
    code: str
    sealed: bytes  # by seal_code


def seal_code(keyring: Keyring, space_id: int, message_id: bytes, code: str) -> SentCode:
    """The code of a message, sealed for that message alone."""
    sealed = keyring.seal(code.encode(), sent_code_purpose(space_id, message_id))
    return SentCode(message_id, code, sealed)


def mask_code(text: str, code: str) -> str:
    """The text as it is stored and shown."""
    assert text.count(code) == 1, "a code stands in its text once"
    return text.replace(code, MASK * len(code))


def unmask_code(
    keyring: Keyring, space_id: int, message_id: bytes, masked: str, sealed: bytes
) -> str:
    """The text as it is sent; raises domain.secrets.CannotUnseal."""
    code = keyring.unseal(sealed, sent_code_purpose(space_id, message_id)).decode()
    return masked.replace(MASK * len(code), code)


def sent_code_purpose(space_id: int, message_id: bytes) -> bytes:
    """What a sealed code is bound to: it opens for its own message alone."""
    return b"message.sealed_code:%d:" % space_id + message_id
