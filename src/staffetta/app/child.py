"""The program of a process that plays roles: `python -m staffetta.app.child --role api ...`.

Not for people: `staffetta serve` starts it, and `staffetta serve --role` becomes it. A supervisor's
child gets its sockets as descriptor numbers; any other opens its own. Settings come by the
environment.
"""

import argparse
import os
import resource
import socket
import sys
from collections.abc import Sequence

import structlog
import uvloop

from staffetta.app.logs import configure_logs
from staffetta.app.role_process import run_roles
from staffetta.app.roles import Role, Sockets
from staffetta.app.sockets import AddressInUseError, inherited, open_sockets
from staffetta.config import SettingsError, read_settings
from staffetta.db.embedded import EmbeddedServerError
from staffetta.db.errors import DatabaseError
from staffetta.db.migrations import MigrationError

_log = structlog.get_logger(__name__)


def main(arguments: Sequence[str]) -> int:
    """Play the roles that `arguments` name; answers the exit status."""
    parser = argparse.ArgumentParser(prog="staffetta.app.child")
    parser.add_argument("--role", action="append", required=True, choices=list(Role), type=Role)
    parser.add_argument("--supervised", action="store_true")
    for name in ("http", "https", "network"):
        parser.add_argument(f"--{name}-descriptor", type=int)
    given = parser.parse_args(arguments)
    settings = read_settings(os.environ)
    configure_logs(settings, "+".join(given.role))
    _raise_open_files()
    try:
        sockets = _given_sockets(given) if given.supervised else open_sockets(settings, given.role)
        return uvloop.run(run_roles(settings, given.role, sockets, supervised=given.supervised))
    except (
        AddressInUseError,
        DatabaseError,
        EmbeddedServerError,
        MigrationError,
        SettingsError,
    ) as error:
        _log.error("cannot_work", error=str(error))
    except Exception:  # noqa: BLE001 - the last resort: whoever supervises starts another
        _log.exception("process_failed")
    return 1


def _raise_open_files() -> None:
    """As many open files as we may have: a thousand connections pass the usual 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _given_sockets(given: argparse.Namespace) -> Sockets:
    return Sockets(
        http=_socket(given.http_descriptor),
        https=_socket(given.https_descriptor),
        network=_socket(given.network_descriptor),
    )


def _socket(descriptor: int | None) -> socket.socket | None:
    return None if descriptor is None else inherited(descriptor)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
