"""Where a sender must be approved, and which are: a snapshot that acceptance asks.

Pure. A sender is compared as it is written, capitals and spaces included: handsets show it so, and
what an operator approved (and registered with carriers) is that text and no other.
"""

from collections.abc import Iterable
from enum import StrEnum

import msgspec


class SenderState(StrEnum):
    """Where a registered sender stands. The values are the database's, and the API's."""

    PENDING = "PENDING"  # an operator has yet to look at it
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


class ApprovedSender(msgspec.Struct, frozen=True):
    """One sender that one space may use in one country."""

    space_id: int
    country: str  # ISO 3166
    sender: str


class SenderRules:
    """Every rule at one moment; never changed, only replaced."""

    def __init__(
        self, countries: Iterable[str] = (), approved: Iterable[ApprovedSender] = ()
    ) -> None:
        self._countries = frozenset(countries)
        self._approved: dict[tuple[int, str], set[str]] = {}
        for one in approved:
            self._approved.setdefault((one.space_id, one.country), set()).add(one.sender)

    def refusal(self, space_id: int, country: str, sender: str) -> str | None:
        """Why `sender` may not be used in a country; None when it may.

        It may where no approval is needed, and where this space's sender has one (contract
        section 5, code 2025: the sentence holds "not approved for country XX").
        """
        if country not in self._countries:
            return None
        approved = self._approved.get((space_id, country), ())
        if sender in approved:
            return None
        return f"the sender {sender} is not approved for country {country}: " + _advice(
            sender, approved
        )


def _advice(sender: str, approved: Iterable[str]) -> str:
    alike = sorted(one for one in approved if one.casefold() == sender.casefold())
    if alike:
        return f"approved is {alike[0]}, and capitals count"
    return "register it with POST /senders/alias, and use it when an operator has approved it"
