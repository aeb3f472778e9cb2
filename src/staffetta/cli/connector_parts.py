"""What the commands about one connector share: its name, its check, its password, its audit."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from staffetta.accounts.audit import record
from staffetta.app.carrier_desk import connector_settings
from staffetta.cli.actor import whoever_commands
from staffetta.cli.connector_values import read_text_file
from staffetta.cli.failures import CommandFailed
from staffetta.cli.opened import Opened
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.db.pool import Connection
from staffetta.domain.environments import Environment
from staffetta.routing.change_connector import OpenSecrets, StoredConnector
from staffetta.routing.connector_use import COUNT_SECONDS_MAX

Name = Annotated[str, typer.Argument(metavar="NAME", help="The connector's name.")]
InEnvironment = Annotated[
    Environment | None,
    typer.Option("--environment", help="Where two environments have a connector of this name."),
]
PasswordFile = Annotated[
    Path | None, typer.Option("--password-file", help="A file that holds the password.")
]
PasswordEnv = Annotated[
    str | None,
    typer.Option("--password-env", help="An environment variable that holds the password."),
]
LongPassword = Annotated[
    bool,
    typer.Option("--long-password", help="Allow more than the 8 characters SMPP has room for."),
]
NOT_COUNTED: Final = f"not counted within {COUNT_SECONDS_MAX:.0f} seconds"


def password_from(file: Path | None, variable: str | None) -> str | None:
    """The password out of a file or the environment; None when neither is named."""
    if file is not None and variable is not None:
        raise typer.BadParameter(
            "a password comes from one place", param_hint="--password-file, --password-env"
        )
    if variable is not None:
        if variable not in os.environ:
            raise CommandFailed(f"the environment variable {variable} is not set")
        return os.environ[variable]
    return None if file is None else read_text_file(file, "the password file").rstrip("\r\n")


def smpp_settings(parts: Opened, stored: StoredConnector, secrets: OpenSecrets) -> SmppSettings:
    """What the links of a connector would run with; raises InvalidSmppSettings."""
    return connector_settings(stored, secrets, parts.settings.response_seconds)


async def note(
    parts: Opened,
    connection: Connection,
    action: str,
    stored: StoredConnector,
    details: Mapping[str, object],
) -> None:
    """Note a change to a connector in the audit trail, in the caller's transaction."""
    said = {"connector": stored.name, "environment": stored.environment.value, **details}
    await record(connection, whoever_commands(), action, None, said, parts.now)


def utc(moment: datetime) -> str:
    """A time as JSON tells it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
