"""What the proof of the books answers."""

from typing import Final

import msgspec

FAULTS_MAX: Final = 100


class Fault(msgspec.Struct, frozen=True):
    """One disagreement, in words an operator can act on."""

    space_id: int
    what: str
    sequence: int | None = None  # of the entry it names, if it names one


class Proof(msgspec.Struct, frozen=True):
    """What was read, and every fault that was found (at most FAULTS_MAX of each kind)."""

    wallet_count: int
    entry_count: int
    hold_count: int
    closing_count: int
    faults: tuple[Fault, ...]

    @property
    def holds(self) -> bool:
        """Whether the books are exact."""
        return not self.faults
