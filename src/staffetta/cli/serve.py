"""`staffetta serve` and `staffetta migrate`: running an installation, and its schema alone.

The roles themselves run in processes of their own (`staffetta.app.child`), so this command imports
neither the web framework nor what stands behind it.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer
import uvloop

from staffetta.app.children import CHILD_COMMAND
from staffetta.app.logs import configure_logs
from staffetta.app.roles import Role
from staffetta.app.sockets import AddressInUseError
from staffetta.app.supervisor import AlreadyServingError, Supervisor
from staffetta.cli.failures import CommandFailed
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.config import SETTINGS, Settings, read_settings, unknown_settings

_ROLES: Final = ", ".join(Role)


def _settings_help() -> str:
    """The table of settings, for the end of the help text."""
    lines = [
        f"{setting.variable}: {setting.explanation} Default: {setting.default_words}."
        for setting in SETTINGS
    ]
    return "\n\n".join(["Settings (environment variables):", *lines])


EPILOGS: Final = {"serve": _settings_help()}


def serve(
    role: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Play one role without a supervisor; repeatable. One of: {_ROLES}.",
            metavar="ROLE",
        ),
    ] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(help="The port for HTTP; 0 takes a free one.", min=0, max=65535)
    ] = None,
    tls_cert: Annotated[
        Path | None, typer.Option(help="A certificate chain in PEM: adds HTTPS beside HTTP.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="The certificate's key in PEM.")] = None,
) -> None:
    """Run the gateway: database, HTTP, dispatch, callbacks, housekeeping, simulated network.

    SIGTERM or Ctrl-C stops it cleanly: what is in progress is finished first. A second one hurries.
    """
    environment = dict(os.environ)
    for name, value in (
        ("HOST", host),
        ("PORT", port),
        ("TLS_CERT", tls_cert and tls_cert.absolute()),
        ("TLS_KEY", tls_key and tls_key.absolute()),
    ):
        if value is not None:
            environment[f"STAFFETTA_{name}"] = str(value)
    settings = read_settings(environment)
    for warning in unknown_settings(environment):
        typer.echo(f"staffetta: warning: {warning}", err=True)
    if role:
        _play(role, environment)
    sys.exit(_supervise(settings, environment))


def migrate() -> None:
    """Bring the database's schema up to this release.

    `serve` does it by itself; this is for installations where only one person may.
    """

    async def work(_parts: Opened) -> None:
        """Opening has migrated already."""

    with_everything_open(work)
    typer.echo("the schema is up to date")


def _supervise(settings: Settings, environment: dict[str, str]) -> int:
    configure_logs(settings, "supervisor")
    try:
        uvloop.run(Supervisor(settings, environment, _say).run())
    except (AddressInUseError, AlreadyServingError) as error:
        raise CommandFailed(str(error)) from None
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _play(names: list[str], environment: dict[str, str]) -> NoReturn:
    """Become the process that plays these roles."""
    known = set(Role)
    if not known.issuperset(names):
        raise typer.BadParameter(f"expected one of {_ROLES}", param_hint="--role")
    roles = [part for name in dict.fromkeys(names) for part in ("--role", name)]
    # Our own interpreter and module, and words from a fixed list.
    os.execve(sys.executable, [*CHILD_COMMAND, *roles], environment)  # noqa: S606
