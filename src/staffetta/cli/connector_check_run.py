"""Running a certification for `staffetta connector check`: agreed to, watched, told and applied."""

import sys
from dataclasses import dataclass, replace
from typing import Final

import typer

from staffetta.cli.connector_change import apply_change
from staffetta.cli.connector_check_json import json_of
from staffetta.cli.connector_check_shown import show_report
from staffetta.cli.connector_parts import note, smpp_settings
from staffetta.cli.failures import CommandFailed
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.output import print_json
from staffetta.connectors.smpp.certification.certify import Plan, Progress, certify
from staffetta.connectors.smpp.certification.conclude import conclude
from staffetta.connectors.smpp.certification.findings import Findings
from staffetta.connectors.smpp.certification.in_words import progress_line, report_of
from staffetta.connectors.smpp.certification.script import NUMBERS_MAX, Question
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.domain.clock import SystemClock
from staffetta.domain.environments import Environment
from staffetta.domain.phones import parse_mobile
from staffetta.domain.senders import parse_v1_sender
from staffetta.routing.change_connector import (
    COLUMNS,
    SIMULATED,
    ConnectorChange,
    StoredConnector,
    find_connector,
    open_secrets,
)
from staffetta.routing.checks import refuse_open_check
from staffetta.routing.connector_use import count_in_flight

_ITS_LINKS_RUN: Final = (
    "The connector runs with {} links: reports of this check may come to them, and be missed here."
    " `staffetta connector drain {} --wait` first makes the result certain."
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for."""

    name: str
    environment: Environment | None
    numbers: tuple[str, ...]  # none: connect alone
    sender: str | None  # None: the installation's
    burst_count: int
    wait_seconds: float
    asks: bool
    is_agreed: bool
    applies: bool


def numbers_of(to: list[str], *, no_send: bool) -> tuple[str, ...]:
    """The phones to send to, each once; raises InvalidRecipient."""
    if no_send:
        if to:
            raise typer.BadParameter("nothing is sent with --no-send", param_hint="--to")
        return ()
    if not to:
        raise typer.BadParameter(
            "name a phone of yours, like +393331234567, or connect alone with --no-send",
            param_hint="--to",
        )
    if len(to) > NUMBERS_MAX:
        raise typer.BadParameter(f"at most {NUMBERS_MAX} numbers", param_hint="--to")
    return tuple(dict.fromkeys(parse_mobile(number).e164 for number in to))


def sender_of(sender: str | None) -> str | None:
    """The sender that was named; raises InvalidSender."""
    return None if sender is None else parse_v1_sender(sender)


def run(wanted: Wanted, *, as_json: bool) -> bool:
    """Certify, tell, and apply where that is wanted; whether the connection came to be."""
    if wanted.asks and not sys.stdin.isatty():
        raise CommandFailed("there is no terminal to ask at: leave --ask out")
    stored, plan, open_link_count = with_everything_open(lambda parts: _prepare(parts, wanted))
    if plan.numbers and open_link_count:
        typer.echo(_ITS_LINKS_RUN.format(open_link_count, stored.name), err=True)
    _agree_to_costs(plan, yes=wanted.is_agreed)
    findings = with_everything_open(
        lambda parts: _certify(parts, stored, plan, ask=wanted.asks, quiet=as_json)
    )
    applied = wanted.applies and bool(findings.settings)
    if applied:
        apply_change(wanted.name, wanted.environment, _change(findings), "connector.set")
    if as_json:
        print_json({**json_of(stored.name, findings), "applied": applied})
    else:
        show_report(report_of(stored.name, findings, plan.settings), applied=applied)
    return findings.observed.greeting.obstacle is None


async def _prepare(parts: Opened, wanted: Wanted) -> tuple[StoredConnector, Plan, int]:
    async with parts.database.acquire() as connection:
        stored = await find_connector(connection, wanted.name, wanted.environment)
        await refuse_open_check(connection, stored.id)
        in_flight = await count_in_flight(connection, stored.id)
    settings = smpp_settings(parts, stored, open_secrets(parts.keyring, stored))
    if stored.kind == SIMULATED:
        settings = _at_the_network(parts, settings)
    sender = wanted.sender or parts.settings.default_sender
    plan = Plan.of(
        settings,
        sender,
        wanted.numbers,
        wanted.burst_count,
        wanted.wait_seconds,
        is_alone=not stored.enabled and not in_flight.open_link_count,
    )
    return stored, plan, in_flight.open_link_count


def _at_the_network(parts: Opened, settings: SmppSettings) -> SmppSettings:
    """Where the simulated network listens, as far as settings say."""
    address = parts.settings.network_address
    if address is None and parts.settings.network_port:
        address = ("127.0.0.1", parts.settings.network_port)
    if address is None:
        raise CommandFailed(
            "the simulated network listens on a port of its own choice:"
            " set STAFFETTA_NETWORK_PORT for the server and for this command"
        )
    return replace(settings, host=address[0], port=address[1])


def _agree_to_costs(plan: Plan, *, yes: bool) -> None:
    """Say what is sent, and have it agreed to."""
    certain, perhaps = plan.segment_counts()
    if not certain:
        return
    more = f", and up to {perhaps} more where something is refused" if perhaps else ""
    sentence = (
        f"This sends {certain} segments to {_phones(plan)}{more}; the carrier charges for them."
    )
    typer.echo(sentence, err=True)
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandFailed("there is no terminal to ask at: agree with --yes")
    if not typer.confirm("Send them?", err=True):
        raise CommandFailed("nothing was sent")


def _phones(plan: Plan) -> str:
    return "one phone" if len(plan.numbers) == 1 else f"{len(plan.numbers)} phones"


async def _certify(
    parts: Opened, stored: StoredConnector, plan: Plan, *, ask: bool, quiet: bool
) -> Findings:
    if plan.numbers:
        async with parts.database.transaction() as connection:
            details = {"numbers": len(plan.numbers), "segments": plan.segment_counts()[0]}
            await note(parts, connection, "connector.check", stored, details)

    def told(progress: Progress) -> None:
        line = progress_line(progress)
        if line and plan.numbers and not quiet:
            typer.echo(line)

    clock = SystemClock()
    observed = await certify(plan, clock, told, _ask_person if ask else None)
    return conclude(observed, plan.settings, clock.now())


def _ask_person(question: Question) -> str:
    typer.echo(f"\n{question.text}")
    for number, (_meaning, words) in enumerate(question.choices, 1):
        typer.echo(f"  {number}  {words}")
    while True:
        chosen: int = typer.prompt("Number", type=int)
        if 1 <= chosen <= len(question.choices):
            return question.choices[chosen - 1][0]
        typer.echo(f"a number from 1 to {len(question.choices)}")


def _change(findings: Findings) -> ConnectorChange:
    changes = dict(findings.settings)
    return ConnectorChange(
        columns={key: value for key, value in changes.items() if key in COLUMNS},
        settings={key: value for key, value in changes.items() if key not in COLUMNS},
    )
