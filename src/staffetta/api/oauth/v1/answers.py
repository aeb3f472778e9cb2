"""The shapes of OAuth v1's answers: every object has `success` (contract section 3). Pure."""

from typing import Any, Final

from staffetta.accounts.token_desk import NewToken, TokenRecord
from staffetta.api.asgi import Answer, json_answer

# 204 has no body, and clients that parse every body get it only where the contract lists it.
NOTHING: Final = Answer(204, b"")


def answer_data(data: object) -> Answer:
    """A success with its data."""
    return json_answer(200, {"data": data, "success": True, "message": "", "error": None})


def answer_sentence(sentence: str) -> Answer:
    """A success with a sentence alone."""
    return json_answer(200, {"message": sentence, "success": True, "error": None})


def answer_new(made: NewToken) -> Answer:
    """A new token, flat."""
    return json_answer(
        200,
        {
            "scopes": made.scopes,
            "expire": int(made.expire_at.timestamp()),
            "token": made.token,
            "success": True,
            "message": "",
            "error": None,
        },
    )


def token_object(record: TokenRecord) -> dict[str, Any]:
    """A token in a list."""
    return {
        "scopes": record.scopes,
        "expire": int(record.expire_at.timestamp()),
        "token": record.shown,
    }
