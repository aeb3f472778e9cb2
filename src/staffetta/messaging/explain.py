"""What would become of a message, without sending it: the answer to "why?" before it is asked.

The very checks of acceptance are made, all of them, and the wallet is asked by the till itself in a
transaction that writes nothing. So what is explained is what would happen.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from staffetta.accounts.terms import DEFAULT_TERMS
from staffetta.db.pool import Database
from staffetta.domain.environments import Environment
from staffetta.domain.errors import AccountBlocklisted, StaffettaError
from staffetta.domain.ids import IdMaker
from staffetta.domain.segments import Segmentation, segment_text
from staffetta.domain.text_rules import Cut
from staffetta.ledger.store import open_book
from staffetta.messaging.accept import Acceptor
from staffetta.messaging.draft import Draft
from staffetta.messaging.inspection import Inspection, SendRequest, Space
from staffetta.messaging.till import Bill, open_till
from staffetta.routing.carriers import Carrier, count_bound_links, read_carriers
from staffetta.routing.table import ANY_COUNTRY, Route

_IS_CHOSEN: Final = "it goes first"
_NOBODY: Final = 0  # no space has this number

# From a connector's settings to the function that cuts its texts.
CutOf = Callable[[Mapping[str, object]], Cut]


def _usual_cut(_settings: Mapping[str, object]) -> Cut:
    return segment_text


class Candidate(msgspec.Struct, frozen=True):
    """A route that leads there, and why it is chosen or not."""

    connector_id: int
    country: str
    rank: int
    price_micro: int
    links_bound: int
    chosen: bool
    reason: str
    written: Segmentation | None  # the text as its carrier gets it, where it wants another way


class Explanation(msgspec.Struct, frozen=True):
    """All that can be said of a request."""

    found: Inspection
    candidates: Sequence[Candidate]
    bill: Bill | None  # None where a check before left nothing to be priced
    refusals: Sequence[StaffettaError]  # in the order of the checks; the first is what a send gets


class Explainer:
    """Explains the requests of spaces."""

    def __init__(
        self, database: Database, acceptor: Acceptor, ids: IdMaker, cut_of: CutOf | None = None
    ) -> None:
        self._database = database
        self._cut_of = cut_of or _usual_cut
        self._acceptor = acceptor
        self._ids = ids

    async def explain(self, space: Space, request: SendRequest, now: datetime) -> Explanation:
        """Look at a request as a send would; nothing is stored, charged or blocked."""
        found = self._acceptor.inspect(space, request)
        draft = self._acceptor.draft_to_price(space, request, found, now)
        blocked, bill = await self._ask_till(space, draft, now)
        refusals = [*blocked, *found.refusals, *(bill.refusals if bill else [])]
        candidates = await self._candidates(space, found, request.text)
        return Explanation(found, candidates, bill, refusals)

    async def explain_for_nobody(
        self, environment: Environment, request: SendRequest
    ) -> Explanation:
        """The same for no account in particular: the usual terms, and no wallet to ask."""
        space = Space(_NOBODY, environment, DEFAULT_TERMS)
        found = self._acceptor.inspect(space, request)
        candidates = await self._candidates(space, found, request.text)
        return Explanation(found, candidates, None, found.refusals)

    async def _ask_till(
        self, space: Space, draft: Draft | None, now: datetime
    ) -> tuple[Sequence[StaffettaError], Bill | None]:
        """Whether the account is blocked, which goes before every other refusal, and the bill."""
        async with self._database.transaction() as connection:
            book = await open_book(connection, [space.id], self._ids, now)
            blocked = [AccountBlocklisted()] if book.wallets[space.id].blocklisted else []
            if draft is None:
                return blocked, None
            till = await open_till(connection, book, [draft], now)
            return blocked, till.examine(draft)

    async def _candidates(self, space: Space, found: Inspection, text: str) -> list[Candidate]:
        if found.phone is None:
            return []
        routes = self._acceptor.candidates(space.environment, found.phone.country)
        async with self._database.acquire() as connection:
            bound = await count_bound_links(connection, [route.connector_id for route in routes])
            carriers = {carrier.id: carrier for carrier in await read_carriers(connection)}
        return [
            Candidate(
                connector_id=route.connector_id,
                country=route.country,
                rank=route.rank,
                price_micro=route.price_micro,
                links_bound=bound.get(route.connector_id, 0),
                chosen=route is routes[0],
                reason=why_chosen(route, routes[0]),
                written=self._written(carriers.get(route.connector_id), found, text),
            )
            for route in routes
        ]

    def _written(
        self, carrier: Carrier | None, found: Inspection, text: str
    ) -> Segmentation | None:
        """The text as a carrier gets it; None for the usual way, and for what cannot be sent."""
        if carrier is None or found.segmentation is None:
            return None
        try:
            cut = self._cut_of(carrier.settings)(text)
        except StaffettaError:  # its settings are wrong, or have no room for the text
            return None
        return None if cut.writing is None else cut


def why_chosen(route: Route, chosen: Route) -> str:
    """Why a route is chosen, or what puts another before it: rank, country, price, age."""
    if route is chosen:
        return _IS_CHOSEN
    if route.rank != chosen.rank:
        return f"its rank {route.rank} comes after {chosen.rank}"
    if route.country == ANY_COUNTRY and chosen.country != ANY_COUNTRY:
        return f"of the same rank, a route for {chosen.country} goes before one for any country"
    if route.price_micro != chosen.price_micro:
        return "of the same rank, it costs more"
    return "of the same rank and price, the older connector goes first"
