"""The reference pages: a service's calls for a reader, and the same to be tried in a browser.

At /docs/{language}/{service} and /docs/{language}/{service}/try; for paper at
/docs/en/{service}.pdf, for Postman below /docs/postman. Whoever asks for /docs alone is led to the
newest service in their own language.
"""

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Final

from staffetta.api.asgi import Answer, Scope
from staffetta.api.openapi.services import SERVICES
from staffetta.api.reference.rendering import (
    FILES,
    HERE,
    POSTMAN,
    WRITTEN_BASE,
    postman_files,
    reference_path,
    render_reference,
    render_trial,
)
from staffetta.api.web_pages import asked_of, base_of, header_of, html_answer
from staffetta.domain.languages import Language, choose_language

_NEWEST: Final = "v2"
_FOUND: Final = 303
# Swagger UI draws small pictures from its style sheet, and sets widths by script.
_SWAGGER_NEEDS: Final = {"img-src": "'self' data:", "style-src": "'self' 'unsafe-inline'"}
Make = Callable[[Scope], Answer]


def reference_pages() -> Iterator[tuple[str, Make]]:
    """Every page and file, by path."""
    yield "/docs", _lead_on
    yield from FILES.pages()
    for language in Language:
        yield f"/docs/{language.value}", partial(_lead_to, language)
        for service in SERVICES:
            path = reference_path(service, language)
            yield path, partial(_reference, service, language)
            yield f"{path}/try", partial(_trial, service, language)
    for service in SERVICES:
        yield paper_path(service), partial(_paper, service)
        for name in postman_files(service):
            yield f"{POSTMAN}/{name}", partial(_postman, name)


def paper_path(service: str) -> str:
    """Where a service's reference for paper is."""
    return f"{reference_path(service, Language.ENGLISH)}.pdf"


def _lead_on(scope: Scope) -> Answer:
    return _lead_to(choose_language(None, header_of(scope, b"accept-language")), scope)


def _lead_to(language: Language, _scope: Scope) -> Answer:
    location = reference_path(_NEWEST, language).encode()
    return Answer(_FOUND, b"", ((b"location", location), (b"vary", b"Accept-Language")))


def _reference(service: str, language: Language, scope: Scope) -> Answer:
    html = render_reference(service, language, asked_of(scope, "sample"), base_of(scope))
    return html_answer(html, language)


def _trial(service: str, language: Language, _scope: Scope) -> Answer:
    return html_answer(render_trial(service, language), language, allowing=_SWAGGER_NEEDS)


@cache
def _octets(service: str) -> bytes:
    return (HERE / "pdf" / f"{service}.pdf").read_bytes()


def _paper(service: str, _scope: Scope) -> Answer:
    return Answer(200, _octets(service), (), (b"content-type", b"application/pdf"))


@cache
def _collection(name: str) -> str:
    return (HERE / "postman" / name).read_text(encoding="utf-8")


def _postman(name: str, scope: Scope) -> Answer:
    """A collection, or an environment, for the address that it is asked from."""
    text = _collection(name).replace(WRITTEN_BASE, base_of(scope))
    attachment = f'attachment; filename="{name}"'.encode()
    return Answer(200, text.encode(), ((b"content-disposition", attachment),))
