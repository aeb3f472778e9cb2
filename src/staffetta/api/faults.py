"""The last resort: what no table knows is a bug, logged under an id that the caller is told."""

import secrets

import structlog

from staffetta.api.asgi import Answer
from staffetta.api.doors import Room
from staffetta.api.refusals import FAULT, refuse

_log = structlog.get_logger(__name__)


def answer_fault(room: Room | None, call: str, error: Exception) -> Answer:
    """Log a bug with its trace; the 500 says the id, and nothing of the bug.

    `call` names the call, never the path as sent: tokens can stand in paths.
    """
    fault_id = secrets.token_hex(8)
    _log.error("request_failed", fault_id=fault_id, call=call, exc_info=error)
    return refuse(room, FAULT, f"a fault on our side: it is in the log as {fault_id}")
