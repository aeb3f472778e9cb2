"""A simulated network for one test, on a free port."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from staffetta.connectors.simulated import NetworkSettings, SimulatedNetwork
from staffetta.smpp.pdus import SubmitSm

STEM = b"39333123"


@asynccontextmanager
async def running_network(**changed: Any) -> AsyncIterator[SimulatedNetwork]:
    """It delivers at once unless `changed` says otherwise."""
    settings = {"delivery_seconds": 0.0, "redelivery_seconds": 0.02} | changed
    network = SimulatedNetwork(NetworkSettings(**settings))
    await network.start()
    try:
        yield network
    finally:
        await network.stop()


def message(ending: str = "0000", text: bytes = b"hello", **changed: Any) -> SubmitSm:
    """A submit_sm to a number with these last four digits, with a report asked for."""
    fields = {
        "source_addr_ton": 5,
        "source_addr": b"ACME",
        "dest_addr_ton": 1,
        "dest_addr_npi": 1,
        "destination_addr": STEM + ending.encode(),
        "registered_delivery": 1,
        "short_message": text,
    }
    return SubmitSm(**(fields | changed))
