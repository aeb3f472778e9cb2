"""The user data header: which part of a long message this is, and which language tables it uses.

The source is 3GPP TS 23.040 section 9.2.3.24. Owns the octets of headers; how a text is cut
belongs elsewhere.
"""

from typing import Final, NamedTuple

from staffetta.smpp.errors import InvalidField

_CONCATENATED_8_BIT: Final = 0x00
_CONCATENATED_16_BIT: Final = 0x08
_LOCKING_SHIFT: Final = 0x24
_SINGLE_SHIFT: Final = 0x25
PARTS_MAX: Final = 255


class Concatenation(NamedTuple):
    """Which part of which message."""

    reference: int
    total: int
    number: int  # from 1


class UserData(NamedTuple):
    """A payload taken apart: the header's elements (identifier and data), and what follows."""

    elements: tuple[tuple[int, bytes], ...]
    body: bytes


def concatenation_header(reference: int, total: int, number: int, *, wide: bool = False) -> bytes:
    """The header of one part; `wide` has a reference of 16 bits. Raises InvalidField."""
    if not 1 <= number <= total <= PARTS_MAX:
        raise InvalidField("number", f"{number} of {total} is no part of a message")
    if not 0 <= reference <= (0xFFFF if wide else 0xFF):
        raise InvalidField("reference", f"has too many bits: {reference}")
    if wide:
        return b"\x06\x08\x04%b%c%c" % (reference.to_bytes(2, "big"), total, number)
    return b"\x05\x00\x03%c%c%c" % (reference, total, number)


def user_data_header(
    part: Concatenation | None, *, wide: bool = False, locking: int = 0, single: int = 0
) -> bytes:
    """The header with all of these that say something; b"" for none. Raises InvalidField.

    `locking` and `single` are national language identifiers (TS 23.038 section 6.2.1.2.4).
    """
    elements = b"" if part is None else concatenation_header(*part, wide=wide)[1:]
    for identifier, language in ((_SINGLE_SHIFT, single), (_LOCKING_SHIFT, locking)):
        if language:
            elements += bytes((identifier, 1, language))
    return bytes((len(elements),)) + elements if elements else b""


def read_user_data(payload: bytes) -> UserData:
    """A payload with UDH_INDICATOR taken apart. What cannot be a header is all body."""
    end = 1 + payload[0] if payload else 1
    if end > len(payload):
        return UserData((), payload)
    elements = []
    at = 1
    while at + 2 <= end:
        identifier, size = payload[at], payload[at + 1]
        data_end = at + 2 + size
        if data_end > end:
            break
        elements.append((identifier, payload[at + 2 : data_end]))
        at = data_end
    return UserData(tuple(elements), payload[end:])


def read_concatenation(user_data: UserData) -> Concatenation | None:
    """Which part this is; None for a message in one part, or with an impossible number."""
    for identifier, data in user_data.elements:
        if identifier == _CONCATENATED_8_BIT and len(data) == 3:
            part = Concatenation(data[0], data[1], data[2])
        elif identifier == _CONCATENATED_16_BIT and len(data) == 4:
            part = Concatenation(int.from_bytes(data[:2], "big"), data[2], data[3])
        else:
            continue
        # TS 23.040 9.2.3.24.1: an element with impossible numbers is ignored.
        return part if 1 <= part.number <= part.total else None
    return None


def read_languages(user_data: UserData) -> tuple[int, int]:
    """The identifiers of the locking and the single shift table; 0 where none is named."""
    named = {
        identifier: data[0]
        for identifier, data in user_data.elements
        if identifier in {_LOCKING_SHIFT, _SINGLE_SHIFT} and len(data) == 1
    }
    return named.get(_LOCKING_SHIFT, 0), named.get(_SINGLE_SHIFT, 0)
