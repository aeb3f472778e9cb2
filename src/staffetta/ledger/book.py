"""The book: working copies of locked wallets, and the movements decided on them.

Pure. A book is opened by `store.open_book` on wallets that the transaction has locked, takes any
number of movements, and is written back once by `store.write_book`. It refuses nothing by itself
but what would be a bug; whether credit suffices is asked with `Wallet.available_micro` first.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from staffetta.domain.ids import IdMaker


class EntryKind(StrEnum):
    """Why money moved. The values are the database's."""

    TOP_UP = "top_up"
    CHARGE = "charge"  # at acceptance: IT and ES
    CAPTURE = "capture"  # of a hold, when a carrier accepted: WW
    REFUND = "refund"
    PENALTY = "penalty"
    BUNDLE = "bundle"
    ADJUSTMENT = "adjustment"


class CounterAccount(StrEnum):
    """The other side of an entry: a name, without a balance of its own."""

    REVENUE = "revenue"  # what accounts pay for messages
    PAYMENTS = "payments"  # money that accounts brought
    GRANTS = "grants"  # the sandbox's play money


class Wallet(msgspec.Struct):
    """A space's money, all in micro-units, as it stands inside one transaction."""

    space_id: int
    balance_micro: int
    held_micro: int
    floor_micro: int  # how low the balance may go: 0, or less for post-paid accounts
    sequence: int

    @property
    def available_micro(self) -> int:
        """What may still be spent: neither held already nor below the floor."""
        return self.balance_micro - self.held_micro - self.floor_micro


class Entry(msgspec.Struct, frozen=True):
    """One movement, both sides: into the wallet if positive, out of the counter-account."""

    space_id: int
    sequence: int
    id: bytes
    kind: EntryKind
    amount_micro: int
    balance_after_micro: int
    counter_account: CounterAccount
    message_id: bytes | None
    recipient_id: bytes | None
    note: str


class NewHold(msgspec.Struct, frozen=True):
    """Money to be set aside for a recipient."""

    space_id: int
    recipient_id: bytes
    amount_micro: int


class Book:
    """Movements on a set of locked wallets, in the order they were decided."""

    def __init__(self, wallets: Mapping[int, Wallet], ids: IdMaker, now: datetime) -> None:
        self.wallets = wallets
        self.entries: list[Entry] = []
        self.holds: list[NewHold] = []
        self.now = now
        self._ids = ids
        self._touched: set[int] = set()

    @property
    def touched(self) -> list[Wallet]:
        """The wallets that changed, by space."""
        return [self.wallets[space_id] for space_id in sorted(self._touched)]

    def move(
        self,
        space_id: int,
        kind: EntryKind,
        amount_micro: int,
        counter_account: CounterAccount,
        *,
        message_id: bytes | None = None,
        recipient_id: bytes | None = None,
        note: str = "",
    ) -> None:
        """Add one entry; a movement of nothing leaves no entry."""
        if amount_micro == 0:
            return
        wallet = self.wallets[space_id]
        wallet.balance_micro += amount_micro
        wallet.sequence += 1
        self._touched.add(space_id)
        self.entries.append(
            Entry(
                space_id=space_id,
                sequence=wallet.sequence,
                id=self._ids.make(self.now),
                kind=kind,
                amount_micro=amount_micro,
                balance_after_micro=wallet.balance_micro,
                counter_account=counter_account,
                message_id=message_id,
                recipient_id=recipient_id,
                note=note,
            )
        )

    def hold(self, space_id: int, recipient_id: bytes, amount_micro: int) -> None:
        """Set money aside for a recipient; nothing is held for a message without a price."""
        assert amount_micro >= 0
        if amount_micro == 0:
            return
        self.wallets[space_id].held_micro += amount_micro
        self._touched.add(space_id)
        self.holds.append(NewHold(space_id, recipient_id, amount_micro))

    def unhold(self, space_id: int, amount_micro: int) -> None:
        """Give back what a hold had set aside, captured or released."""
        wallet = self.wallets[space_id]
        wallet.held_micro -= amount_micro
        assert wallet.held_micro >= 0, "more was given back than was held"
        self._touched.add(space_id)
