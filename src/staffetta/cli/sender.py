"""`staffetta sender`: senders that accounts asked for, and where they need approval."""

from datetime import datetime
from typing import Annotated, Final

import typer

from staffetta.accounts.audit import record
from staffetta.accounts.email import Email as Address
from staffetta.accounts.space import find_space
from staffetta.cli.actor import whoever_commands
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson, Whose
from staffetta.cli.output import Column, Result, facts, local_time, show
from staffetta.compliance.decide_sender import (
    ListedSender,
    decide_sender,
    free_country,
    list_all_senders,
    list_rules,
    require_approval,
)
from staffetta.compliance.senders import SenderState
from staffetta.db.pool import Connection
from staffetta.domain.environments import Environment

app = typer.Typer(no_args_is_help=True, help="Approve senders, and say where they need approval.")

_COLUMNS: Final = (
    Column("account"),
    Column("environment", whole=True),
    Column("country"),
    Column("sender", whole=True),
    Column("state"),
    Column("asked", whole=True),
    Column("what for"),
    Column("decision"),
)
_SOON: Final = "Running servers obey within a second."

_Sender = Annotated[str, typer.Argument(metavar="SENDER", help="As it is written: capitals count.")]
_OfCountry = Annotated[str, typer.Option("--country", help="ISO 3166 code, like IT.")]
_Country = Annotated[str, typer.Argument(metavar="COUNTRY", help="ISO 3166 code, like IT.")]
_Where = Annotated[
    Environment,
    typer.Option("--environment", help="Which world; the sandbox approves by itself."),
]


@app.command("list")
def list_(
    pending: Annotated[bool, typer.Option("--pending", help="Only those to be decided.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the senders that accounts asked for: those that wait first, then the newest.

    Example: staffetta sender list --pending
    """

    async def work(parts: Opened) -> list[ListedSender]:
        async with parts.database.acquire() as connection:
            return await list_all_senders(connection, pending_only=pending)

    senders = with_everything_open(work)
    nothing = "No sender waits for a decision." if pending else "No account asked for a sender."
    show(
        Result(
            [_json_of(sender) for sender in senders],
            _COLUMNS,
            [_row_of(sender) for sender in senders],
            "" if senders else nothing,
        ),
        as_json=as_json,
    )


@app.command()
def approve(
    email: Whose,
    sender: _Sender,
    country: _OfCountry,
    environment: _Where = Environment.PRODUCTION,
    as_json: AsJson = False,
) -> None:
    """Let an account use a sender in a country.

    Example: staffetta sender approve anna@example.com ACME --country IT
    """
    _decide(email, sender, country, environment, SenderState.APPROVED, "", as_json=as_json)


@app.command()
def reject(
    email: Whose,
    sender: _Sender,
    country: _OfCountry,
    reason: Annotated[str, typer.Option("--reason", help="Why, for other operators.")],
    environment: _Where = Environment.PRODUCTION,
    as_json: AsJson = False,
) -> None:
    """Refuse a sender, also one that was approved.

    Example: staffetta sender reject anna@example.com BANK --country IT --reason 'not their name'
    """
    _decide(email, sender, country, environment, SenderState.REJECTED, reason, as_json=as_json)


@app.command()
def require(country: _Country, as_json: AsJson = False) -> None:
    """Take only approved senders in a country, from now on.

    Example: staffetta sender require IT
    """
    code = country.upper()

    async def work(parts: Opened) -> bool:
        async with parts.database.transaction() as connection:
            changed = await require_approval(connection, code, parts.now)
            if changed:
                await _note_rule(connection, "sender.require", code, parts.now)
            return changed

    changed = with_everything_open(work)
    note = _SOON if changed else "It was so already."
    _show_rule(code, needs_approval=True, note=note, as_json=as_json)


@app.command()
def free(country: _Country, as_json: AsJson = False) -> None:
    """Take any sender in a country again.

    Example: staffetta sender free IT
    """
    code = country.upper()

    async def work(parts: Opened) -> bool:
        async with parts.database.transaction() as connection:
            changed = await free_country(connection, code)
            if changed:
                await _note_rule(connection, "sender.free", code, parts.now)
            return changed

    changed = with_everything_open(work)
    note = _SOON if changed else "It was so already."
    _show_rule(code, needs_approval=False, note=note, as_json=as_json)


@app.command()
def rules(as_json: AsJson = False) -> None:
    """Show the countries where senders need approval.

    Example: staffetta sender rules
    """

    async def work(parts: Opened) -> list[tuple[str, datetime]]:
        async with parts.database.acquire() as connection:
            return await list_rules(connection)

    found = with_everything_open(work)
    show(
        Result(
            [{"country": country, "since": since.isoformat()} for country, since in found],
            (Column("country"), Column("since", whole=True)),
            [(country, local_time(since)) for country, since in found],
            "" if found else "No country needs approval: any sender may be used anywhere.",
        ),
        as_json=as_json,
    )


def _decide(
    email: str,
    sender: str,
    country: str,
    environment: Environment,
    decision: SenderState,
    reason: str,
    *,
    as_json: bool,
) -> None:
    address = Address.parse(email)
    code = country.upper()

    async def work(parts: Opened) -> None:
        async with parts.database.transaction() as connection:
            space = await find_space(connection, address, environment)
            await decide_sender(
                connection, space.space_id, code, sender, decision, reason, parts.now
            )
            action = "sender.approve" if decision is SenderState.APPROVED else "sender.reject"
            details = {"sender": sender, "country": code, "reason": reason}
            await record(connection, whoever_commands(), action, space, details, parts.now)

    with_everything_open(work)
    said = {
        "account": address.text,
        "environment": environment,
        "country": code,
        "sender": sender,
        "state": decision,
    }
    show(facts(said, said.items(), _SOON), as_json=as_json)


async def _note_rule(connection: Connection, action: str, country: str, now: datetime) -> None:
    await record(connection, whoever_commands(), action, None, {"country": country}, now)


def _show_rule(country: str, *, needs_approval: bool, note: str, as_json: bool) -> None:
    said = {"country": country, "needs_approval": needs_approval}
    rows = [("country", country), ("senders", "only approved" if needs_approval else "any")]
    show(facts(said, rows, note), as_json=as_json)


def _json_of(sender: ListedSender) -> dict[str, object]:
    return {
        "account": sender.email,
        "environment": sender.environment,
        "country": sender.country,
        "sender": sender.sender,
        "state": sender.state,
        "traffic_type": sender.traffic_type,
        "company_website": sender.company_website,
        "industry": sender.industry,
        "sender_company_relationship": sender.sender_company_relationship,
        "reason": sender.decided_reason,
        "created_at": sender.created_at.isoformat(),
        "decided_at": sender.decided_at and sender.decided_at.isoformat(),
    }


def _row_of(sender: ListedSender) -> tuple[object, ...]:
    said = (
        sender.traffic_type,
        sender.company_website,
        sender.industry,
        sender.sender_company_relationship,
    )
    return (
        sender.email,
        sender.environment,
        sender.country,
        sender.sender,
        sender.state,
        local_time(sender.created_at),
        "\n".join(text for text in said if text),
        sender.decided_reason,
    )
