"""The server's own pages: is it well, and what has it counted."""

from collections.abc import Callable
from typing import Final

from staffetta.api.asgi import Answer, AsgiApp, Receive, Scope, Send, json_answer, send_answer
from staffetta.api.context import ApiContext
from staffetta.api.metrics import metrics_answer
from staffetta.api.refusals import WRONG_METHOD, refuse, retry_after

_WELL: Final = json_answer(200, {"status": "ok"})
_UNWELL: Final = json_answer(503, {"status": "cannot accept messages now"}, retry_after(2))
_ALLOW: Final = ((b"allow", b"GET, HEAD"),)


def own_pages(context: ApiContext) -> list[tuple[str, AsgiApp]]:
    """Each path with its page."""
    return [
        ("/healthz", _page(lambda: _WELL if context.is_ready() else _UNWELL)),
        ("/metrics", _page(lambda: _metrics(context))),
    ]


def _metrics(context: ApiContext) -> Answer:
    context.metrics.publish()
    return metrics_answer(context.registry)


def _page(make: Callable[[], Answer]) -> AsgiApp:
    async def serve(scope: Scope, _receive: Receive, send: Send) -> None:
        method = scope["method"]
        if method in {"GET", "HEAD"}:
            await send_answer(send, make())
        else:
            sentence = f"{method} is not a call here: use GET"
            await send_answer(send, refuse(None, WRONG_METHOD, sentence, _ALLOW))

    return serve
