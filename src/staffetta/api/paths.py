"""The paths of one room: which function answers which path.

Raw ASGI functions in a table. Litestar's typed handlers cost 25 us a request where this costs one,
and they would answer errors in their own words; the bodies here are read and written by hand
anyway. Its raw handlers are cheap, but fail on paths with parameters (2.25).
"""

import re
from collections.abc import Mapping
from typing import Final

from staffetta.api.asgi import AsgiApp, Receive, Scope, Send, send_answer
from staffetta.api.doors import Room
from staffetta.api.refusals import NO_SUCH_PATH, refuse
from staffetta.domain.redaction import redact

_PARAMETER: Final = re.compile(r"\\{(\w+)\\}")
_SHOWN_MAX: Final = 200


class Paths:
    """Templates like `/v2/messages/{message_id}`, to what serves them.

    What a parameter stands for, anything but a slash, is put into `scope["path_params"]`.
    """

    def __init__(self, room: Room | None, served: Mapping[str, AsgiApp]) -> None:
        self._room = room
        self.templates = tuple(served)  # what documentation and tests walk
        self._plain = {path: serve for path, serve in served.items() if "{" not in path}
        self._items = [
            (_pattern(template), serve) for template, serve in served.items() if "{" in template
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, with 404 when the path is not in the table."""
        path: str = scope["path"]
        serve = self._plain.get(path) or self._find_item(scope, path)
        if serve is None:
            sentence = f"there is no call at {redact(path[:_SHOWN_MAX])}"
            await send_answer(send, refuse(self._room, NO_SUCH_PATH, sentence))
        else:
            await serve(scope, receive, send)

    def _find_item(self, scope: Scope, path: str) -> AsgiApp | None:
        for pattern, serve in self._items:
            if (match := pattern.fullmatch(path)) is not None:
                scope["path_params"] = match.groupdict()
                return serve
        return None


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(_PARAMETER.sub(r"(?P<\1>[^/]+)", re.escape(template)))
