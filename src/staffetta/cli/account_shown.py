"""Everything that `staffetta account show` tells of one account."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from staffetta.accounts.email import Email
from staffetta.accounts.people import Person, list_people
from staffetta.accounts.read_account import Account, SpaceFacts, find_account, read_spaces
from staffetta.accounts.terms import DEFAULT_TERMS, Terms
from staffetta.cli.output import Result, facts, local_time
from staffetta.cli.person import json_of
from staffetta.db.pool import Connection
from staffetta.domain.environments import Environment
from staffetta.domain.money import as_number, format_amount
from staffetta.ledger.read_wallet import WalletView, read_wallet


@dataclass(frozen=True, slots=True)
class AccountShown:
    """One account, from all the packages that know something of it."""

    account: Account
    spaces: dict[Environment, tuple[SpaceFacts, WalletView]]
    people: list[Person]


async def read_shown(connection: Connection, email: Email, now: datetime) -> AccountShown:
    """Everything as of one moment: the caller's transaction is repeatable. Raises NoSuchAccount."""
    account = await find_account(connection, email)
    spaces = {}
    for environment, space_facts in (await read_spaces(connection, account, now)).items():
        space_id = space_facts.space.space_id
        wallet = await read_wallet(connection, space_id)
        if wallet is None:
            raise LookupError(f"space {space_id} has no wallet")
        spaces[environment] = (space_facts, wallet)
    return AccountShown(account, spaces, await list_people(connection, account.account_id))


def account_facts(shown: AccountShown) -> Result:
    """The account in both forms."""
    account = shown.account
    return facts(
        {
            "account": account.email,
            "currency": account.currency,
            "created_at": account.created_at.isoformat(),
            "closed_at": account.closed_at and account.closed_at.isoformat(),
            "environments": {
                environment.value: _space_json(*one) for environment, one in shown.spaces.items()
            },
            "people": [json_of(person) for person in shown.people],
        },
        list(_rows(shown)),
        "" if account.closed_at is None else "The account is closed: nothing of it is let in.",
    )


def _space_json(space: SpaceFacts, wallet: WalletView) -> dict[str, object]:
    return {
        "balance": as_number(wallet.balance_micro),
        "held": as_number(wallet.held_micro),
        "available": as_number(wallet.available_micro),
        "tokens": space.token_count,
        "api_keys": space.api_key_count,
        "blocklisted_at": space.blocklisted_at and space.blocklisted_at.isoformat(),
        "blocklisted_reason": space.blocklisted_reason,
        "terms": _own_terms(space.terms),
    }


def _own_terms(terms: Terms) -> dict[str, object]:
    """What differs from the usual terms."""
    usual = msgspec.structs.asdict(DEFAULT_TERMS)
    return {
        name: sorted(value) if isinstance(value, frozenset) else msgspec.to_builtins(value)
        for name, value in msgspec.structs.asdict(terms).items()
        if value != usual[name]
    }


def _rows(shown: AccountShown) -> Iterator[tuple[str, object]]:
    account = shown.account
    yield "account", account.email
    yield "since", local_time(account.created_at)
    if account.closed_at is not None:
        yield "closed", local_time(account.closed_at)
    for environment, (space, wallet) in shown.spaces.items():
        yield from _space_rows(environment, account.currency, space, wallet)
    yield "people", "\n".join(_told(person) for person in shown.people) or "none"


def _space_rows(
    environment: Environment, currency: str, space: SpaceFacts, wallet: WalletView
) -> Iterator[tuple[str, object]]:
    money = f"{format_amount(wallet.balance_micro)} {currency}"
    if wallet.held_micro:
        money += f", {format_amount(wallet.held_micro)} of it held"
    yield f"{environment}: wallet", money
    yield f"{environment}: tokens, API keys", f"{space.token_count}, {space.api_key_count}"
    if space.blocklisted_at is not None:
        since = local_time(space.blocklisted_at)
        yield f"{environment}: blocked", f"since {since}: {space.blocklisted_reason}"
    for name, value in _own_terms(space.terms).items():
        yield f"{environment}: {name.replace('_', ' ')}", _plain(value)


def _told(person: Person) -> str:
    disabled = "" if person.disabled_at is None else ", disabled"
    return f"{person.email} ({person.role}{disabled})"


def _plain(value: object) -> object:
    match value:
        case list():
            return ", ".join(str(one) for one in value)
        case {"count": count, "seconds": seconds}:
            return f"{count} in {seconds} s" if count else "no limit"
    return value
