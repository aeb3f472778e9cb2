"""From a request for / to its answer: the page for people, the same ways as JSON for programs.

Owns the page's template and its two static files. Nothing on it comes from another host.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from staffetta.api.asgi import Answer, Header, Scope, json_answer
from staffetta.api.welcome.languages import words_of
from staffetta.api.welcome.services import SHOWN
from staffetta.domain.languages import Language, choose_language

_HERE: Final = Path(__file__).parent
_PATH: Final = "/static"
_TYPES: Final = {
    "welcome.css": b"text/css; charset=utf-8",
    "welcome.js": b"text/javascript; charset=utf-8",
}
_KEPT: Final[Header] = (b"cache-control", b"public, max-age=31536000, immutable")
_NOT_KEPT: Final[Header] = (b"cache-control", b"no-store")
_VARIES: Final[Header] = (b"vary", b"Accept, Accept-Language")
_NO_SNIFFING: Final[Header] = (b"x-content-type-options", b"nosniff")
# Nothing from elsewhere, nothing inline, nowhere in a frame.
_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    b" connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
_STRICT: Final[tuple[Header, ...]] = (
    (b"content-security-policy", _POLICY),
    _NO_SNIFFING,
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_HOST: Final = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+)(:\d{1,5})?")
_QUERY_OCTETS_MAX: Final = 200
Make = Callable[[Scope], Answer]


def welcome_pages(is_ready: Callable[[], bool]) -> Iterator[tuple[str, Make]]:
    """The page and its files, by path."""
    yield "/", partial(_welcome, is_ready)
    for name in _TYPES:
        yield f"{_PATH}/{name}", partial(_file, name)


def _welcome(is_ready: Callable[[], bool], scope: Scope) -> Answer:
    base = _base(scope)
    if "text/html" not in _header(scope, b"accept"):
        return _for_programs(base, is_ready()).with_headers((_NOT_KEPT, _VARIES))
    language = choose_language(_chosen(scope), _header(scope, b"accept-language"))
    words = words_of(language)
    html = _template().render(
        gettext=words.gettext,
        ngettext=words.ngettext,
        language=language,
        languages=list(Language),
        services=SHOWN,
        base=base,
        command=_command(base),
        is_ready=is_ready(),
    )
    headers = (*_STRICT, _NOT_KEPT, _VARIES, (b"content-language", language.value.encode()))
    return Answer(200, html.encode(), headers, (b"content-type", b"text/html; charset=utf-8"))


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


def _base(scope: Scope) -> str:
    """The address that the request was sent to, as far as it is one."""
    host = _header(scope, b"host")
    if _HOST.fullmatch(host) is None:
        name, port = scope.get("server") or ("localhost", None)
        host = f"{name}:{port}" if port else name
    return f"{scope.get('scheme', 'http')}://{host}"


def _chosen(scope: Scope) -> str:
    query = bytes(scope.get("query_string", b""))[:_QUERY_OCTETS_MAX].decode("latin-1")
    return parse_qs(query).get("language", [""])[0]


def _header(scope: Scope, name: bytes) -> str:
    return str(dict(scope["headers"]).get(name, b""), "latin-1")


def _file(name: str, _scope: Scope) -> Answer:
    content_type = (b"content-type", _TYPES[name])
    return Answer(200, _octets(name), (_KEPT, _NO_SNIFFING), content_type)


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.globals["static"] = _static_path
    return environment.get_template("welcome.html")


def _static_path(name: str) -> str:
    """Where a file is; another address when its content changes, so that it may be kept."""
    return f"{_PATH}/{name}?{hashlib.sha256(_octets(name)).hexdigest()[:12]}"


@cache
def _octets(name: str) -> bytes:
    return (_HERE / "static" / name).read_bytes()
