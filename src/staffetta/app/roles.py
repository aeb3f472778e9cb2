"""What one process can be, and what each role is given.

A role is `async def run(context, stop)`: it works until `stop` is set, drains, and returns. When it
can do its work it calls `context.ready(role)`. Raising ends the process; its supervisor starts
another.
"""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from staffetta.app.processes import Heartbeat
from staffetta.config import Settings
from staffetta.db.pool import Database
from staffetta.domain.clock import Clock
from staffetta.domain.ids import IdMaker
from staffetta.domain.secrets import Keyring


class Role(StrEnum):
    """The parts of an installation that can run apart."""

    API = "api"
    DISPATCH = "dispatch"
    CALLBACKS = "callbacks"
    HOUSEKEEPING = "housekeeping"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Sockets:
    """The listening sockets a process was given, or opened itself."""

    http: socket.socket | None = None
    https: socket.socket | None = None
    network: socket.socket | None = None


@dataclass(frozen=True, slots=True)
class RoleContext:
    """Everything a role depends on."""

    settings: Settings
    database: Database
    database_url: str  # for a pool of one's own
    heartbeat: Heartbeat  # heartbeat.process_id is the owner of claims
    keyring: Keyring
    clock: Clock
    ids: IdMaker
    sockets: Sockets
    supervised: bool  # whether this is a part of a whole installation on this machine
    ready: Callable[[Role], None]


RunRole = Callable[[RoleContext, asyncio.Event], Coroutine[Any, Any, None]]
