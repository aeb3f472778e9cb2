"""An account's credit: what there is, what moved it, what is prepaid, who is told of its end."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.accounts.audit import record
from staffetta.accounts.people import Role
from staffetta.accounts.set_terms import TermsChanges, set_terms
from staffetta.console.acting import actor_of
from staffetta.console.asked import asked_of
from staffetta.console.figures import Figures
from staffetta.console.forms import lead_to, read_form
from staffetta.console.guards import for_accounts, for_owners
from staffetta.console.languages import mark, say_in
from staffetta.console.pages.account.credit_words import (
    KIND_WORDS,
    AlertForm,
    months_of,
    read_alert,
    read_month,
    read_period,
)
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import Place, account_page, place_of
from staffetta.console.rendering import PageRequest
from staffetta.console.statement_file import statement_file
from staffetta.db.errors import DatabaseError
from staffetta.domain.money import SANDBOX_CREDIT_MICRO, format_amount
from staffetta.ledger.book import EntryKind
from staffetta.ledger.errors import InvalidPeriod
from staffetta.ledger.period import Period
from staffetta.ledger.read_wallet import read_wallet
from staffetta.ledger.search_entries import EntryPage, EntrySearch, search_entries
from staffetta.ledger.sell_bundle import list_bundles
from staffetta.ledger.wallet_guards import (
    WalletGuardChanges,
    read_wallet_guards,
    set_wallet_guards,
)

SECTION: Final = "/credit"
_PAGE: Final = 25
_FIELDS: Final = ("month", "kind", "before", "done")
_PERIOD_FIELDS: Final = ("from", "to")
_TOO_MUCH: Final = mark("Reading this took too long. Choose a month, or try again in a moment.")
_DONE: Final = {"alert": mark("The alert is set."), "no-alert": mark("There is no alert any more.")}


def credit_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get("/{environment:str}/credit", guards=[for_accounts])
    async def credit(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """What there is, and what moved it."""
        place = await place_of(parts, request, environment)
        return await _page(parts, request, place)

    @get("/{environment:str}/credit/statement.csv", guards=[for_accounts])
    async def statement(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """The entries of a period, as a file."""
        place = await place_of(parts, request, environment)
        asked = asked_of(request, _PERIOD_FIELDS)
        if not any(asked.values()):
            asked = _this_month(parts.clock.now())
        try:
            period = read_period(asked["from"], asked["to"])
        except InvalidPeriod as error:
            problems = _said(request, {"period": str(error)})
            return await _page(parts, request, place, status=422, problems=problems, period=asked)
        return await _download(parts, place, period)

    @post("/{environment:str}/credit/alert", guards=[for_owners], status_code=200)
    async def alert(request: PageRequest, environment: FromPath[str]) -> Response[Any]:
        """Say who is told when the credit is low, and when that is."""
        place = await place_of(parts, request, environment)
        form = await read_form(request)
        asked = read_alert(form.text("below"), form.text("url"))
        if asked.problems:
            problems = _said(request, asked.problems)
            return await _page(parts, request, place, status=422, problems=problems, alert=asked)
        await _set_alert(parts, request, place, asked)
        return lead_to(place.path(SECTION), "no-alert" if asked.below_micro is None else "alert")

    return [credit, statement, alert]


def _said(request: PageRequest, problems: Mapping[str, str]) -> Mapping[str, str]:
    say = say_in(request.user.language)
    return {name: say(sentence) for name, sentence in problems.items()}


async def _page(
    parts: ConsoleParts,
    request: PageRequest,
    place: Place,
    *,
    status: int = 200,
    **values: Any,
) -> Response[Any]:
    now = parts.clock.now()
    asked = asked_of(request, _FIELDS)
    async with parts.database.acquire() as connection:
        wallet = await read_wallet(connection, place.space_id)
        assert wallet is not None, "a space is made with its wallet"
        guards = await read_wallet_guards(connection, place.space_id, now)
        bundles = await list_bundles(connection, place.space_id)
    entries, problem = await _entries(parts, place, asked)
    person = request.user.person
    shown: dict[str, Any] = {
        "wallet": wallet,
        "guards": guards,
        "bundles": [one for one in bundles if one.ended_at is None],
        "old_bundles": [one for one in bundles if one.ended_at is not None],
        "entries": entries,
        "problem": problem,
        "asked": asked,
        "kinds": KIND_WORDS,
        "months": months_of(wallet.created_at, now, request.user.language),
        "figures": Figures(request.user.language),
        "now": now,
        "is_owner": person is not None and person.role is Role.OWNER,
        "sandbox_micro": SANDBOX_CREDIT_MICRO,
        "period": _this_month(now),
        "alert": AlertForm.of(guards.alert_below_micro, place.facts.terms.alert_url),
        "problems": {},
        "done": _DONE.get(asked["done"], ""),
        **values,
    }
    template = account_page(request, place, "account/credit.html", section=SECTION, **shown)
    template.status_code = status
    return template


async def _entries(
    parts: ConsoleParts, place: Place, asked: dict[str, str]
) -> tuple[EntryPage, str]:
    """The entries that are asked for, or why there are none."""
    before = asked["before"]
    kind = EntryKind(asked["kind"]) if asked["kind"] in set(EntryKind) else None
    wanted = EntrySearch(
        period=read_month(asked["month"]),
        kind=kind,
        before=int(before) if before.isascii() and before.isdigit() and len(before) <= 18 else None,
        limit=_PAGE,
    )
    try:
        async with parts.reports.transaction(
            isolation="repeatable_read", readonly=True
        ) as connection:
            return await search_entries(connection, place.space_id, wanted), ""
    except DatabaseError:
        return EntryPage((), None), _TOO_MUCH


async def _set_alert(
    parts: ConsoleParts, request: PageRequest, place: Place, asked: AlertForm
) -> None:
    space, now = place.facts.space, parts.clock.now()
    below = asked.below_micro
    details = {
        "alert_below": None if below is None else format_amount(below),
        "alert_url": asked.url or None,
    }
    async with parts.database.transaction() as connection:
        changes = WalletGuardChanges(alert_below_micro=below)
        await set_wallet_guards(connection, space.space_id, changes)
        await set_terms(connection, space.space_id, TermsChanges(alert_url=asked.url or None))
        await record(connection, actor_of(request), "guard.set", space, details, now)


def _this_month(now: datetime) -> dict[str, str]:
    month = Period.of_month(now.astimezone(UTC).date())
    last = month.end - timedelta(days=1)
    return {"from": month.begin.isoformat(), "to": last.isoformat()}


async def _download(parts: ConsoleParts, place: Place, period: Period) -> Response[Any]:
    space = place.facts.space
    last = period.end - timedelta(days=1)
    name = f"statement-{space.environment}-{period.begin}-{last}.csv"
    return await statement_file(parts, space, period, name)
