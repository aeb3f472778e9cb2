"""Movements on locked wallets, without a database."""

from datetime import UTC, datetime

import pytest

from staffetta.domain.ids import IdMaker
from staffetta.ledger.book import Book, CounterAccount, EntryKind, Wallet

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def book_of(balance_micro: int, floor_micro: int = 0) -> Book:
    wallet = Wallet(1, balance_micro, 0, floor_micro, 41)
    return Book({1: wallet}, IdMaker(), NOW)


def test_entries_continue_the_wallets_sequence_and_running_balance() -> None:
    book = book_of(1_000_000)
    book.move(1, EntryKind.CHARGE, -30_000, CounterAccount.REVENUE)
    book.move(1, EntryKind.CHARGE, -30_000, CounterAccount.REVENUE)
    assert [(entry.sequence, entry.balance_after_micro) for entry in book.entries] == [
        (42, 970_000),
        (43, 940_000),
    ]


def test_a_hold_lowers_what_is_available_and_not_the_balance() -> None:
    book = book_of(1_000_000)
    book.hold(1, b"r" * 12, 400_000)
    wallet = book.wallets[1]
    assert (wallet.balance_micro, wallet.available_micro) == (1_000_000, 600_000)
    assert book.entries == []


def test_a_post_paid_wallet_may_spend_down_to_its_floor() -> None:
    assert book_of(0, floor_micro=-500_000).wallets[1].available_micro == 500_000


def test_nothing_moved_leaves_no_entry_and_no_touched_wallet() -> None:
    book = book_of(5)
    book.move(1, EntryKind.CHARGE, 0, CounterAccount.REVENUE)
    book.hold(1, b"r" * 12, 0)
    assert (book.entries, book.holds, book.touched) == ([], [], [])


def test_giving_back_more_than_was_held_is_a_bug() -> None:
    with pytest.raises(AssertionError):
        book_of(5).unhold(1, 1)
