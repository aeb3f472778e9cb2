"""An account at a glance, and what is done to the whole of it: a new name, its end, recording."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.accounts.audit import record
from staffetta.accounts.change_account import close_account, rename_account, reopen_account
from staffetta.accounts.email import Email
from staffetta.accounts.errors import AccountExists, InvalidEmail
from staffetta.accounts.read_account import Account
from staffetta.console.acting import actor_of
from staffetta.console.forms import lead_to, read_form
from staffetta.console.guards import for_operators
from staffetta.console.languages import mark
from staffetta.console.pages.operate.account_place import (
    NO_TROUBLE,
    OperatedPlace,
    Trouble,
    operated_place,
    tab_page,
)
from staffetta.console.parts import ConsoleParts
from staffetta.console.rendering import PageRequest
from staffetta.db.pool import Connection
from staffetta.domain.environments import Environment
from staffetta.ledger.read_wallet import WalletView, read_wallets
from staffetta.messaging.last_messages import find_last_messages
from staffetta.messaging.record_account import (
    record_space,
    record_space_no_more,
    recorded_until,
)

_ONE: Final = "/operate/accounts/{account_id:int}"
# How long everything may be recorded: what a form offers.
SPANS: Final[Mapping[str, tuple[timedelta, str]]] = MappingProxyType(
    {
        "30m": (timedelta(minutes=30), mark("half an hour")),
        "2h": (timedelta(hours=2), mark("two hours")),
        "1d": (timedelta(days=1), mark("a day")),
        "7d": (timedelta(days=7), mark("a week")),
    }
)
_NO_ADDRESS: Final = mark("Write an e-mail address, like olga@example.com.")
_TAKEN: Final = mark("An account has this address already.")
_DONE: Final = {
    "unseen": mark(
        "This form was obeyed already: the account was made once, and what opens it was shown in"
        " that answer alone. If nobody saw it, make a key under Keys and tokens, and a password"
        " under People."
    ),
    "renamed": mark("The account has its new address."),
    "closed": mark("The account is closed: its tokens, API keys and people are refused."),
    "reopened": mark("The account is open again: what it had works as before."),
    "recording": mark("Every PDU of the account's messages is recorded from now on."),
    "recorded": mark("The recording has ended; what was recorded stays for its time."),
}


def account_overview_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get(_ONE, guards=[for_operators])
    async def overview(request: PageRequest, account_id: FromPath[int]) -> Response[Any]:
        """What is known of it."""
        return await _page(parts, request, account_id)

    @post(f"{_ONE}/rename", guards=[for_operators], status_code=200)
    async def rename(request: PageRequest, account_id: FromPath[int]) -> Response[Any]:
        """Give it another address."""
        typed = (await read_form(request)).text("email")
        try:
            new_email = Email.parse(typed)

            async def change(connection: Connection, place: OperatedPlace) -> Account:
                return await rename_account(connection, place.email, new_email)

            return await _changed(parts, request, account_id, "account.rename", "renamed", change)
        except (AccountExists, InvalidEmail) as error:
            sentence = _TAKEN if isinstance(error, AccountExists) else _NO_ADDRESS
            trouble = Trouble({"email": typed}, {"email": sentence})
            return await _page(parts, request, account_id, trouble)

    @post(f"{_ONE}/close", guards=[for_operators], status_code=200)
    async def close(request: PageRequest, account_id: FromPath[int]) -> Response[Any]:
        """Refuse its tokens, keys and people."""

        async def change(connection: Connection, place: OperatedPlace) -> Account:
            return await close_account(connection, place.email, parts.clock.now())

        return await _changed(parts, request, account_id, "account.close", "closed", change)

    @post(f"{_ONE}/reopen", guards=[for_operators], status_code=200)
    async def reopen(request: PageRequest, account_id: FromPath[int]) -> Response[Any]:
        """Let it in again."""

        async def change(connection: Connection, place: OperatedPlace) -> Account:
            return await reopen_account(connection, place.email)

        return await _changed(parts, request, account_id, "account.reopen", "reopened", change)

    @post(f"{_ONE}/record/{{environment:str}}", guards=[for_operators], status_code=200)
    async def keep(
        request: PageRequest, account_id: FromPath[int], environment: FromPath[str]
    ) -> Response[Any]:
        """Begin the flight recorder, or end it."""
        return await _record(parts, request, account_id, environment)

    return [overview, rename, close, reopen, keep]


async def _record(
    parts: ConsoleParts, request: PageRequest, account_id: int, environment: str
) -> Response[Any]:
    span = SPANS.get((await read_form(request)).text("span"))
    now = parts.clock.now()
    until = None if span is None else now + span[0]
    async with parts.database.transaction() as connection:
        place = await operated_place(connection, parts, account_id, environment)
        space = place.facts.space
        if until is None:
            await record_space_no_more(connection, space.space_id)
        else:
            await record_space(connection, space.space_id, until)
        details = {"until": until and until.isoformat(timespec="seconds")}
        await record(connection, actor_of(request), "account.trace", space, details, now)
    return lead_to(place.path(), "recorded" if until is None else "recording")


async def _changed(
    parts: ConsoleParts,
    request: PageRequest,
    account_id: int,
    action: str,
    done: str,
    change: Callable[[Connection, OperatedPlace], Awaitable[Account]],
) -> Response[Any]:
    """Change an account, note it where anything changed, and show it again."""
    async with parts.database.transaction() as connection:
        place = await operated_place(connection, parts, account_id)
        before, after = place.account, await change(connection, place)
        if after != before:
            renamed = after.email != before.email
            details = {"from": before.email, "to": after.email} if renamed else {}
            now = parts.clock.now()
            await record(connection, actor_of(request), action, after, details, now)
    return lead_to(place.path(), done)


async def _page(
    parts: ConsoleParts, request: PageRequest, account_id: int, trouble: Trouble = NO_TROUBLE
) -> Response[Any]:
    now = parts.clock.now()
    recorded: dict[Environment, datetime | None] = {}
    async with parts.database.acquire() as connection:
        place = await operated_place(connection, parts, account_id)
        ids = {where: facts.space.space_id for where, facts in place.spaces.items()}
        wallets: dict[int, WalletView] = await read_wallets(connection, list(ids.values()))
        lasts = await find_last_messages(connection, list(ids.values()))
        for where, space_id in ids.items():
            recorded[where] = await recorded_until(connection, space_id, now)
    return tab_page(
        request,
        place,
        "",
        "operate/account_overview.html",
        trouble=trouble,
        done=_DONE,
        wallets={where: wallets[space_id] for where, space_id in ids.items()},
        lasts={where: lasts.get(space_id) for where, space_id in ids.items()},
        recorded=recorded,
        spans=SPANS,
    )
