"""What acceptance asks of each draft under the locks of its transaction, in the order of arrival.

A draft may be taken by bundles, then by the wallet; guards refuse it before. All decisions are made
in memory on what was read under the wallets' locks, and written back at once.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from staffetta.accounts.token_use import TokenUses, open_token_uses, write_token_uses
from staffetta.compliance.guards import OtpAsk, Rates, open_rates, write_rates
from staffetta.db.pool import Connection
from staffetta.domain.errors import (
    AccountBlocklisted,
    CreditTooLow,
    GuardRefused,
    MessageRefused,
    PriceChanged,
    StaffettaError,
)
from staffetta.domain.money import format_amount
from staffetta.ledger.book import Book, CounterAccount, EntryKind, Wallet
from staffetta.ledger.bundles import Shelf, open_bundles, write_bundles
from staffetta.ledger.store import write_book
from staffetta.messaging.draft import Draft
from staffetta.messaging.results import Result, Stored


class Bill(msgspec.Struct, frozen=True):
    """What a draft would cost, and what stands against it. Money in micro-units."""

    price_micro: int  # per segment
    covered_count: int  # segments that bundles would pay for
    charge_micro: int  # at acceptance
    hold_micro: int  # until a carrier accepts
    needed_micro: int
    available_micro: int
    refusals: Sequence[StaffettaError]


class Till:
    """The open books of one batch."""

    def __init__(self, book: Book, shelf: Shelf, rates: Rates, uses: TokenUses) -> None:
        self._book = book
        self._shelf = shelf
        self._rates = rates
        self._uses = uses

    def take(self, draft: Draft) -> Result:
        """Charge, hold or cover a draft, or refuse it; what is refused leaves no trace."""
        wallet = self._book.wallets[draft.space_id]
        if wallet.blocklisted:
            return AccountBlocklisted()
        if draft.offence is not None:
            return self._punish(draft, wallet)
        covered_count = self._cover(draft)
        refusal = next(self._refusals(draft, wallet, covered_count), None)
        if covered_count and (refusal is not None or draft.dry_run):
            self._shelf.uncover(draft.id)
        if refusal is not None:
            return refusal
        self._book.hold(draft.space_id, draft.id, draft.hold_micro(covered_count))
        self._pay(draft, EntryKind.CHARGE, draft.charge_micro(covered_count))
        if draft.allowance is not None and not draft.dry_run:
            self._uses.spend(draft.allowance, draft.cost_micro(covered_count), covered_count)
        return Stored(0 if draft.dry_run else covered_count)

    def examine(self, draft: Draft) -> Bill:
        """What taking a draft would mean, were the account not blocked; nothing is taken."""
        wallet = self._book.wallets[draft.space_id]
        covered_count = self._cover(draft)
        self._shelf.uncover(draft.id)
        return Bill(
            price_micro=draft.price_micro,
            covered_count=covered_count,
            charge_micro=draft.charge_micro(covered_count),
            hold_micro=draft.hold_micro(covered_count),
            needed_micro=draft.needed_micro(covered_count),
            available_micro=wallet.available_micro,
            refusals=list(self._refusals(draft, wallet, covered_count)),
        )

    async def write(self, connection: Connection) -> None:
        """Write what was taken."""
        await write_book(connection, self._book)
        await write_bundles(connection, self._shelf)
        await write_rates(connection, self._rates)
        await write_token_uses(connection, self._uses)

    def _cover(self, draft: Draft) -> int:
        return self._shelf.cover(
            draft.space_id,
            draft.id,
            draft.market,
            draft.phone.country,
            draft.segment_count,
            draft.now,
        )

    def _punish(self, draft: Draft, wallet: Wallet) -> Result:
        """Take the penalty, whatever the credit, and nothing more from this account."""
        assert draft.offence is not None
        wallet.blocklisted = True
        self._pay(draft, EntryKind.PENALTY, draft.penalty_micro)
        return draft.offence.refusal

    def _pay(self, draft: Draft, kind: EntryKind, amount_micro: int) -> None:
        self._book.move(
            draft.space_id,
            kind,
            -amount_micro,
            CounterAccount.REVENUE,
            message_id=draft.id,
            recipient_id=draft.id,
        )

    def _refusals(
        self, draft: Draft, wallet: Wallet, covered_count: int
    ) -> Iterator[MessageRefused]:
        """What was agreed to, the daily cap, the token's limits, the credit, then the rates, which
        count at once.

        A dry run is asked the same, and counts nowhere.
        """
        cost_micro = draft.cost_micro(covered_count)
        needed_micro = draft.needed_micro(covered_count)
        if draft.price_max_micro is not None and needed_micro > draft.price_max_micro:
            yield PriceChanged(
                f"{format_amount(draft.price_max_micro)} was agreed to, and"
                f" {format_amount(needed_micro)} is needed"
            )
        capped = refusal_of_cap(wallet, cost_micro, draft.now)
        if capped is not None:
            yield capped
        if draft.allowance is not None:
            spent = self._uses.refusal(draft.allowance, cost_micro, covered_count)
            if spent is not None:
                yield spent
        short = refusal_of_credit(wallet, needed_micro)
        if short is not None:
            yield short
        if draft.is_code:
            rates = self._rates
            sentence = (rates.look if draft.dry_run else rates.take)(_ask(draft))
            if sentence is not None:
                yield GuardRefused(sentence)


async def open_till(
    connection: Connection, book: Book, drafts: Sequence[Draft], now: datetime
) -> Till:
    """Read what the drafts' spaces have; the caller holds their wallets' locks."""
    asked = [_ask(draft) for draft in drafts if draft.is_code]
    return Till(
        book,
        await open_bundles(connection, book),
        await open_rates(connection, asked, now),
        await open_token_uses(connection, (draft.allowance for draft in drafts)),
    )


def _ask(draft: Draft) -> OtpAsk:
    terms = draft.terms
    return OtpAsk(
        draft.space_id,
        draft.phone.e164,
        terms.otp_per_recipient,
        terms.otp_per_prefix,
        terms.otp_per_account,
    )


def refusal_of_cap(wallet: Wallet, cost_micro: int, now: datetime) -> GuardRefused | None:
    """Why a message of this cost passes the cap of the UTC day of `now`; None where it does not."""
    room_micro = wallet.day_room_micro(now.astimezone(UTC).date())
    if room_micro is None or cost_micro <= max(room_micro, 0):
        return None
    return GuardRefused(
        f"the daily spending cap of the account leaves {format_amount(max(room_micro, 0))} "
        f"today, and the message may cost {format_amount(cost_micro)}"
    )


def refusal_of_credit(wallet: Wallet, needed_micro: int) -> CreditTooLow | None:
    """Why the wallet has not what a message needs; None where it has, or nothing is needed."""
    available_micro = wallet.available_micro
    if needed_micro <= 0 or available_micro >= needed_micro:
        return None
    return CreditTooLow(
        needed_micro,
        available_micro,
        f"the credit is too low: {format_amount(needed_micro)} needed, "
        f"{format_amount(available_micro)} available",
    )
