"""What can be sold as a bundle, and what the end of its period means."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from staffetta.domain.environments import Market
from staffetta.ledger.book import Wallet
from staffetta.ledger.bundle import Bundle, BundleTerms, Over, Renewed, end_of_period
from staffetta.ledger.errors import InvalidBundle

START = datetime(2026, 3, 1, tzinfo=UTC)
MONTH = timedelta(days=30)
END = START + MONTH


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"segment_count": 0}, "1 to 1,000,000,000 segments, not 0"),
        ({"segment_count": 1_000_000_001}, "segments, not"),
        ({"price_micro": -1}, "cannot cost -0.000001"),
        ({"price_micro": 10**15 + 1}, "cannot cost"),
        ({"period_days": 0}, "1 to 3,660 days, not 0"),
        ({"period_days": 3_661}, "days, not"),
        ({"name": "x" * 61}, "at most 60 printable"),
        ({"name": "a\nb"}, "at most 60 printable"),
        ({"country": "it"}, "'it' is not a country"),
        ({"market": Market.ITALY, "country": "FR"}, "the IT market has no numbers of FR"),
        ({"market": Market.SPAIN, "country": "IT"}, "the ES market has no numbers of IT"),
    ],
)
def test_what_cannot_be_sold_is_refused_in_a_sentence(
    change: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidBundle, match=sentence):
        BundleTerms(**{"segment_count": 1, "price_micro": 0, "period_days": 1, **change})


@pytest.mark.parametrize(
    "scope",
    [
        {},
        {"market": Market.ITALY},
        {"market": Market.ITALY, "country": "IT"},
        {"market": Market.WORLD, "country": "IT"},
        {"country": "001"},
    ],
)
def test_a_bundle_can_be_for_a_market_a_country_or_both(scope: dict[str, Any]) -> None:
    BundleTerms(segment_count=1, price_micro=0, period_days=1, **scope)


def bundle(*, price_micro: int = 500, autorenew: bool = True, **changes: Any) -> Bundle:
    fields: dict[str, Any] = {
        "space_id": 1,
        "id": 7,
        "name": "",
        "market": None,
        "country": None,
        "segment_count": 10,
        "remaining_count": 4,
        "period": 1,
        "price_micro": price_micro,
        "period_days": 30,
        "autorenew": autorenew,
        "starts_at": START,
        "ends_at": END,
        "ended_at": None,
        "ended_reason": "",
        "created_at": START,
    }
    return Bundle(**{**fields, **changes})


def wallet(balance_micro: int = 500, *, held_micro: int = 0, blocklisted: bool = False) -> Wallet:
    return Wallet(1, balance_micro, held_micro, 0, sequence=0, blocklisted=blocklisted)


@pytest.mark.parametrize(
    ("late", "starts_at"),
    [
        (timedelta(0), END),
        (timedelta(hours=1), END),
        (timedelta(hours=1, seconds=1), END + timedelta(hours=1, seconds=1)),
        (5 * MONTH, END + 5 * MONTH),
    ],
)
def test_one_period_follows_on_dates_that_stay_or_begins_when_it_comes(
    late: timedelta, starts_at: datetime
) -> None:
    assert end_of_period(bundle(), wallet(), END + late) == Renewed(starts_at, starts_at + MONTH)


def test_credit_decides_and_what_is_held_is_no_credit() -> None:
    assert isinstance(end_of_period(bundle(), wallet(500), END), Renewed)
    for poor in (wallet(499), wallet(500, held_micro=1)):
        over = end_of_period(bundle(), poor, END)
        assert isinstance(over, Over)
        assert over.too_dear
    in_debt = wallet(-5)
    assert isinstance(end_of_period(bundle(price_micro=0), in_debt, END), Renewed)


def test_it_ends_when_nobody_wants_more_or_could_use_it() -> None:
    assert end_of_period(bundle(autorenew=False), wallet(), END) == Over("its period is over")
    closed = end_of_period(bundle(price_micro=0), wallet(), END, is_closed=True)
    assert closed == Over("the account is closed, and could not use it")
    blocked = end_of_period(bundle(), wallet(blocklisted=True), END)
    assert isinstance(blocked, Over)
    assert not blocked.too_dear


def test_what_is_left_of_a_bundle_can_be_used_only_while_it_runs() -> None:
    assert bundle().available_count(START) == 4
    assert bundle().available_count(END - timedelta(microseconds=1)) == 4
    assert bundle().available_count(END) == 0
    assert bundle(ended_at=START).available_count(START) == 0
