"""Movements on locked wallets, without a database."""

from datetime import UTC, date, datetime, timedelta

import pytest

from staffetta.domain.ids import IdMaker
from staffetta.ledger.book import Book, CounterAccount, EntryKind, LowCredit, Wallet

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TODAY = date(2026, 3, 1)
YESTERDAY = TODAY - timedelta(days=1)
TOMORROW = TODAY + timedelta(days=1)


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


def capped(max_micro: int | None, spent_micro: int = 0, held_micro: int = 0) -> Wallet:
    return Wallet(
        1,
        balance_micro=1_000,
        held_micro=held_micro,
        floor_micro=0,
        sequence=0,
        day_spend_max_micro=max_micro,
        spend_day=TODAY,
        day_spent_micro=spent_micro,
    )


@pytest.mark.parametrize(
    ("wallet", "today", "room_micro"),
    [
        (capped(None, spent_micro=70), TODAY, None),
        (capped(100), TODAY, 100),
        (capped(100, spent_micro=70), TODAY, 30),
        (capped(100, spent_micro=70, held_micro=20), TODAY, 10),
        (capped(100, spent_micro=70, held_micro=20), TOMORROW, 80),  # a new day, the same hold
        (capped(100, spent_micro=70), YESTERDAY, 30),  # a clock that is behind
        (
            capped(100, spent_micro=70),
            YESTERDAY - timedelta(days=1),
            100,
        ),  # the other one was wrong
        (capped(50, spent_micro=70), TODAY, -20),  # lowered meanwhile
    ],
)
def test_the_room_of_a_day_is_the_cap_less_spent_and_held(
    wallet: Wallet, today: date, room_micro: int | None
) -> None:
    assert wallet.day_room_micro(today) == room_micro


@pytest.mark.parametrize(
    ("kind", "amount_micro", "spent_micro"),
    [
        (EntryKind.CHARGE, -30, 130),
        (EntryKind.CAPTURE, -30, 130),
        (EntryKind.PENALTY, -30, 130),
        (EntryKind.BUNDLE, -30, 100),
        (EntryKind.TOP_UP, 30, 100),
        (EntryKind.ADJUSTMENT, -30, 100),
    ],
)
def test_what_messages_cost_counts_into_the_day(
    kind: EntryKind, amount_micro: int, spent_micro: int
) -> None:
    wallet = capped(500, spent_micro=100)
    Book({1: wallet}, IdMaker(), NOW).move(1, kind, amount_micro, CounterAccount.REVENUE)
    assert (wallet.spend_day, wallet.day_spent_micro) == (TODAY, spent_micro)


@pytest.mark.parametrize(
    ("accepted_at", "spent_micro"),
    [(NOW, 70), (NOW + timedelta(hours=23), 70), (NOW - timedelta(seconds=1), 100)],
)
def test_a_refund_makes_room_only_on_the_day_its_message_was_accepted(
    accepted_at: datetime, spent_micro: int
) -> None:
    wallet = capped(500, spent_micro=100)
    book = Book({1: wallet}, IdMaker(), NOW)
    recipient_id = IdMaker().make(accepted_at)
    book.move(1, EntryKind.REFUND, 30, CounterAccount.REVENUE, recipient_id=recipient_id)
    assert wallet.day_spent_micro == spent_micro


@pytest.mark.parametrize(
    ("charged_at", "spent_micro"), [(NOW, 70), (NOW - timedelta(seconds=1), 100)]
)
def test_a_refund_makes_room_on_the_day_of_its_charge_whenever_that_was(
    charged_at: datetime, spent_micro: int
) -> None:
    wallet = capped(500, spent_micro=100)
    book = Book({1: wallet}, IdMaker(), NOW)
    recipient_id = IdMaker().make(NOW - timedelta(days=1))
    back = CounterAccount.REVENUE
    book.move(1, EntryKind.REFUND, 30, back, recipient_id=recipient_id, charged_at=charged_at)
    assert wallet.day_spent_micro == spent_micro


def test_the_first_spending_of_a_day_begins_its_sum() -> None:
    wallet = capped(500, spent_micro=100)
    tomorrow = Book({1: wallet}, IdMaker(), NOW + timedelta(days=1))
    tomorrow.move(1, EntryKind.CHARGE, -30, CounterAccount.REVENUE)
    assert (wallet.spend_day, wallet.day_spent_micro) == (TOMORROW, 30)
    late = Book({1: wallet}, IdMaker(), NOW)  # a process whose clock is behind
    late.move(1, EntryKind.CHARGE, -30, CounterAccount.REVENUE)
    assert (wallet.spend_day, wallet.day_spent_micro) == (TOMORROW, 60)


def alerting(balance_micro: int, *, alerted: bool = False, held_micro: int = 0) -> Wallet:
    return Wallet(
        1, balance_micro, held_micro, 0, sequence=0, alert_below_micro=100, alerted=alerted
    )


def charged(wallet: Wallet, amount_micro: int, *, may_tell: bool = True) -> list[LowCredit]:
    book = Book({1: wallet}, IdMaker(), NOW)
    book.move(1, EntryKind.CHARGE, -amount_micro, CounterAccount.REVENUE)
    book.look_for_low_credit(may_tell=may_tell)
    return list(book.low_credit())


def test_low_credit_is_told_once_when_it_falls_below_the_threshold() -> None:
    wallet = alerting(130)
    assert charged(wallet, 30) == []  # 100 is not below 100
    assert charged(wallet, 1) == [LowCredit(1, 99, 100)]
    assert charged(wallet, 1) == []


def test_what_is_held_makes_credit_low_too() -> None:
    book = Book({1: alerting(130)}, IdMaker(), NOW)
    book.hold(1, b"r" * 12, 31)
    book.look_for_low_credit(may_tell=True)
    assert book.low_credit() == (LowCredit(1, 99, 100),)


def test_who_cannot_tell_leaves_it_to_the_next() -> None:
    wallet = alerting(130)
    assert charged(wallet, 31, may_tell=False) == []
    assert charged(wallet, 1) == [LowCredit(1, 98, 100)]


@pytest.mark.parametrize(
    ("kind", "amount_micro", "alerted"),
    [
        (EntryKind.TOP_UP, 50, False),  # 100: no longer low
        (EntryKind.TOP_UP, 49, True),
        (EntryKind.ADJUSTMENT, 50, False),
        (EntryKind.REFUND, 50, True),  # it may be gone again at once
        (EntryKind.REFUND, 150, False),  # 200: twice the threshold
    ],
)
def test_an_alert_is_armed_again_by_money_brought_or_by_plenty(
    kind: EntryKind, amount_micro: int, alerted: bool
) -> None:
    wallet = alerting(50, alerted=True)
    book = Book({1: wallet}, IdMaker(), NOW)
    book.move(1, kind, amount_micro, CounterAccount.REVENUE)
    book.look_for_low_credit(may_tell=True)
    assert (wallet.alerted, book.low_credit()) == (alerted, ())


def test_a_wallet_without_a_threshold_is_never_low() -> None:
    assert charged(capped(None), 999) == []
