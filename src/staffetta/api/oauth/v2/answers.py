"""The shapes of OAuth v2's successes: every object has `success`, `message` and `error`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from staffetta.api.asgi import Answer, json_answer


def answer_data(data: object, message: str = "") -> Answer:
    """A success with its data in the envelope."""
    return json_answer(200, _envelope(data, message))


def answer_flat(fields: Mapping[str, Any], message: str = "") -> Answer:
    """A success whose fields stand at the top too: clients read a token from either place."""
    return json_answer(200, {**fields, **_envelope(fields, message)})


def shown_time(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, whole seconds, as the services of messages write times."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z"


def _envelope(data: object, message: str) -> dict[str, object]:
    return {"data": data, "success": True, "message": message, "error": None}
