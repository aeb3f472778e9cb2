"""Addresses: which type of number and numbering plan a sender or a destination goes under.

The specification leaves the choice open and carriers differ, so the choice is a value that can be
set for each carrier; the defaults are what most of them document.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from staffetta.smpp.constants import NumberingPlan, TypeOfNumber
from staffetta.smpp.errors import InvalidField

ALPHANUMERIC_OCTETS_MAX: Final = 11
_SHORT_CODE_DIGITS_MAX: Final = 6


class Numbering(NamedTuple):
    """TON and NPI."""

    ton: int
    npi: int


class Address(NamedTuple):
    """An address as a PDU holds it."""

    ton: int
    npi: int
    value: bytes


_ALPHANUMERIC: Final = Numbering(TypeOfNumber.ALPHANUMERIC, NumberingPlan.UNKNOWN)
_INTERNATIONAL: Final = Numbering(TypeOfNumber.INTERNATIONAL, NumberingPlan.ISDN)
_SHORT_CODE: Final = Numbering(TypeOfNumber.NETWORK_SPECIFIC, NumberingPlan.UNKNOWN)


@dataclass(frozen=True, slots=True)
class AddressRules:
    """What one carrier wants to see."""

    alphanumeric: Numbering = _ALPHANUMERIC
    international: Numbering = _INTERNATIONAL
    short_code: Numbering = _SHORT_CODE

    def source(self, sender: str) -> Address:
        """The address of a sender: a name, a number or a short code; raises InvalidField."""
        if not sender.isascii() or "\0" in sender:
            raise InvalidField("source_addr", "may hold ASCII without NUL alone")
        digits = sender.removeprefix("+")
        if not digits.isdigit():
            return self._name(sender)
        is_short = digits == sender and len(digits) <= _SHORT_CODE_DIGITS_MAX
        return Address(*(self.short_code if is_short else self.international), digits.encode())

    def _name(self, sender: str) -> Address:
        if not 0 < len(sender) <= ALPHANUMERIC_OCTETS_MAX:
            raise InvalidField("source_addr", f"has not 1 to 11 characters: {len(sender)}")
        return Address(*self.alphanumeric, sender.encode())

    def destination(self, number: str) -> Address:
        """The address of a number in E.164, with or without its plus; raises InvalidField."""
        digits = number.removeprefix("+")
        if not (digits.isascii() and digits.isdigit()):
            raise InvalidField("destination_addr", f"is not a number: {number!r}")
        return Address(*self.international, digits.encode())
