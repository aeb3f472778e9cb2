"""The command `staffetta`: thin edges around the use-cases of the packages below."""

import typer

from staffetta.cli import commands, serve
from staffetta.cli.failures import run

app = typer.Typer(
    name="staffetta",
    help="Staffetta, an SMS gateway you run yourself.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback with local variables would show secrets
)
serve.register(app)
commands.register(app)


def main() -> None:
    """Run the command line."""
    run(app)
