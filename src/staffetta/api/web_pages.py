"""What the server's own pages have in common: headers, files, templates, the address asked for.

Nothing on a page comes from another host, and nothing stands inline: a browser is told so.
"""

import hashlib
from collections.abc import Iterator, Mapping
from functools import cache, cached_property, partial
from gettext import NullTranslations
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from staffetta.api.asgi import Answer, Header, Scope
from staffetta.domain.hosts import host_asked_for
from staffetta.domain.languages import Language, read_catalogue

_KEPT: Final[Header] = (b"cache-control", b"public, max-age=31536000, immutable")
NOT_KEPT: Final[Header] = (b"cache-control", b"no-store")
_NO_SNIFFING: Final[Header] = (b"x-content-type-options", b"nosniff")
_STRICT: Final[tuple[Header, ...]] = (
    _NO_SNIFFING,
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_POLICY: Final = MappingProxyType(
    {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
)
_TYPES: Final = {
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".json": b"application/json",
    ".pdf": b"application/pdf",
}
_QUERY_OCTETS_MAX: Final = 200


class Files:
    """Files of a directory, whole in memory; their addresses change with their content."""

    def __init__(self, directory: Path, path: str, names: tuple[str, ...]) -> None:
        self._directory = directory
        self._path = path
        self._names = names

    @cached_property
    def _octets(self) -> Mapping[str, bytes]:
        return {name: (self._directory / name).read_bytes() for name in self._names}

    def address(self, name: str) -> str:
        """Where a file is; another address when its content changes, so that it may be kept."""
        return f"{self._path}/{name}?{hashlib.sha256(self._octets[name]).hexdigest()[:12]}"

    def pages(self) -> Iterator[tuple[str, partial[Answer]]]:
        """What answers each file's path."""
        for name in self._names:
            yield f"{self._path}/{name}", partial(self._answer, name)

    def _answer(self, name: str, _scope: Scope) -> Answer:
        content_type = (b"content-type", _TYPES[Path(name).suffix])
        return Answer(200, self._octets[name], (_KEPT, _NO_SNIFFING), content_type)


@cache
def templates_of(directory: Path) -> Environment:
    """Templates that escape whatever is put into them."""
    return Environment(
        loader=FileSystemLoader(directory),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )


@cache
def words_of(package: Path, language: Language) -> NullTranslations:
    """The words that a package's pages say, in a language: its catalogues (`make messages`)."""
    if language is Language.ENGLISH:
        return NullTranslations()
    octets = (package / "translations" / f"{language.value}.po").read_bytes()
    return read_catalogue(octets, language)


def html_answer(
    html: str, language: Language, *headers: Header, allowing: Mapping[str, str] = _POLICY
) -> Answer:
    """A page in a language; `allowing` says what else than the server's own files it may use."""
    policy = "; ".join(f"{kind} {allowed}" for kind, allowed in (_POLICY | allowing).items())
    all_headers = (
        (b"content-security-policy", policy.encode()),
        (b"content-language", language.value.encode()),
        *_STRICT,
        NOT_KEPT,
        *headers,
    )
    return Answer(200, html.encode(), all_headers, (b"content-type", b"text/html; charset=utf-8"))


def header_of(scope: Scope, name: bytes) -> str:
    """A header of a request; "" where there is none."""
    return str(dict(scope["headers"]).get(name, b""), "latin-1")


def asked_of(scope: Scope, name: str) -> str:
    """A parameter of a request's query; "" where there is none."""
    octets: bytes = scope.get("query_string", b"")
    query = parse_qs(octets[:_QUERY_OCTETS_MAX].decode("latin-1"))
    return query.get(name, [""])[0]


def base_of(scope: Scope) -> str:
    """The address that a request was sent to, as far as it is one."""
    host = host_asked_for(header_of(scope, b"host"), scope.get("server"))
    return f"{scope.get('scheme', 'http')}://{host}"
