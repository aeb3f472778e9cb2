"""The accounts of the installation: found at a glance, and made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from staffetta.accounts.audit import Actor, record, was_obeyed
from staffetta.accounts.create_account import NewAccount, create_account
from staffetta.accounts.create_person import create_person
from staffetta.accounts.email import Email
from staffetta.accounts.errors import AccountExists, InvalidCurrency, InvalidEmail
from staffetta.accounts.operated import OperatedAccount, Standing, list_operated
from staffetta.accounts.passwords import Password, make_password
from staffetta.accounts.people import Role
from staffetta.accounts.people_errors import InvalidPerson, PersonExists
from staffetta.accounts.read_account import Account, find_account
from staffetta.console.acting import actor_of, new_form_number, number_of_once
from staffetta.console.asked import asked_of
from staffetta.console.forms import Form, lead_to, read_form
from staffetta.console.guards import for_operators
from staffetta.console.languages import mark, say_in
from staffetta.console.navigation import OPERATE
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import operator_page
from staffetta.console.refused import Refused
from staffetta.console.rendering import PageRequest
from staffetta.db.pool import Connection
from staffetta.domain.environments import Environment
from staffetta.ledger.read_wallet import WalletView, read_wallets
from staffetta.ledger.topup import grant
from staffetta.messaging.last_messages import find_last_messages

SECTION: Final = "/accounts"
_PAGE: Final = 50
_FIELDS: Final = ("search", "standing", "after")
_NEW_FIELDS: Final = ("email", "currency", "owner_email", "owner_name")
_NO_ADDRESS: Final = mark("Write an e-mail address, like olga@example.com.")
_TAKEN: Final = mark("An account has this address already.")
_NO_CURRENCY: Final = mark("Write the ISO 4217 code of a currency, like EUR.")
_SIGNS_IN: Final = mark("Somebody signs in with this address already.")
_NO_NAME: Final = mark("A name has at most 100 characters.")
STANDINGS: Final = {
    Standing.ALL: mark("all"),
    Standing.OPEN: mark("open"),
    Standing.BLOCKED: mark("blocked"),
    Standing.CLOSED: mark("closed"),
}


@dataclass(frozen=True, slots=True)
class ShownAccount:
    """One account in the list."""

    one: OperatedAccount
    wallets: Mapping[Environment, WalletView]
    last_message_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Owner:
    """Who may sign in for a new account, with a password that is shown once."""

    email: Email
    name: str
    password: Password = field(repr=False)
    password_hash: str = field(repr=False)


def account_list_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get("/operate/accounts", guards=[for_operators])
    async def accounts(request: PageRequest) -> Response[Any]:
        """The list, and the form to search in it."""
        asked = asked_of(request, _FIELDS)
        if asked["standing"] not in set(Standing):
            asked["standing"] = Standing.ALL.value
        shown = await _listed(parts, asked)
        return operator_page(
            request,
            "operate/accounts.html",
            section=SECTION,
            asked=asked,
            standings=STANDINGS,
            accounts=shown[:_PAGE],
            after=shown[_PAGE - 1].one.account.email if len(shown) > _PAGE else None,
        )

    @get("/operate/accounts/new", guards=[for_operators])
    async def ask(request: PageRequest) -> Response[Any]:
        """The form for a new account."""
        return _form(request, {**dict.fromkeys(_NEW_FIELDS, ""), "currency": "EUR"}, {})

    @post("/operate/accounts/new", guards=[for_operators], status_code=200)
    async def make(request: PageRequest) -> Response[Any]:
        """Make it, and show what opens it: here and never again."""
        form = await read_form(request)
        try:
            return await _make(parts, request, form)
        except Refused as refused:
            typed = {name: form.text(name) for name in _NEW_FIELDS}
            problem = say_in(request.user.language)(str(refused))
            return _form(request, typed, {refused.field: problem}, status=422)

    return [accounts, ask, make]


async def _listed(parts: ConsoleParts, asked: Mapping[str, str]) -> list[ShownAccount]:
    """What the list shows, and one more where there is more."""
    async with parts.reports.acquire() as connection:
        found = await list_operated(
            connection,
            search=asked["search"],
            standing=Standing(asked["standing"]),
            after=asked["after"],
            limit=_PAGE + 1,
        )
        space_ids = [space_id for one in found for space_id in one.spaces.values()]
        wallets = await read_wallets(connection, space_ids)
        lasts = await find_last_messages(connection, space_ids)
    return [
        ShownAccount(
            one,
            {where: wallets[space] for where, space in one.spaces.items() if space in wallets},
            max((lasts[space] for space in one.spaces.values() if space in lasts), default=None),
        )
        for one in found
    ]


async def _make(parts: ConsoleParts, request: PageRequest, form: Form) -> Response[Any]:
    """Make the account that a form describes, and show what opens it; raises Refused."""
    email, number = _address(form, "email"), number_of_once(form)
    owner = await _owner(parts, form) if form.text("owner_email") else None
    try:
        made = await _made(parts, actor_of(request), email, form.text("currency"), owner, number)
    except AccountExists:
        there = await _made_before(parts, email, number)
        if there is None:
            raise Refused("email", _TAKEN) from None
        return lead_to(f"{OPERATE}{SECTION}/{there.account_id}", "unseen")
    return operator_page(
        request, "operate/account_made.html", section=SECTION, account=made, owner=owner
    )


async def _made(
    parts: ConsoleParts,
    actor: Actor,
    email: Email,
    currency: str,
    owner: _Owner | None,
    number: str,
) -> NewAccount:
    """The account with its first owner, both or neither; raises AccountExists, Refused."""
    now = parts.clock.now()
    try:
        async with parts.database.transaction() as connection:
            made = await create_account(connection, email, currency.upper(), grant, now)
            details = {"currency": currency.upper()}
            await record(connection, actor, "account.create", made, details, now, form=number)
            if owner is not None:
                await _let_in(connection, actor, made, owner, now)
    except InvalidCurrency:
        raise Refused("currency", _NO_CURRENCY) from None
    except PersonExists:
        raise Refused("owner_email", _SIGNS_IN) from None
    except InvalidPerson:
        raise Refused("owner_name", _NO_NAME) from None
    return made


async def _let_in(
    connection: Connection, actor: Actor, made: NewAccount, owner: _Owner, now: datetime
) -> None:
    person = await create_person(
        connection,
        owner.email,
        Role.OWNER,
        made.account_id,
        owner.password_hash,
        now,
        name=owner.name,
    )
    details = {"person": person.email, "role": person.role.value}
    await record(connection, actor, "person.add", made, details, now)


async def _made_before(parts: ConsoleParts, email: Email, number: str) -> Account | None:
    """The account with this address, where the form with this number made it."""
    async with parts.database.transaction() as connection:
        account = await find_account(connection, email)
        return account if await was_obeyed(connection, account, number) else None


async def _owner(parts: ConsoleParts, form: Form) -> _Owner:
    email = _address(form, "owner_email")
    password = make_password(email)
    # Hashed before the transaction: it takes some tenths of a second.
    return _Owner(email, form.text("owner_name"), password, await parts.passwords.hash(password))


def _address(form: Form, name: str) -> Email:
    try:
        return Email.parse(form.text(name))
    except InvalidEmail:
        raise Refused(name, _NO_ADDRESS) from None


def _form(
    request: PageRequest, typed: Mapping[str, str], problems: Mapping[str, str], status: int = 200
) -> Response[Any]:
    return operator_page(
        request,
        "operate/account_new.html",
        section=SECTION,
        typed=typed,
        problems=problems,
        status=status,
        once=new_form_number(),
    )
