"""Money: integer micro-units of a currency (1 EUR = 1,000,000), never floating point.

Decimal text is read and written here alone, at the edges; inside, amounts are plain integers whose
names end in `_micro`.
"""

import re
from decimal import Decimal, InvalidOperation
from typing import Final

MICRO: Final = 1_000_000
# A bigint holds 9.2e18; a single amount stays far below, so that no sum in SQL can overflow.
AMOUNT_MICRO_MAX: Final = 10**15

# What every sandbox wallet starts with, and is brought back to daily (contract section 1).
SANDBOX_CREDIT_MICRO: Final = 1_000 * MICRO

_PERHAPS_THOUSANDS: Final = re.compile(r"[1-9]\d*,\d{3}(?!\d)")


class InvalidAmount(ValueError):
    """Text that is not an amount of money this product can hold."""


def parse_amount(text: str) -> int:
    """Micro-units of a decimal amount such as "0.03"; raises InvalidAmount.

    More than six decimals is refused rather than rounded: rounding happens in quotes alone.
    """
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise InvalidAmount(f"{text!r} is not an amount: write it like 10 or 0.035") from None
    if not value.is_finite() or abs(value) * MICRO > AMOUNT_MICRO_MAX:
        raise InvalidAmount(f"{text!r} is outside the amounts that can be kept")
    micro = value * MICRO
    if micro != micro.to_integral_value():
        raise InvalidAmount(f"{text!r} has more than six decimals")
    return int(micro)


def parse_typed_amount(text: str) -> int:
    """Micro-units of an amount as people type it: "0,50" is "0.50"; raises InvalidAmount.

    "1,000" is a thousand to some and one to others: it is refused.
    """
    if _PERHAPS_THOUSANDS.search(text):
        raise InvalidAmount(f"{text!r} can be read in two ways: write it like 1000 or 1.00")
    return parse_amount(text.replace(",", "."))


def format_amount(micro: int) -> str:
    """The exact decimal of an amount, with at least two decimals: 30_000 gives "0.03"."""
    whole, fraction = divmod(abs(micro), MICRO)
    digits = f"{fraction:06d}".rstrip("0").ljust(2, "0")
    return f"{'-' if micro < 0 else ''}{whole}.{digits}"


def as_number(micro: int) -> float:
    """The amount as a JSON number. Doubles print their shortest decimal, so no noise is added."""
    return micro / MICRO
