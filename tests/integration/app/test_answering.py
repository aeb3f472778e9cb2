"""The API's role when it is hurried: it ends at once, with all that it runs."""

import asyncio
import socket
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from staffetta.app.answering import run_api
from staffetta.app.processes import Heartbeat
from staffetta.app.roles import RoleContext, Sockets
from staffetta.config import read_settings
from staffetta.db.pool import Database
from staffetta.domain.clock import SystemClock
from staffetta.domain.ids import IdMaker
from staffetta.domain.secrets import Keyring


async def test_what_stores_does_not_wait_for_arrivals_when_the_role_is_cut_short(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    clock, ready = SystemClock(), asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as http, capture_logs() as logs:
        context = RoleContext(
            settings=read_settings({"STAFFETTA_DATA_DIR": str(tmp_path)}),
            database=database,
            database_url=database_url,
            heartbeat=await Heartbeat.register(database, "api", clock),
            keyring=Keyring.parse("ab" * 32),
            clock=clock,
            ids=IdMaker(),
            sockets=Sockets(http=http),
            supervised=False,
            ready=lambda _role: ready.set(),
        )
        playing = asyncio.create_task(run_api(context, asyncio.Event()))
        await ready.wait()
        playing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await playing
    assert [one["event"] for one in logs if one["log_level"] in {"warning", "error"}] == []
