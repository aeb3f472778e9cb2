"""From a service's document to the HTML of its reference: on a page, and for paper."""

import hashlib
from collections.abc import Mapping
from functools import cache
from itertools import cycle
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from jinja2 import Environment as Templates
from markdown_it import MarkdownIt
from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from staffetta.api.openapi.document import document
from staffetta.api.openapi.pages import document_path
from staffetta.api.openapi.services import SERVICES
from staffetta.api.reference.limits import LIMIT_WORDS, PLACE_WORDS
from staffetta.api.reference.samples import form_of, parts_of, samples_of
from staffetta.api.reference.view import View, first_places, view_of
from staffetta.api.web_pages import Files, templates_of, words_of
from staffetta.domain.environments import Environment
from staffetta.domain.languages import Language

HERE: Final = Path(__file__).parent
FILES: Final = Files(
    HERE / "static",
    "/docs/static",
    (
        "reference.css",
        "reference.js",
        "try.css",
        "try.js",
        "vendor/swagger-ui-dist/swagger-ui-bundle.js",
        "vendor/swagger-ui-dist/swagger-ui.css",
    ),
)
WRITTEN_BASE: Final = "https://gateway.example"  # stands for a server's address in what is kept
POSTMAN: Final = "/docs/postman"
_SLOT: Final = "\x1f"  # around the name of what is put into a kept page
# In kept samples these stand for the address of the one who asks: no lexer parts them.
_PARTS: Final = MappingProxyType(
    {"authority": "gateway.example", "host": "host.example", "port": "65432"}
)
_PRINTED_SAMPLE: Final = "shell-curl"
_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False})


def reference_path(service: str, language: Language) -> str:
    """Where a service's reference is."""
    return f"/docs/{language.value}/{service}"


def postman_files(service: str) -> tuple[str, ...]:
    """A service's collection, and its environments: the sandbox first."""
    environments = (f"{service}.{name}.postman_environment.json" for name in Environment)
    return (f"{service}.postman_collection.json", *sorted(environments, reverse=True))


def render_reference(service: str, language: Language, sample: str, base: str) -> str:
    """A service's reference, with its samples in one way to write them."""
    return _rendered_reference("reference.html", service, language, sample, base)


def render_for_paper(service: str) -> str:
    """The English reference for paper; `print.css` has its looks."""
    return _rendered_reference(
        "print.html", service, Language.ENGLISH, _PRINTED_SAMPLE, WRITTEN_BASE
    )


def paper_digest(service: str) -> str:
    """What a printed reference was made of, to tell whether it is that of this code."""
    made_of = render_for_paper(service) + (HERE / "print.css").read_text(encoding="utf-8")
    return hashlib.sha256(made_of.encode()).hexdigest()


def render_trial(service: str, language: Language) -> str:
    """The page to try a service's calls on."""
    path = document_path(service, language)
    return _rendered("try.html", service, language, document=path)


def _rendered_reference(
    template: str, service: str, language: Language, sample: str, base: str
) -> str:
    """A page whose pieces are kept: what differs from one request to another is put between.

    Only what is bounded is kept: a request's address is in no key.
    """
    samples = samples_of(service)
    chosen = samples.chosen(sample)
    filled = {"chosen": escape(chosen.title), "base": escape(base), chosen.id: Markup(" selected")}
    codes = _codes(service, chosen.id, base)
    text, slot = cycle((True, False)), filled | codes
    pieces = _pieces(template, service, language)
    return "".join(piece if next(text) else slot.get(piece, "") for piece in pieces)


def _codes(service: str, variant: str, base: str) -> dict[str, str]:
    """A service's samples for a server, by their call."""
    parts = {_PARTS[name]: escape(part) for name, part in parts_of(base).items() if name in _PARTS}
    codes = dict(_codes_for(service, variant, form_of(base)))
    for stands, part in parts.items():
        codes = {call: code.replace(stands, part) for call, code in codes.items()}
    return codes


@cache
def _codes_for(service: str, variant: str, form: str) -> Mapping[str, str]:
    samples = samples_of(service)
    chosen = samples.chosen(variant)
    parts = {**_PARTS, "base": f"{form.partition(':')[0]}://{_PARTS['authority']}"}
    return {
        call: _coloured(samples.text(call, chosen, form, parts), chosen.syntax)
        for call in samples.calls
    }


@cache
def _pieces(template: str, service: str, language: Language) -> list[str]:
    """The page, parted at its slots: texts, and between them the slots' names."""
    html = _rendered(
        template,
        service,
        language,
        view=_view(service, language),
        first_places=first_places(_view(service, language)),
        document=document_path(service, language),
        postman=[f"{POSTMAN}/{name}" for name in postman_files(service)],
        slot=lambda name: f"{_SLOT}{name}{_SLOT}",
        variants=samples_of(service).variants,
        is_printed=template == "print.html",
        limit_words=LIMIT_WORDS,
        place_words=PLACE_WORDS,
    )
    return html.split(_SLOT)


def _rendered(template: str, service: str, language: Language, **values: Any) -> str:
    words = words_of(HERE, language)
    common = {
        "gettext": words.gettext,
        "ngettext": words.ngettext,
        "language": language,
        "languages": list(Language),
        "service": service,
        "titles": _titles(language),
        "path_of": reference_path,
    }
    return _templates().get_template(template).render(common, **values)


@cache
def _view(service: str, language: Language) -> View:
    return view_of(document(service, language))


def _titles(language: Language) -> dict[str, str]:
    return {name: document(name, language)["info"]["title"] for name in SERVICES}


@cache
def _templates() -> Templates:
    environment = templates_of(HERE / "templates")
    environment.globals["static"] = FILES.address
    environment.filters.update(markdown=_markdown, coloured=_coloured)
    return environment


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
