"""The reference pages: a service's calls for a reader, and the same to be tried in a browser.

At /docs/{language}/{service} and /docs/{language}/{service}/try. Whoever asks for /docs alone is
led to the newest service in their own language.
"""

from collections.abc import Callable, Iterator
from functools import cache, partial
from gettext import NullTranslations
from pathlib import Path
from typing import Final

from jinja2 import Environment
from markdown_it import MarkdownIt
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from staffetta.api.asgi import Answer, Scope
from staffetta.api.openapi.document import document
from staffetta.api.openapi.pages import document_path
from staffetta.api.openapi.services import SERVICES
from staffetta.api.reference.limits import LIMIT_WORDS, PLACE_WORDS
from staffetta.api.reference.samples import samples_of
from staffetta.api.reference.view import View, view_of
from staffetta.api.web_pages import Files, asked_of, base_of, header_of, html_answer, templates_of
from staffetta.domain.languages import Language, choose_language, read_catalogue

_HERE: Final = Path(__file__).parent
_FIRST: Final = next(iter(SERVICES))
_FOUND: Final = 303
_SWAGGER: Final = "vendor/swagger-ui-dist/"
FILES: Final = Files(
    _HERE / "static",
    "/docs/static",
    (
        "reference.css",
        "reference.js",
        "try.css",
        "try.js",
        f"{_SWAGGER}swagger-ui-bundle.js",
        f"{_SWAGGER}swagger-ui.css",
    ),
)
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
            yield f"{path}/try", partial(_try, service, language)


def reference_path(service: str, language: Language) -> str:
    """Where a service's reference is."""
    return f"/docs/{language.value}/{service}"


def _lead_on(scope: Scope) -> Answer:
    return _lead_to(choose_language(None, header_of(scope, b"accept-language")), scope)


def _lead_to(language: Language, _scope: Scope) -> Answer:
    location = reference_path(_FIRST, language).encode()
    return Answer(_FOUND, b"", ((b"location", location), (b"vary", b"Accept-Language")))


def _reference(service: str, language: Language, scope: Scope) -> Answer:
    html = render_reference(service, language, asked_of(scope, "sample"), base_of(scope))
    return html_answer(html, language)


def _try(service: str, language: Language, _scope: Scope) -> Answer:
    html = _rendered("try.html", service, language, document=document_path(service, language))
    return html_answer(html, language, allowing=_SWAGGER_NEEDS)


def render_reference(service: str, language: Language, sample: str, base: str) -> str:
    """A service's reference, with its samples in one way to write them."""
    samples = samples_of(service)
    chosen = samples.chosen(sample)
    return _rendered(
        "reference.html",
        service,
        language,
        view=_view(service, language),
        document=document_path(service, language),
        base=base,
        samples=samples,
        chosen=chosen,
        limit_words=LIMIT_WORDS,
        place_words=PLACE_WORDS,
    )


def _rendered(template: str, service: str, language: Language, **values: object) -> str:
    words = _words_of(language)
    return (
        _templates()
        .get_template(template)
        .render(
            gettext=words.gettext,
            ngettext=words.ngettext,
            language=language,
            languages=list(Language),
            service=service,
            titles=_titles(language),
            path_of=reference_path,
            **values,
        )
    )


@cache
def _view(service: str, language: Language) -> View:
    return view_of(document(service, language))


def _titles(language: Language) -> dict[str, str]:
    return {name: document(name, language)["info"]["title"] for name in SERVICES}


@cache
def _templates() -> Environment:
    environment = templates_of(_HERE / "templates")
    environment.globals["static"] = FILES.address
    environment.filters.update(markdown=_markdown, coloured=_coloured)
    return environment


@cache
def _words_of(language: Language) -> NullTranslations:
    if language is Language.ENGLISH:
        return NullTranslations()
    return read_catalogue((_HERE / "translations" / f"{language.value}.po").read_bytes(), language)


_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False})


@cache
def _markdown(text: str) -> Markup:
    """Our own words, as the documents have them: Markdown without HTML."""
    return Markup(_MARKDOWN.render(text))  # noqa: S704 - the renderer escapes, and lets no HTML in


@cache
def _coloured(code: str, syntax: str) -> Markup:
    """Code with its words marked by classes."""
    formatter = HtmlFormatter(nowrap=True, classprefix="hl-")
    lexer = get_lexer_by_name(syntax, stripnl=False)
    return Markup(highlight(code, lexer, formatter))  # noqa: S704 - the formatter escapes
