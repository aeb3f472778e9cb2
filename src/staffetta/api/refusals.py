"""Refusals that every service has, and the two shapes they come in.

Contract section 3, "what no page documents": v2 says {"code", "message"}, v1 and OAuth the platform
envelope. What section 2 refuses, a token or its scope, is in the envelope everywhere.
"""

from typing import Final

import msgspec

from staffetta.api.asgi import Answer, Header, Refused
from staffetta.api.doors import Room


class General(msgspec.Struct, frozen=True):
    """A refusal that any call of any service can give."""

    status: int
    code: int  # v2's; the envelope repeats the status


NO_SUCH_PATH: Final = General(404, 2071)
WRONG_METHOD: Final = General(405, 2072)
BODY_TOO_LARGE: Final = General(413, 2073)
TOO_MANY_REQUESTS: Final = General(429, 2090)
FAULT: Final = General(500, 2099)
NOT_NOW: Final = General(503, 2081)
BAD_REQUEST: Final = General(400, 1000)

_IN_ENVELOPE: Final = frozenset({Room.V1, Room.OAUTH_V1, Room.OAUTH_V2})


def refuse(
    room: Room | None, general: General, sentence: str, headers: tuple[Header, ...] = ()
) -> Answer:
    """A general refusal in the shape of the service; the server's own pages speak as v2 does."""
    if room in _IN_ENVELOPE:
        return envelope(general.status, sentence, general.status, headers)
    return coded(general.status, general.code, sentence, headers)


def coded(status: int, code: int, sentence: str, headers: tuple[Header, ...] = ()) -> Answer:
    """A refusal in v2's own shape."""
    body = msgspec.json.encode({"code": code, "message": sentence})
    return Answer(status, body, headers, refused=Refused(code, sentence))


def envelope(status: int, sentence: str, error: float, headers: tuple[Header, ...] = ()) -> Answer:
    """A refusal in the platform's envelope."""
    body = {"data": None, "success": False, "message": sentence, "error": error}
    refused = Refused(error, sentence)
    return Answer(status, msgspec.json.encode(body), headers, refused=refused)


def retry_after(seconds: int) -> tuple[Header, ...]:
    """The header that says when to come back."""
    return ((b"retry-after", b"%d" % seconds),)
