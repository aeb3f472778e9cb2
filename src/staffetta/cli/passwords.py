"""How a command comes by a person's password: asked for, read from standard input, or made.

Never from the command line, where every user of the machine could read it.
"""

import asyncio
import sys
from dataclasses import dataclass, field
from typing import Annotated, Final

import typer

from staffetta.accounts.email import Email
from staffetta.accounts.passwords import Password, Passwords, make_password
from staffetta.cli.failures import CommandFailed

_STDIN_BYTES_MAX: Final = 8192

FromStdin = Annotated[
    bool,
    typer.Option("--password-stdin", help="Read the password from standard input, as one line."),
]
Generated = Annotated[bool, typer.Option("--generate", help="Make a password, and show it once.")]


@dataclass(frozen=True, slots=True)
class ChosenPassword:
    """A password to be set, hashed already, and what is shown of it."""

    password_hash: str = field(repr=False)
    shown: str | None = field(repr=False)  # only one that we made ourselves

    def told(self) -> dict[str, str]:
        """What a result says of it."""
        return {} if self.shown is None else {"password": self.shown}


def choose_password(email: Email, *, from_stdin: bool, generate: bool) -> ChosenPassword:
    """The password of whoever signs in with `email`; raises InvalidPassword, CommandFailed."""
    if from_stdin and generate:
        raise typer.BadParameter(
            "a password comes from one place", param_hint="--password-stdin, --generate"
        )
    if generate:
        password = make_password(email)
    else:
        password = Password.parse(_from_stdin() if from_stdin else _asked_for(email), email)
    return ChosenPassword(_hashed(password), password.text if generate else None)


def _asked_for(email: Email) -> str:
    if not sys.stdin.isatty():
        raise CommandFailed(
            "there is no terminal to ask for a password at: use --password-stdin or --generate"
        )
    asked: str = typer.prompt(
        f"Password for {email.text}", hide_input=True, confirmation_prompt=True
    )
    return asked


def _from_stdin() -> str:
    given = sys.stdin.buffer.read(_STDIN_BYTES_MAX + 1)
    if len(given) > _STDIN_BYTES_MAX:
        raise CommandFailed(f"standard input holds more than {_STDIN_BYTES_MAX} bytes")
    try:
        return given.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise CommandFailed("standard input holds no text in UTF-8") from None


def _hashed(password: Password) -> str:
    passwords = Passwords()
    try:
        return asyncio.run(passwords.hash(password))
    finally:
        passwords.close()
