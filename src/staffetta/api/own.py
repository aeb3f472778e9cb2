"""The server's own pages: is it well, what has it counted, and what its services are."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from staffetta.api.asgi import Answer, AsgiApp, Receive, Scope, Send, json_answer, send_answer
from staffetta.api.context import ApiContext
from staffetta.api.metrics import metrics_answer
from staffetta.api.openapi.pages import document_answer, document_names, document_path
from staffetta.api.reference.pages import reference_pages
from staffetta.api.refusals import WRONG_METHOD, refuse, retry_after
from staffetta.api.welcome.page import welcome_pages

_WELL: Final = json_answer(200, {"status": "ok"})
_UNWELL: Final = json_answer(503, {"status": "cannot accept messages now"}, retry_after(2))
_ALLOW: Final = ((b"allow", b"GET, HEAD"),)


def own_pages(context: ApiContext) -> list[tuple[str, AsgiApp]]:
    """Each path with its page."""
    return [
        ("/healthz", _page(lambda _: _WELL if context.is_ready() else _UNWELL)),
        ("/metrics", _page(lambda _: _metrics(context))),
        *_documents(),
        *((path, _answering(make)) for path, make in welcome_pages(context.is_ready)),
        *((path, _answering(make)) for path, make in reference_pages()),
    ]


def _documents() -> Iterator[tuple[str, AsgiApp]]:
    for service, language in document_names():
        yield document_path(service, language), _page(partial(document_answer, service, language))


def _metrics(context: ApiContext) -> Answer:
    context.metrics.publish()
    return metrics_answer(context.registry)


def _page(make: Callable[[bytes], Answer]) -> AsgiApp:
    """A page; `make` is given the If-None-Match header, empty where there is none."""
    return _answering(lambda scope: make(dict(scope["headers"]).get(b"if-none-match", b"")))


def _answering(make: Callable[[Scope], Answer]) -> AsgiApp:
    """A page that is made from its request."""

    async def serve(scope: Scope, _receive: Receive, send: Send) -> None:
        method = scope["method"]
        if method in {"GET", "HEAD"}:
            await send_answer(send, make(scope))
        else:
            sentence = f"{method} is not a call here: use GET"
            await send_answer(send, refuse(None, WRONG_METHOD, sentence, _ALLOW))

    return serve
