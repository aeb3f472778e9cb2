"""How a command fails: one sentence to standard error and exit code 1 (2 is for wrong usage).

What is not in the table is a bug, and shows its traceback (never with local variables: they hold
secrets).
"""

import sys
from typing import Final

import typer

from staffetta.config import SettingsError
from staffetta.db.embedded import EmbeddedServerError
from staffetta.db.errors import DatabaseError
from staffetta.db.migrations import MigrationError
from staffetta.domain.errors import StaffettaError
from staffetta.domain.secrets import InvalidServerKey


class CommandFailed(Exception):
    """A failure of a command itself; its text is the sentence."""


EXPECTED: Final = (
    CommandFailed,
    StaffettaError,
    SettingsError,
    DatabaseError,
    MigrationError,
    EmbeddedServerError,
    InvalidServerKey,
)


def run(app: typer.Typer) -> None:
    """Run the command line; ends the process."""
    try:
        app(prog_name="staffetta")
    except EXPECTED as failure:
        typer.echo(f"staffetta: {failure}", err=True)
        sys.exit(1)
