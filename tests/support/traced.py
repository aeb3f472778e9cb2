"""The timeline of a message on the hand-played gateway, as the command shows it."""

from typing import Any

from hand_gateway import Gateway

from staffetta.messaging.tracing.pdus import Looks
from staffetta.messaging.tracing.read import find_message, read_trace
from staffetta.messaging.tracing.timeline import Timeline
from staffetta.messaging.tracing.trace import make_timeline


async def traced(
    gateway: Gateway, message_id: bytes, *, number: str | None = None, **looks: Any
) -> Timeline:
    async with gateway.database.transaction(
        isolation="repeatable_read", readonly=True
    ) as connection:
        found = await find_message(connection, message_id, number=number)
        rows = await read_trace(connection, found, gateway.clock.now())
    return make_timeline(rows, Looks(**looks))


def texts(timeline: Timeline, *kinds: str) -> list[str]:
    """What the events of these kinds say, in their order."""
    return [event.text for event in timeline.events if event.kind in kinds]


def kinds(timeline: Timeline) -> list[str]:
    return [event.kind for event in timeline.events]
