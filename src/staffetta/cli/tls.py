"""`staffetta tls`: HTTPS for clients that have a host name and `https://` built in."""

import os
import shlex
from dataclasses import asdict
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final

import typer

from staffetta.api.doors import PUBLISHED_NAMES
from staffetta.cli.failures import CommandFailed
from staffetta.cli.options import AsJson
from staffetta.cli.output import print_json
from staffetta.config import Settings, read_settings
from staffetta.config.certificates import (
    CannotCertify,
    Host,
    Made,
    make_development_certificate,
    parse_host,
)

app = typer.Typer(no_args_is_help=True, help="Make certificates for HTTPS.")

_ALWAYS: Final = ("localhost", "127.0.0.1", "::1")
_FOLDER: Final = "tls"


@app.callback()
def tls() -> None:
    """Make certificates for HTTPS."""


@app.command()
def dev(
    directory: Annotated[
        Path | None, typer.Option(help="Where the files go; default: tls in the data directory.")
    ] = None,
    host: Annotated[
        list[str] | None,
        typer.Option(help="One more host name or address it is for; may be given several times."),
    ] = None,
    renew: Annotated[
        bool, typer.Option("--renew", help="Make the server's certificate anew, even a good one.")
    ] = False,
    new_authority: Annotated[
        bool, typer.Option("--new-authority", help="Make another authority: clients trust it anew.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a local authority and a certificate for all published host names, and say what to do.

    For development and tests: real clients reach this Staffetta under the names that are built into
    them. The authority can sign for these hosts and for no others. A running server takes up a
    certificate that was made anew.

    Example: staffetta tls dev

    Example: staffetta tls dev --directory ./certificates --host sms.example.test
    """
    settings = read_settings(os.environ)
    try:
        hosts = _hosts(settings, host or [])
        made = make_development_certificate(
            (directory or settings.data_dir / _FOLDER).expanduser().absolute(),
            hosts,
            datetime.now(UTC).replace(microsecond=0),
            renew=renew,
            new_authority=new_authority,
        )
    except CannotCertify as error:
        raise CommandFailed(str(error)) from None
    if as_json:
        print_json(
            {
                name: list(value) if isinstance(value, tuple) else str(value)
                for name, value in asdict(made).items()
                if not isinstance(value, bool)
            }
        )
    else:
        typer.echo(_what_to_do(made))


def _hosts(settings: Settings, extra: list[str]) -> list[Host]:
    """Every host the certificate is for, each once. Raises CannotCertify."""
    names = [*PUBLISHED_NAMES, *(own.name for own in settings.hosts), *_ALWAYS, *extra]
    if not _is_any(settings.host):
        names.append(settings.host)
    return list(dict.fromkeys(parse_host(name) for name in names))


def _is_any(host: str) -> bool:
    """Whether this address stands for every address of the machine."""
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False


def _what_to_do(made: Made) -> str:
    authority, certificate, key = (
        shlex.quote(str(path)) for path in (made.authority, made.certificate, made.key)
    )
    names = [host for host in made.hosts if not _is_address(host) and host != "localhost"]
    authority_word = "made" if made.made_authority else "kept"
    certificate_word = "made" if made.made_certificate else "kept"
    lines = [
        f"Authority {authority_word}:    {authority}",
        f"Certificate {certificate_word}:  {certificate}",
        f"Its key:           {key}",
        f"It is for {len(made.hosts)} hosts, until {made.ends_at:%Y-%m-%d}.",
        "",
        "1. Serve HTTPS with it (ports below 1024 need root, or",
        "   sysctl net.ipv4.ip_unprivileged_port_start=443):",
        f"     export STAFFETTA_TLS_CERT={certificate}",
        f"     export STAFFETTA_TLS_KEY={key}",
        "     export STAFFETTA_TLS_PORT=443",
        "     staffetta serve",
        "",
        "2. Let the names lead here: add these lines to /etc/hosts on the client's machine (there",
        "   with this machine's address, when it is another one):",
        *(f"     127.0.0.1 {name}" for name in names),
        "",
        "3. Trust the authority, on the client's machine:",
        "   Debian, Ubuntu (curl, PHP, Go, wget, OpenSSL):",
        f"     sudo cp {authority} /usr/local/share/ca-certificates/staffetta-dev.crt",
        "     sudo update-ca-certificates",
        "   curl, one call:",
        f"     curl --cacert {authority} https://sms.openapi.com/healthz",
        "   Python, requests and httpx (nothing else is trusted then; after update-ca-certificates",
        "   name /etc/ssl/certs/ca-certificates.crt to trust the public ones, too):",
        f"     export REQUESTS_CA_BUNDLE={authority}",
        f"     export SSL_CERT_FILE={authority}",
        "   Node:",
        f"     export NODE_EXTRA_CA_CERTS={authority}",
        "",
        "The key of the authority stays beside it, readable by you alone. When you are done, take",
        "the lines out of /etc/hosts again: until then these names lead nowhere else.",
    ]
    return "\n".join(lines)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
