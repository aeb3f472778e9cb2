"""From a page's values to its HTML: the templates, and what every one of them may use.

Everything that is put into a page is escaped, wherever it came from.
"""

import hashlib
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from babel.numbers import format_currency, format_decimal
from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    pass_context,
    select_autoescape,
)
from jinja2.runtime import Context
from litestar.connection import Request
from litestar.response import Template

from staffetta.console.forgery import FIELD
from staffetta.console.languages import Language, words_of
from staffetta.console.visitors import PATH, Visitor, stranger
from staffetta.domain.money import MICRO

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
PageRequest = Request[Visitor, Any, Any]


def make_environment() -> Environment:
    """The templates."""
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.globals.update(static=static_path, console=PATH, form_field=FIELD)
    environment.filters.update(money=_money, count=_count)
    return environment


def page(request: PageRequest, template: str, *, status: int = 200, **values: Any) -> Template:
    """A page, for the visitor who asked."""
    # Where there is no such page, nobody has looked who asks.
    visitor: Visitor = request.scope.get("user") or stranger(request.headers)
    words = words_of(visitor.language)
    return Template(
        template,
        status_code=status,
        media_type="text/html",
        context={
            "visitor": visitor,
            "languages": list(Language),
            "path": request.scope["path"],
            "gettext": words.gettext,
            "ngettext": words.ngettext,
            **values,
        },
    )


@pass_context
def _money(context: Context, micro: int, currency: str = "EUR") -> str:
    """An exact amount of money as the visitor's language writes it, never rounded."""
    return format_currency(
        Decimal(micro) / MICRO,
        currency,
        locale=context["visitor"].language.value,
        decimal_quantization=False,
    )


@pass_context
def _count(context: Context, number: int) -> str:
    """A whole number as the visitor's language writes it."""
    return format_decimal(number, locale=context["visitor"].language.value)


@cache
def static_path(name: str) -> str:
    """Where a static file is; another one when its content changes, so that it may be kept."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"{PATH}/static/{name}?{digest}"


@cache
def static_addresses() -> frozenset[str]:
    """Where every static file is, as a request's path has it."""
    files = (one.relative_to(STATIC) for one in STATIC.rglob("*") if one.is_file())
    return frozenset(f"{PATH}/static/{one.as_posix()}" for one in files)
