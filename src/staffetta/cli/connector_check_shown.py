"""A certification's report, printed."""

import typer

from staffetta.cli.output import facts, show
from staffetta.connectors.smpp.certification.in_words import ShownReport


def show_report(report: ShownReport, *, applied: bool) -> None:
    """Print a report; a line that is to be typed is never broken, however narrow the terminal."""
    show(facts(None, report.rows), as_json=False)
    if report.command:
        typer.echo(f"\n{'Applied' if applied else 'Settings to apply'}: {report.command}")
    elif report.proposal:
        typer.echo(f"\nIf it is theirs: {report.proposal}")
    elif report.is_whole:
        typer.echo("\nNothing needs to be set.")
