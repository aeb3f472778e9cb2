"""The e-mail address that names an account: lower case, checked once, at the door."""

import re
from dataclasses import dataclass
from typing import Final, Self

from staffetta.accounts.errors import InvalidEmail

EMAIL_CHARACTERS_MAX: Final = 254  # RFC 5321, section 4.5.3.1.3, without the angle brackets
_LOCAL_CHARACTERS_MAX: Final = 64

# ASCII alone and no colon: the address is also the user name of HTTP Basic (RFC 7617, section 2).
_ADDRESS: Final = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Email:
    """A checked address."""

    text: str

    @classmethod
    def parse(cls, raw: str) -> Self:
        """The address in lower case, without surrounding blanks; raises InvalidEmail."""
        text = raw.strip().lower()
        fits = len(text) <= EMAIL_CHARACTERS_MAX
        if (
            fits
            and _ADDRESS.fullmatch(text)
            and len(text.partition("@")[0]) <= _LOCAL_CHARACTERS_MAX
        ):
            return cls(text)
        raise InvalidEmail(
            f"{raw[:EMAIL_CHARACTERS_MAX]!r} is not an e-mail address:"
            " write it like anna@example.com, in ASCII"
        )
