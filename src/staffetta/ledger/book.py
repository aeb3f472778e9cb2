"""The book: working copies of locked wallets, and the movements decided on them.

Pure. A book is opened by `store.open_book` on wallets that the transaction has locked, takes any
number of movements, and is written back once by `store.write_book`. It refuses nothing by itself
but what would be a bug; whether credit suffices is asked with `Wallet.available_micro` first, and
whether the day's cap leaves room with `Wallet.day_room_micro`.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from staffetta.domain.ids import ID_BYTES, IdMaker, id_time

_LONG_AGO: Final = date(1970, 1, 1)
_A_DAY: Final = timedelta(days=1)


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


# What requests make an account spend; bundles are bought by an operator, and are no part of it.
# Tuples, because an enumeration's hash costs more than three comparisons.
_SPENDING: Final = (EntryKind.CHARGE, EntryKind.CAPTURE, EntryKind.PENALTY)
_BRINGING: Final = (EntryKind.TOP_UP, EntryKind.ADJUSTMENT)

# Holds and refunds lift what is available for a moment, again and again while messages are under
# way. Only so many times the threshold means that an account is no longer low; what somebody brings
# arms the alert at the threshold itself.
_ARMS_AT_TIMES: Final = 2

_NO_ID: Final = bytes(ID_BYTES)
_TICK_BYTES: Final = 7  # the part of an id that is time: see domain.ids


class Wallet(msgspec.Struct):
    """A space's money, all in micro-units, as it stands inside one transaction.

    What guards it stands beside it, because it is read under the same lock.
    """

    space_id: int
    balance_micro: int
    held_micro: int
    floor_micro: int  # how low the balance may go: 0, or less for post-paid accounts
    sequence: int
    blocklisted: bool = False  # nothing may be sent until an operator lifts the block
    has_bundles: bool = False  # an active bundle may exist
    day_spend_max_micro: int | None = None  # None: no cap
    spend_day: date = _LONG_AGO  # in UTC
    day_spent_micro: int = 0  # of that day
    alert_below_micro: int | None = None  # None: no alert
    alerted: bool = False  # told that it is low, and not armed again since
    newest_entry_id: bytes = _NO_ID  # entries to come have larger ones

    @property
    def available_micro(self) -> int:
        """What may still be spent: neither held already nor below the floor."""
        return self.balance_micro - self.held_micro - self.floor_micro

    def day_room_micro(self, today: date) -> int | None:
        """What may still be committed on this UTC day; None: there is no cap.

        What is held counts whenever it was set aside, because it may be captured today: so the
        day's spending never passes the cap. Below zero when the cap was lowered meanwhile.
        """
        if self.day_spend_max_micro is None:
            return None
        spent_micro = self.day_spent_micro if self._is_spend_day(today) else 0
        return self.day_spend_max_micro - spent_micro - self.held_micro

    def spend(self, amount_micro: int, today: date) -> None:
        """Count what was spent on this UTC day; less than nothing when it came back."""
        if not self._is_spend_day(today):
            self.spend_day, self.day_spent_micro = today, 0
        self.day_spent_micro = max(self.day_spent_micro + amount_micro, 0)

    def _is_spend_day(self, today: date) -> bool:
        # Clocks differ: one that is still in yesterday counts into the day that has begun, or the
        # two would reset each other's sum. Any other day is a new one.
        return self.spend_day in {today, today + _A_DAY}


class LowCredit(msgspec.Struct, frozen=True):
    """A wallet whose available credit fell below the threshold its account asked for."""

    space_id: int
    available_micro: int
    threshold_micro: int


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
        self._today = now.astimezone(UTC).date()
        self._touched: set[int] = set()
        self._brought: set[int] = set()
        self._short: dict[int, int] = {}
        self._low: tuple[LowCredit, ...] = ()

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
        charged_at: datetime | None = None,
        note: str = "",
    ) -> None:
        """Add one entry; a movement of nothing leaves no entry.

        Charges, captures and penalties count into what the wallet spent on the UTC day of
        `book.now`. A refund is taken off it when what it gives back was charged on that day too:
        at `charged_at`, or else when its recipient was accepted. What comes back from an earlier
        day makes no room in this one. Bundles do not count: nobody buys them by sending.
        """
        if amount_micro == 0:
            return
        wallet = self.wallets[space_id]
        wallet.balance_micro += amount_micro
        wallet.sequence += 1
        self._touched.add(space_id)
        if kind in _SPENDING or (
            kind is EntryKind.REFUND and self._is_of_today(recipient_id, charged_at)
        ):
            wallet.spend(-amount_micro, self._today)
        elif kind in _BRINGING and amount_micro > 0:
            self._brought.add(space_id)
        self.entries.append(
            Entry(
                space_id=space_id,
                sequence=wallet.sequence,
                id=self._next_id(wallet, message_id, recipient_id),
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

    def low_credit(self) -> Sequence[LowCredit]:
        """The wallets that were found low when the book was written: each is told once."""
        return self._low

    def fall_short(self, space_id: int, needed_micro: int) -> None:
        """Have an account that wants alerts told that its credit was too low for what was due."""
        if self.wallets[space_id].alert_below_micro is not None:
            self._short[space_id] = max(needed_micro, self._short.get(space_id, 0))
            self._touched.add(space_id)

    def look_for_low_credit(self, *, may_tell: bool) -> None:
        """After the last movement: arm alerts again, and note the wallets that are low.

        `may_tell` says that the caller tells what `low_credit` answers; else the next book that may
        tells it.
        """
        low = []
        for wallet in self.touched:
            threshold_micro = wallet.alert_below_micro
            if threshold_micro is None:
                continue
            is_low = wallet.available_micro < threshold_micro
            if wallet.alerted:
                brought = wallet.space_id in self._brought
                armed_micro = threshold_micro * (1 if brought else _ARMS_AT_TIMES)
                wallet.alerted = wallet.available_micro < armed_micro
            short_micro = self._short.get(wallet.space_id)
            if may_tell and ((is_low and not wallet.alerted) or short_micro is not None):
                wallet.alerted = wallet.alerted or is_low
                wanted_micro = max(threshold_micro, short_micro or 0)
                low.append(LowCredit(wallet.space_id, wallet.available_micro, wanted_micro))
        self._low = tuple(low)

    def _next_id(self, wallet: Wallet, *about: bytes | None) -> bytes:
        """An id above those of the wallet's earlier entries, and of what the entry is about.

        Clocks of processes differ. So a month of a wallet's entries is a run of its sequence, and
        what moved money for a message is never in an earlier month than the message.
        """
        made = self._ids.make(self.now)
        last = max(wallet.newest_entry_id, *(identifier or _NO_ID for identifier in about))
        if made <= last:
            tick = int.from_bytes(last[:_TICK_BYTES], "big") + 1
            made = tick.to_bytes(_TICK_BYTES, "big") + made[_TICK_BYTES:]
        wallet.newest_entry_id = made
        return made

    def _is_of_today(self, recipient_id: bytes | None, charged_at: datetime | None) -> bool:
        if charged_at is None and recipient_id is not None:
            charged_at = id_time(recipient_id)
        return charged_at is not None and charged_at.astimezone(UTC).date() == self._today
