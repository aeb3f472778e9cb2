"""The callbacks role keeps away from its own machine unless it knows that nobody else can ask."""

import asyncio
import socket
from pathlib import Path

import pytest
from outbox import Outbox, make_outbox
from receiver import Receiver, receiving

from staffetta.app.calling_back import run_callbacks
from staffetta.app.processes import Heartbeat
from staffetta.app.roles import RoleContext, Sockets
from staffetta.config import read_settings
from staffetta.db.pool import Database
from staffetta.domain.clock import SystemClock
from staffetta.domain.ids import IdMaker
from staffetta.domain.secrets import Keyring


class _LongLived(SystemClock):
    """The clock of a heartbeat that stays fresh, though nobody renews it."""

    def monotonic(self) -> float:
        return super().monotonic() + 3600


async def _attempt_error(
    outbox: Outbox,
    receiver: Receiver,
    database_url: str,
    settings: dict[str, str],
    *,
    supervised: bool,
    http: socket.socket | None = None,
) -> str:
    """Why the role's one attempt to reach the receiver failed; "" when it did not."""
    clock = SystemClock()
    await outbox.owe([await outbox.message(receiver.url())])
    stop = asyncio.Event()
    context = RoleContext(
        settings=read_settings(settings),
        database=outbox.database,
        database_url=database_url,
        heartbeat=await Heartbeat.register(outbox.database, "callbacks", _LongLived()),
        keyring=Keyring.parse("ab" * 32),
        clock=clock,
        ids=IdMaker(),
        sockets=Sockets(http=http),
        supervised=supervised,
        ready=lambda _role: None,
    )
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        tasks.create_task(run_callbacks(context, stop))
        while not (attempts := await outbox.attempts()):
            pass
        stop.set()
    error: str = attempts[0]["error"]
    return error


@pytest.mark.parametrize(
    ("supervised", "plays_api", "settings", "reaches"),
    [
        (True, False, {}, True),
        (False, True, {}, True),
        (False, False, {}, False),
        (False, False, {"STAFFETTA_CALLBACKS_ALLOW_NETWORKS": "127.0.0.0/8"}, True),
        (True, False, {"STAFFETTA_HOST": "0.0.0.0"}, False),
    ],
    ids=["supervised", "beside the API", "alone", "alone, and allowed", "open to the world"],
)
async def test_loopback_is_called_back_where_requests_come_from_loopback(
    database: Database,
    database_url: str,
    tmp_path: Path,
    settings: dict[str, str],
    *,
    supervised: bool,
    plays_api: bool,
    reaches: bool,
) -> None:
    outbox = await make_outbox(database, SystemClock().now())
    given = {"STAFFETTA_DATA_DIR": str(tmp_path), **settings}
    with socket.socket() as bound:
        http = bound if plays_api else None
        async with receiving() as receiver:
            error = await _attempt_error(
                outbox, receiver, database_url, given, supervised=supervised, http=http
            )

    assert len(receiver.received) == int(reaches)
    assert ("is not a public address" in error) is not reaches
