"""Bundles at work: segments that are paid for already cover messages, and come back if unused.

A `Shelf` is to bundles what a book is to wallets: opened under the wallets' locks, asked in memory,
written back once. Selling and renewing are elsewhere (`sell_bundle`, `renew_bundles`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from staffetta.db.pool import Connection
from staffetta.domain.environments import Market
from staffetta.ledger import sql
from staffetta.ledger.book import Book


class OpenBundle(msgspec.Struct):
    """A bundle that can cover messages, as it stands inside one transaction."""

    space_id: int
    id: int
    market: str | None  # None: any; one-time passwords are WW
    country: str | None  # None: any
    remaining_count: int  # segments
    period: int
    starts_at: datetime
    ends_at: datetime

    def covers(self, market: Market, country: str, now: datetime) -> bool:
        """Whether it is for such a message, and its period runs."""
        return (
            self.market in {None, market}
            and self.country in {None, country}
            and self.starts_at <= now < self.ends_at
        )


class Use(msgspec.Struct, frozen=True):
    """Segments of one recipient that one bundle pays for."""

    bundle: OpenBundle
    recipient_id: bytes
    segment_count: int


class Shelf:
    """The active bundles of locked wallets, and what was taken from them."""

    def __init__(self, bundles: Mapping[int, Sequence[OpenBundle]]) -> None:
        """`bundles` by space, in the order of use: see READ_BUNDLES_FOR_USE."""
        self._bundles = bundles
        self._uses: dict[bytes, list[Use]] = {}

    @property
    def uses(self) -> list[Use]:
        """All that was taken, in the order it was."""
        return [use for uses in self._uses.values() for use in uses]

    def cover(
        self,
        space_id: int,
        recipient_id: bytes,
        market: Market,
        country: str,
        segment_count: int,
        now: datetime,
    ) -> int:
        """Take a recipient's segments from the space's bundles; answers how many they had.

        The bundle that ends first goes first, then the one for fewer destinations, then the older
        one. Several may share a recipient. The wallet pays for the rest.
        """
        bundles = self._bundles.get(space_id)
        if not bundles:
            return 0
        assert recipient_id not in self._uses, "a recipient is covered once"
        missing_count = segment_count
        uses = []
        for bundle in bundles:
            if missing_count == 0:
                break
            taken_count = min(bundle.remaining_count, missing_count)
            if taken_count and bundle.covers(market, country, now):
                bundle.remaining_count -= taken_count
                missing_count -= taken_count
                uses.append(Use(bundle, recipient_id, taken_count))
        if uses:
            self._uses[recipient_id] = uses
        return segment_count - missing_count

    def uncover(self, recipient_id: bytes) -> None:
        """Put back what a recipient took, because it was refused after all."""
        for use in self._uses.pop(recipient_id, ()):
            use.bundle.remaining_count += use.segment_count


async def open_bundles(connection: Connection, book: Book) -> Shelf:
    """The bundles of the book's wallets; asks nothing when none of them has any."""
    space_ids = [wallet.space_id for wallet in book.wallets.values() if wallet.has_bundles]
    if not space_ids:
        return Shelf({})
    bundles: dict[int, list[OpenBundle]] = {}
    for row in await connection.fetch(sql.READ_BUNDLES_FOR_USE, space_ids):
        bundles.setdefault(row["space_id"], []).append(OpenBundle(**row))
    return Shelf(bundles)


async def write_bundles(connection: Connection, shelf: Shelf) -> None:
    """Write what was taken, in the transaction that opened the shelf."""
    uses = shelf.uses
    if not uses:
        return
    bundles = list({use.bundle.id: use.bundle for use in uses}.values())
    await connection.execute(
        sql.WRITE_BUNDLE_USES,
        [use.bundle.space_id for use in uses],
        [use.recipient_id for use in uses],
        [use.bundle.id for use in uses],
        [use.bundle.period for use in uses],
        [use.segment_count for use in uses],
        [bundle.space_id for bundle in bundles],
        [bundle.id for bundle in bundles],
        [bundle.remaining_count for bundle in bundles],
    )


async def return_segments(
    connection: Connection, recipients: Sequence[tuple[int, bytes]], now: datetime
) -> None:
    """Give back what covered recipients (space, id) that no carrier took, each use once.

    Call it after the book on their wallets is opened: wallets are locked before bundles everywhere.
    A use whose period is over is lost, and its row says so.
    """
    if not recipients:
        return
    # Costs nothing where the caller has the locks; without them two returns could meet.
    await connection.fetch(sql.LOCK_WALLETS, sorted({space_id for space_id, _ in recipients}))
    await connection.execute(
        sql.RETURN_SEGMENTS,
        [space_id for space_id, _ in recipients],
        [recipient_id for _, recipient_id in recipients],
        now,
    )
