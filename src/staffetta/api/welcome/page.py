"""From a request for / to its answer: the page for people, the same ways as JSON for programs."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from staffetta.api.asgi import Answer, Header, Scope, json_answer
from staffetta.api.web_pages import (
    NOT_KEPT,
    Files,
    asked_of,
    base_of,
    header_of,
    html_answer,
    templates_of,
    words_of,
)
from staffetta.api.welcome.services import SHOWN
from staffetta.domain.languages import Language, choose_language

_HERE: Final = Path(__file__).parent
_VARIES: Final[Header] = (b"vary", b"Accept, Accept-Language")
_FILES: Final = Files(_HERE / "static", "/static", ("welcome.css", "welcome.js"))
Make = Callable[[Scope], Answer]


def welcome_pages(is_ready: Callable[[], bool]) -> Iterator[tuple[str, Make]]:
    """The page and its files, by path."""
    yield "/", partial(_welcome, is_ready)
    yield from _FILES.pages()


def _welcome(is_ready: Callable[[], bool], scope: Scope) -> Answer:
    base = base_of(scope)
    if "text/html" not in header_of(scope, b"accept"):
        return _for_programs(base, is_ready()).with_headers((NOT_KEPT, _VARIES))
    accepted = header_of(scope, b"accept-language")
    language = choose_language(asked_of(scope, "language"), accepted)
    words = words_of(_HERE, language)
    template = templates_of(_HERE / "templates").get_template("welcome.html")
    html = template.render(
        gettext=words.gettext,
        ngettext=words.ngettext,
        static=_FILES.address,
        language=language,
        languages=list(Language),
        services=SHOWN,
        base=base,
        command=_command(base),
        is_ready=is_ready(),
    )
    return html_answer(html, language, _VARIES)


def _for_programs(base: str, is_ready: bool) -> Answer:
    return json_answer(
        200,
        {
            "name": "Staffetta",
            "ready": is_ready,
            "health": f"{base}/healthz",
            "console": f"{base}/console",
            "services": {
                one.name: {
                    "production": base + one.path,
                    "sandbox": f"{base}/sandbox{one.path}",
                    "reference": f"{base}/docs/{Language.ENGLISH.value}/{one.name}",
                }
                for one in SHOWN
            },
        },
    )


def _command(base: str) -> str:
    """A line to paste: a message to a simulated phone."""
    body = '{"recipient": "+393331234567", "message": "Hello from Staffetta"}'
    return f"""curl {base}/sandbox/v2/IT-messages -H "Authorization: Bearer $TOKEN" -d '{body}'"""
