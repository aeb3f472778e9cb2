"""Which bundle covers what, without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from staffetta.domain.environments import Market
from staffetta.ledger.bundles import OpenBundle, Shelf

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ANNA = 1
BOB = 2
ONE = b"1" * 12
TWO = b"2" * 12


def bundle(
    bundle_id: int,
    remaining_count: int,
    market: str | None = None,
    country: str | None = None,
    ends_in_days: int = 30,
) -> OpenBundle:
    ends_at = NOW + timedelta(days=ends_in_days)
    started_at = NOW - timedelta(days=1)
    return OpenBundle(ANNA, bundle_id, market, country, remaining_count, 1, started_at, ends_at)


def shelf_of(*bundles: OpenBundle) -> Shelf:
    return Shelf({ANNA: bundles})


def covered(shelf: Shelf, segment_count: int, recipient_id: bytes = ONE) -> int:
    return shelf.cover(ANNA, recipient_id, Market.ITALY, "IT", segment_count, NOW)


@pytest.mark.parametrize(
    ("market", "country", "covered_by"),
    [
        (Market.ITALY, "IT", {"any", "market IT", "country IT", "market IT, country IT"}),
        (Market.SPAIN, "ES", {"any"}),
        (Market.WORLD, "IT", {"any", "market WW", "country IT"}),  # a one-time password to Italy
        (Market.WORLD, "FR", {"any", "market WW", "country FR"}),
    ],
)
def test_a_bundle_covers_its_market_and_its_country(
    market: Market, country: str, covered_by: set[str]
) -> None:
    bundles = {
        "any": bundle(1, 10),
        "market IT": bundle(2, 10, market="IT"),
        "market WW": bundle(3, 10, market="WW"),
        "country IT": bundle(4, 10, country="IT"),
        "country FR": bundle(5, 10, country="FR"),
        "market IT, country IT": bundle(6, 10, market="IT", country="IT"),
    }
    assert {
        name
        for name, one in bundles.items()
        if shelf_of(one).cover(ANNA, ONE, market, country, 1, NOW)
    } == covered_by


def test_what_a_bundle_lacks_the_next_one_has_and_the_wallet_pays_for_the_rest() -> None:
    shelf = shelf_of(bundle(1, 2), bundle(2, 3))
    assert covered(shelf, 4) == 4
    assert covered(shelf, 4, TWO) == 1
    assert [(use.bundle.id, use.recipient_id, use.segment_count) for use in shelf.uses] == [
        (1, ONE, 2),
        (2, ONE, 2),
        (2, TWO, 1),
    ]


def test_what_is_put_back_can_be_taken_by_another() -> None:
    shelf = shelf_of(bundle(1, 2), bundle(2, 3))
    covered(shelf, 4)
    shelf.uncover(ONE)
    assert shelf.uses == []
    assert covered(shelf, 9, TWO) == 5


def test_putting_back_what_was_never_taken_changes_nothing() -> None:
    shelf = shelf_of(bundle(1, 2))
    shelf.uncover(ONE)
    assert covered(shelf, 9) == 2


def test_nobody_uses_the_bundles_of_another() -> None:
    shelf = shelf_of(bundle(1, 5))
    assert shelf.cover(BOB, ONE, Market.ITALY, "IT", 1, NOW) == 0


@pytest.mark.parametrize(
    ("days", "covered_count"), [(-1.01, 0), (-1, 1), (0, 1), (29.9, 1), (30, 0)]
)
def test_a_bundle_covers_from_its_start_until_before_its_end(
    days: float, covered_count: int
) -> None:
    at = NOW + timedelta(days=days)
    assert shelf_of(bundle(1, 5)).cover(ANNA, ONE, Market.ITALY, "IT", 1, at) == covered_count


def test_an_empty_bundle_leaves_no_use() -> None:
    shelf = shelf_of(bundle(1, 0))
    assert (covered(shelf, 1), shelf.uses) == (0, [])
