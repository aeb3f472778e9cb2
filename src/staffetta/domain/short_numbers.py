"""Phone numbers as strangers may see them: enough to know one's own again, too little to call."""

from typing import Final

_FIRST: Final = 4  # digits that say the country and the network
_LAST: Final = 2


def short_number(written: str) -> str:
    """A number without its middle, as long as before: +393331234567 gives +3933******67.

    Names stay whole, and so do short codes.
    """
    plus, digits = ("+", written[1:]) if written.startswith("+") else ("", written)
    hidden_count = len(digits) - _FIRST - _LAST
    if hidden_count <= 0 or not (digits.isascii() and digits.isdigit()):
        return written
    return f"{plus}{digits[:_FIRST]}{'*' * hidden_count}{digits[-_LAST:]}"
