"""`staffetta smsc`: the simulated network alone, for developers of other software.

Owns the options. What they run is in run_smsc.py, which is imported when it is needed: no other
command should wait for an event loop and SMPP.
"""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from staffetta.cli.failures import CommandFailed
from staffetta.domain.writing import Alphabet

Choice = TypeVar("Choice", bound=StrEnum)


_Port = Annotated[
    int, typer.Option(help="The port to listen on; 0 takes a free one.", min=0, max=65535)
]
_Host = Annotated[str, typer.Option(help="The address to listen on.")]
_SystemId = Annotated[
    str | None, typer.Option(help="Let only this system_id bind; without it, any may.")
]
_PasswordEnv = Annotated[
    str | None,
    typer.Option(help="The environment variable that holds the password to ask for."),
]
_Delay = Annotated[
    float, typer.Option(help="Seconds from a submit to its delivery.", min=0, max=3600)
]
_Window = Annotated[
    int, typer.Option(help="Reports without an answer, on one bind.", min=1, max=10_000)
]
_SmscAlphabet = Annotated[
    Alphabet, typer.Option(help="What it takes the octets of data_coding 0 for.")
]
_SeptetCoding = Annotated[
    int | None,
    typer.Option(help="The data_coding under which it takes septets all the same.", min=1, max=255),
]
_Ids = Annotated[
    str, typer.Option(help="How ids are spelled in answers, and after the dash in reports.")
]
_FirstId = Annotated[
    int | None,
    typer.Option(help="The number of the first message, instead of a long one.", min=1),
]
_ReportForm = Annotated[str, typer.Option(help="What reports are made of.")]
_TlsCertificate = Annotated[
    Path | None, typer.Option(help="Speak TLS: a certificate and its chain, in PEM.")
]
_TlsKey = Annotated[Path | None, typer.Option(help="Its key, in PEM; may stand in the same file.")]
_Journal = Annotated[
    Path | None,
    typer.Option(help="A file that gets a line of JSON for each accepted segment."),
]
_Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Print a line for each message and report.")
]
_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]


def smsc(
    port: _Port = 2775,
    host: _Host = "127.0.0.1",
    system_id: _SystemId = None,
    password_env: _PasswordEnv = None,
    delay: _Delay = 1.0,
    window: _Window = 500,
    alphabet: _SmscAlphabet = Alphabet.GSM_7,
    septet_coding: _SeptetCoding = None,
    ids: _Ids = "hex",
    first_id: _FirstId = None,
    report_form: _ReportForm = "both",
    tls_certificate: _TlsCertificate = None,
    tls_key: _TlsKey = None,
    journal: _Journal = None,
    verbose: _Verbose = False,
    quiet: _Quiet = False,
) -> None:
    """Run the simulated network as an SMSC of its own, until interrupted.

    It is spoken to over SMPP 3.4 and delivers to nobody. What it prints at the start says which
    recipients meet which trouble.

    Example: staffetta smsc --port 2775

    Example: staffetta smsc --ids hex-decimal --first-id 1 --report-form bare
    """
    from staffetta.cli import run_smsc  # noqa: PLC0415 - as the module's docstring says

    settings = run_smsc.NetworkSettings(
        system_id=system_id,
        password=None if password_env is None else _password(password_env),
        delivery_seconds=delay,
        window_size=window,
        ids=_one_of(run_smsc.IdSpelling, ids, "--ids"),
        first_id=first_id,
        report_form=_one_of(run_smsc.ReportForm, report_form, "--report-form"),
        alphabet=run_smsc.SmscAlphabet(alphabet, septet_coding),
    )
    try:
        tls = run_smsc.tls_context(tls_certificate, tls_key)
        run_smsc.run(settings, host, port, tls, journal=journal, verbose=verbose, quiet=quiet)
    except (run_smsc.JournalNotWritable, run_smsc.CertificateNotUsable) as error:
        raise CommandFailed(str(error)) from None
    except OSError as error:
        # A host that is not found has a negative number, and words of its own.
        number = error.errno or 0
        reason = os.strerror(number) if number > 0 else error.strerror
        raise CommandFailed(f"cannot listen on {host}:{port}: {reason}") from None


def _one_of(choices: type[Choice], value: str, option: str) -> Choice:
    try:
        return choices(value)
    except ValueError:
        known = ", ".join(choices)
        raise typer.BadParameter(f"{value!r} is not one of {known}", param_hint=option) from None


def _password(variable: str) -> str:
    password = os.environ.get(variable)
    if not password:
        raise CommandFailed(f"the environment variable {variable} is not set, or empty")
    return password
