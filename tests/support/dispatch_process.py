"""What one dispatch process does for one connector, over real sockets, while a block runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from hand_gateway import Gateway, make_process
from prometheus_client import CollectorRegistry
from scripted_esme import until

from staffetta.app.loops import Loops, run_forever
from staffetta.connectors.metrics import ConnectorMetrics
from staffetta.connectors.smpp.connector import SmppConnector
from staffetta.connectors.smpp.link_states import LinkChange, LinkState
from staffetta.connectors.smpp.options import settings_of
from staffetta.messaging.answers import write_answers_once
from staffetta.messaging.dispatch import Dispatcher
from staffetta.messaging.inbox import MemoryInbox
from staffetta.messaging.learning import Learning
from staffetta.messaging.report import Reporter
from staffetta.messaging.settle import Settler


@dataclass(frozen=True)
class DispatchProcess:
    """The parts a test looks at."""

    inbox: MemoryInbox
    learning: Learning
    reporter: Reporter


@asynccontextmanager
async def dispatching(
    gateway: Gateway, port: int, **settings: Any
) -> AsyncIterator[DispatchProcess]:
    """Claim, submit, settle and report; at the end drain, as a process does that is told to stop.

    Knows nothing but what the database does when it begins.
    """
    connector_id = gateway.connector.connector_id
    row = {
        "id": connector_id,
        "name": "carrier",
        "host": "127.0.0.1",
        "port": port,
        "system_id": "esme",
        "window_max": 200,
        "rate_per_second": 0,
        "link_count": 2,
        "settings": settings,
    }
    owner = await make_process(gateway.database)
    database, clock, ids = gateway.database, gateway.clock, gateway.ids
    inbox, learning = MemoryInbox(), Learning(database, clock)
    settler = Settler(database, inbox, clock, ids, gateway.callback_bell, owner, learning)
    reporter = Reporter(database, inbox, clock, ids, gateway.callback_bell, learning)
    changes: list[LinkChange] = []
    connector = SmppConnector(
        settings_of(row, "secret"),
        inbox,
        clock,
        ConnectorMetrics(CollectorRegistry()),
        may_write=lambda: True,
        changed=changes.append,
    )
    dispatcher = Dispatcher(
        database, connector, inbox, clock, gateway.keyring, owner, lambda: True, batch_wanted=200
    )
    stop = asyncio.Event()
    await learning.share_once()
    async with Loops() as writing:
        writing.start(
            lambda: write_answers_once(settler, reporter), 1, wake=inbox.answers_came, name="write"
        )
        writing.start(reporter.rematch_once, 0.05)
        writing.start(learning.share_once, 0.05)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(connector.run(stop))
            tasks.create_task(
                run_forever(
                    dispatcher.dispatch_or_rest, 0.05, wake=inbox.room_of(connector_id), stop=stop
                )
            )
            await until(lambda: [one.state for one in changes].count(LinkState.BOUND) >= 2)
            try:
                yield DispatchProcess(inbox, learning, reporter)
            finally:
                stop.set()
        await until(lambda: not (inbox.settlements or inbox.reports))
