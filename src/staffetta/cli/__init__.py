"""The command `staffetta`: thin edges around the use-cases of the packages below."""

from typing import Annotated

import typer

from staffetta import __version__
from staffetta.cli.commands import Commands
from staffetta.cli.failures import run

app = typer.Typer(
    name="staffetta",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback with local variables would show secrets
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"staffetta {__version__}")
        raise typer.Exit


@app.callback()
def staffetta(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Staffetta, an SMS gateway you run yourself."""


def main() -> None:
    """Run the command line."""
    run(app)
