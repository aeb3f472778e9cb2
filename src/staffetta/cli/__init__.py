"""The command `staffetta`: thin edges around the use-cases of the packages below."""

import typer

from staffetta.cli.commands import Commands
from staffetta.cli.failures import run

app = typer.Typer(
    name="staffetta",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback with local variables would show secrets
)


@app.callback()
def staffetta() -> None:
    """Staffetta, an SMS gateway you run yourself."""


def main() -> None:
    """Run the command line."""
    run(app)
