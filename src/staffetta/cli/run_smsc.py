"""Runs the simulated network for `staffetta smsc`, and prints what happens in it.

Owns the process around it: event loop, signals, output. It decides nothing about messages.
"""

import asyncio
import logging
import re
import signal
import ssl
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import structlog
import typer
import uvloop

from staffetta.cli.output import Column, Result, show
from staffetta.config import refuse_password
from staffetta.connectors.simulated import NetworkSettings, SimulatedNetwork
from staffetta.connectors.simulated.behaviours import BEHAVIOURS, ORDINARY
from staffetta.connectors.simulated.decoding import SmscAlphabet
from staffetta.connectors.simulated.exchange import Watcher
from staffetta.connectors.simulated.journal import Journal
from staffetta.connectors.simulated.spellings import IdSpelling, ReportForm
from staffetta.smpp.pdus import Pdu, ShortMessage

__all__ = [
    "CertificateNotUsable",
    "IdSpelling",
    "JournalNotWritable",
    "NetworkSettings",
    "ReportForm",
    "SmscAlphabet",
    "run",
]

_unprintable: Final = re.compile(r"[^\x20-\x7e]")


class JournalNotWritable(Exception):
    """The file for the journal cannot be opened; the text says why."""


class CertificateNotUsable(Exception):
    """The certificate or its key cannot be used; the text says why."""


def run(
    settings: NetworkSettings,
    host: str,
    port: int,
    tls: ssl.SSLContext | None,
    *,
    journal: Path | None,
    verbose: bool,
    quiet: bool,
) -> None:
    """Run until SIGINT or SIGTERM; raises OSError when it cannot listen, JournalNotWritable."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.WARNING if quiet else logging.INFO
        ),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    with ExitStack() as stack:
        watchers = [print_message] if verbose else []
        if journal is not None:
            watchers.append(stack.enter_context(_open_journal(journal, settings)).note)
        network = SimulatedNetwork(settings, _all_of(watchers) if watchers else None)
        uvloop.run(_run(network, settings, host, port, tls, quiet=quiet))


def tls_context(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """What the SMSC shows of itself, None for no TLS; raises CertificateNotUsable."""
    if certificate is None:
        if key is not None:
            raise CertificateNotUsable("--tls-key needs --tls-certificate")
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, password=refuse_password)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise CertificateNotUsable(f"cannot use {certificate}: {error}") from None
    return context


def _open_journal(path: Path, settings: NetworkSettings) -> Journal:
    try:
        return Journal(path, settings.alphabet)
    except OSError as error:
        raise JournalNotWritable(f"cannot write the journal {path}: {error.strerror}") from error


def _all_of(watchers: Sequence[Watcher]) -> Watcher:
    def watch(pdu: Pdu, word: str) -> None:
        for watcher in watchers:
            watcher(pdu, word)

    return watch


async def _run(
    network: SimulatedNetwork,
    settings: NetworkSettings,
    host: str,
    port: int,
    tls: ssl.SSLContext | None,
    *,
    quiet: bool,
) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await network.start(host, port, tls=tls)
    if not quiet:
        _print_greeting(settings, host, network.port, "SMPP 3.4 over TLS" if tls else "SMPP 3.4")
    try:
        await stop.wait()
    finally:
        await network.stop()


def _print_greeting(settings: NetworkSettings, host: str, port: int, speaks: str) -> None:
    who = "any system_id" if settings.system_id is None else f"system_id {settings.system_id}"
    asked = "any password" if settings.password is None else "the password you set"
    typer.echo(f"SMSC on {host}:{port}, {speaks}: bind with {who} and {asked}.\n")
    rows = [(f"...{row.digits}", row.outcome, row.what_happens) for row in BEHAVIOURS]
    rows.append(("all others", ORDINARY.outcome, ORDINARY.what_happens))
    columns = (Column("Recipient"), Column("Outcome"), Column("What happens"))
    show(Result(None, columns, rows, "Ctrl-C stops it."), as_json=False)
    sys.stdout.flush()


def print_message(pdu: Pdu, word: str) -> None:
    """Print one line for a submit or a report, with nothing in it that steers a terminal."""
    if isinstance(pdu, ShortMessage):
        sender, recipient, text = (
            octets.decode("latin-1")
            for octets in (pdu.source_addr, pdu.destination_addr, pdu.short_message)
        )
        line = f"{type(pdu).__name__} {sender} -> {recipient} {word}: {text}"
        typer.echo(_unprintable.sub(".", line))
