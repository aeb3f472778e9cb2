"""Which command is where: a table, and the group that imports a command when it is called.

Together the commands import almost all of the product. Each by itself needs a part of it, and
somebody waits for it.
"""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

# In the order in which they are listed. A module that has a group has it as `app`; a single command
# is the function of its name.
COMMANDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "serve": "serve",
        "migrate": "serve",
        "account": "account",
        "person": "person",
        "apikey": "apikey",
        "token": "token",
        "topup": "topup",
        "bundle": "bundle",
        "guard": "guard",
        "words": "words",
        "blocklist": "blocklist",
        "sender": "sender",
        "callbacks": "callbacks",
        "connector": "connector",
        "key": "key",
        "tls": "tls",
        "send": "send",
        "messages": "messages",
        "trace": "trace",
        "ledger": "ledger",
        "audit": "audit",
        "smsc": "smsc",
    }
)


class Commands(TyperGroup):
    """All commands, each imported when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 (as the group defines it)
        """Their names."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """One of them, or None."""
        if cmd_name not in self.commands and cmd_name in COMMANDS:
            self.add_command(_load(cmd_name), cmd_name)
        return super().get_command(ctx, cmd_name)


def _load(name: str) -> Any:
    module = import_module(f"staffetta.cli.{COMMANDS[name]}")
    group: typer.Typer | None = getattr(module, "app", None)
    if group is not None:
        group.info.name = name
        return get_group(group)
    alone = typer.Typer(add_completion=False)
    alone.command(name, epilog=getattr(module, "EPILOGS", {}).get(name))(getattr(module, name))
    return get_command(alone)
