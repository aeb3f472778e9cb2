"""The carrier of the benchmarks: our simulated network, reporting at once.

Run as `python -m bench.smsc PORT`, until SIGTERM.
"""

import asyncio
import signal
import socket
import sys

import uvloop

from staffetta.connectors.simulated import NetworkSettings, run_network


async def _serve(port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    listening = socket.create_server(("127.0.0.1", port))
    await run_network(listening, NetworkSettings(delivery_seconds=0.0), stop)


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
