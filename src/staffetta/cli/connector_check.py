"""`staffetta connector check`: certify a carrier before customers' messages do."""

import sys
from dataclasses import replace
from typing import Annotated, Final

import typer

from staffetta.cli.connector_change import apply_change
from staffetta.cli.connector_check_json import json_of
from staffetta.cli.connector_check_shown import progress_line, report_of, show_report
from staffetta.cli.connector_parts import InEnvironment, Name, note, smpp_settings
from staffetta.cli.failures import CommandFailed
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson
from staffetta.cli.output import print_json
from staffetta.connectors.smpp.certification.certify import Plan, Progress, certify
from staffetta.connectors.smpp.certification.conclude import conclude
from staffetta.connectors.smpp.certification.findings import Findings
from staffetta.connectors.smpp.certification.script import BURST_MAX, NUMBERS_MAX, Question
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.domain.clock import SystemClock
from staffetta.domain.environments import Environment
from staffetta.domain.phones import parse_mobile
from staffetta.routing.change_connector import (
    COLUMNS,
    SIMULATED,
    ConnectorChange,
    StoredConnector,
    find_connector,
    open_secrets,
)
from staffetta.routing.connector_use import read_use

_WAIT_SECONDS_MAX: Final = 3600.0
_ITS_LINKS_RUN: Final = (
    "The connector runs with {} links: reports of this check may come to them, and be missed here."
    " `staffetta connector drain {} --wait` first makes the result certain."
)


def check(
    name: Name,
    to: Annotated[
        list[str] | None,
        typer.Option("--to", help="A phone of yours, like +393331234567; may be given again."),
    ] = None,
    burst: Annotated[
        int,
        typer.Option(
            "--burst", help="Send so many more at once, to learn the rate.", min=0, max=BURST_MAX
        ),
    ] = 0,
    no_send: Annotated[
        bool, typer.Option("--no-send", help="Connect and bind alone; nothing is sent.")
    ] = False,
    sender: Annotated[
        str | None, typer.Option("--from", help="The sender; without it, the installation's.")
    ] = None,
    wait: Annotated[
        float,
        typer.Option(
            "--wait", help="Seconds to wait for delivery reports.", min=0, max=_WAIT_SECONDS_MAX
        ),
    ] = 60.0,
    ask: Annotated[bool, typer.Option("--ask", help="Ask you what the phone shows.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Send without asking first: it costs money.")
    ] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="Set what the check found to be needed.")
    ] = False,
    environment: InEnvironment = None,
    as_json: AsJson = False,
) -> None:
    """Certify a carrier: connect as its links do, send a script to your phones, learn its ways.

    It has a connection of its own, so the carrier must allow one more bind, or the connector be
    stopped. What is sent costs what the carrier asks; accounts pay nothing.

    Example: staffetta connector check acme --no-send

    Example: staffetta connector check acme --to +393331234567 --burst 100 --ask
    """
    numbers = _numbers(to or [], no_send=no_send)
    if ask and not sys.stdin.isatty():
        raise CommandFailed("there is no terminal to ask at: leave --ask out")
    stored, plan, open_link_count = with_everything_open(
        lambda parts: _prepare(parts, name, environment, numbers, sender, burst, wait)
    )
    if plan.numbers and open_link_count:
        typer.echo(_ITS_LINKS_RUN.format(open_link_count, name), err=True)
    _agree_to_costs(plan, yes=yes)
    findings = with_everything_open(
        lambda parts: _certify(parts, stored, plan, ask=ask, quiet=as_json)
    )
    if apply and findings.settings:
        apply_change(name, environment, _change(findings), "connector.set")
    if as_json:
        print_json({**json_of(stored.name, findings), "applied": apply and bool(findings.settings)})
    else:
        show_report(report_of(stored.name, findings, plan.settings), applied=apply)
    if findings.observed.greeting.obstacle is not None:
        raise typer.Exit(1)


def _numbers(to: list[str], *, no_send: bool) -> tuple[str, ...]:
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


async def _prepare(
    parts: Opened,
    name: str,
    environment: Environment | None,
    numbers: tuple[str, ...],
    sender: str | None,
    burst: int,
    wait: float,
) -> tuple[StoredConnector, Plan, int]:
    async with parts.database.acquire() as connection:
        stored = await find_connector(connection, name, environment)
        use = await read_use(connection, stored.id)
    settings = smpp_settings(parts, stored, open_secrets(parts.keyring, stored))
    if stored.kind == SIMULATED:
        settings = _at_the_network(parts, settings)
    own_sender = sender or parts.settings.default_sender
    plan = Plan.of(settings, own_sender, numbers, burst, wait)
    return stored, plan, use.open_link_count


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
        f"This sends {certain} segments to {len(plan.numbers)} numbers{more};"
        " the carrier charges for them."
    )
    typer.echo(sentence, err=True)
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandFailed("there is no terminal to ask at: agree with --yes")
    if not typer.confirm("Send them?", err=True):
        raise CommandFailed("nothing was sent")


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
