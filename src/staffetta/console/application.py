"""The console as an ASGI application: its pages under /console, its rules around them."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import structlog
from litestar import Litestar, Response
from litestar.datastructures import CacheControlHeader
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Redirect
from litestar.static_files import create_static_files_router
from litestar.template import TemplateConfig

from staffetta.console.asgi import ConsoleApplication
from staffetta.console.forgery import SAFE_METHODS
from staffetta.console.forms import FORM_OCTETS_MAX, PARTS_MAX
from staffetta.console.guards import (
    ForgedForm,
    NotForYou,
    NotSignedIn,
    for_files_that_are_there,
    for_forms_of_ours,
    for_numbers_that_can_be,
)
from staffetta.console.languages import mark
from staffetta.console.pages.account.callback_secret import callback_secret_pages
from staffetta.console.pages.account.callbacks import callback_pages
from staffetta.console.pages.account.credit import credit_pages
from staffetta.console.pages.account.documentation import documentation_pages
from staffetta.console.pages.account.message import one_message_pages
from staffetta.console.pages.account.messages import message_pages
from staffetta.console.pages.account.overview import overview_pages
from staffetta.console.pages.account.phone import phone_pages
from staffetta.console.pages.account.send import send_pages
from staffetta.console.pages.account.send_many import send_many_pages
from staffetta.console.pages.account.test_receiver import test_receiver_pages
from staffetta.console.pages.account.tokens import token_pages
from staffetta.console.pages.operate.account_access import account_access_pages
from staffetta.console.pages.operate.account_blocks import account_block_pages
from staffetta.console.pages.operate.account_bundles import account_bundle_pages
from staffetta.console.pages.operate.account_guards import account_guard_pages
from staffetta.console.pages.operate.account_money import account_money_pages
from staffetta.console.pages.operate.account_overview import account_overview_pages
from staffetta.console.pages.operate.account_people import account_people_pages
from staffetta.console.pages.operate.account_senders import account_sender_pages
from staffetta.console.pages.operate.account_statement import account_statement_pages
from staffetta.console.pages.operate.accounts import account_list_pages
from staffetta.console.pages.operate.add_carrier import add_carrier_pages
from staffetta.console.pages.operate.audit import audit_pages
from staffetta.console.pages.operate.books import book_pages
from staffetta.console.pages.operate.carrier_check import carrier_check_pages
from staffetta.console.pages.operate.connector_actions import connector_action_pages
from staffetta.console.pages.operate.connectors import connector_pages
from staffetta.console.pages.operate.dead_letters import dead_letter_pages
from staffetta.console.pages.operate.numbers import number_pages
from staffetta.console.pages.operate.operated_messages import operated_message_pages
from staffetta.console.pages.operate.word_tester import word_tester_pages
from staffetta.console.pages.operate.words import word_file_pages, word_pages
from staffetta.console.pages.person.home import home_pages
from staffetta.console.pages.person.me import me_pages
from staffetta.console.pages.person.my_people import my_people_pages
from staffetta.console.pages.person.sign_in import SIGN_IN, sign_in_pages
from staffetta.console.parts import ConsoleParts
from staffetta.console.rendering import STATIC, PageRequest, make_environment, page
from staffetta.console.visitors import IS_STATIC, PATH, Visits
from staffetta.db.pool import ConnectionLost, NotConnected, TryAgain
from staffetta.domain.errors import NotAcceptingNow

_STATIC_SECONDS: Final = 365 * 24 * 3600  # a changed file has another address
_HEADERS: Final = {
    # Nothing from elsewhere, nothing inline, nowhere in a frame.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self';"
        " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}

# A module of pages for each task.
_PAGES: Final[tuple[Callable[[ConsoleParts], list[HTTPRouteHandler]], ...]] = (
    sign_in_pages,
    me_pages,
    my_people_pages,
    overview_pages,
    credit_pages,
    message_pages,
    one_message_pages,
    account_list_pages,
    account_overview_pages,
    account_money_pages,
    account_statement_pages,
    account_bundle_pages,
    account_guard_pages,
    account_access_pages,
    account_people_pages,
    account_sender_pages,
    account_block_pages,
    book_pages,
    dead_letter_pages,
    word_pages,
    word_file_pages,
    word_tester_pages,
    audit_pages,
    connector_pages,
    connector_action_pages,
    add_carrier_pages,
    carrier_check_pages,
    number_pages,
    operated_message_pages,
    send_pages,
    send_many_pages,
    phone_pages,
    token_pages,
    callback_pages,
    callback_secret_pages,
    test_receiver_pages,
    documentation_pages,
)

_log = structlog.get_logger(__name__)


def make_console(parts: ConsoleParts) -> Litestar:
    """The console of one process."""
    static = create_static_files_router(
        path="/static",
        directories=[STATIC],
        cache_control=CacheControlHeader(max_age=_STATIC_SECONDS, public=True, immutable=True),
        opt={IS_STATIC: True},
        guards=[for_files_that_are_there],
    )
    return ConsoleApplication(
        path=PATH,
        route_handlers=[static, *home_pages(), *_pages(parts)],
        middleware=[Visits(parts)],
        guards=[for_numbers_that_can_be, for_forms_of_ours],
        before_send=[_add_headers],
        exception_handlers={
            NotSignedIn: _ask_to_sign_in,
            NotForYou: _refuse,
            ForgedForm: _refuse,
            TryAgain: _ask_to_wait,
            NotConnected: _ask_to_wait,
            NotAcceptingNow: _ask_to_wait,
            ConnectionLost: _ask_to_look,
            HTTPException: _answer_http_error,
            Exception: _answer_fault,
        },
        template_config=TemplateConfig(
            instance=JinjaTemplateEngine.from_environment(make_environment())
        ),
        request_max_body_size=FORM_OCTETS_MAX,
        multipart_form_part_limit=PARTS_MAX,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


def _pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    return [handler for pages in _PAGES for handler in pages(parts)]


async def _add_headers(message: Any, scope: Any) -> None:
    if message["type"] != "http.response.start":
        return
    headers = message["headers"]
    headers += [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]
    if not scope["path"].startswith(f"{PATH}/static/"):
        headers.append((b"cache-control", b"no-store"))


def _ask_to_sign_in(request: PageRequest, _error: Exception) -> Response[Any]:
    """The form to sign in, which leads back to a page that was asked for by GET.

    A script asks for a part of a page. The form is no such part: the browser is told to go there,
    and what leads back is the page that the part is in.
    """
    if "hx-request" in request.headers:
        wanted = _path_of(request.headers.get("hx-current-url", ""))
        address = f"{SIGN_IN}?{urlencode({'next': wanted})}"
        return Response(b"", status_code=401, headers={"HX-Redirect": address})
    wanted = request.scope["path"] if request.method == "GET" else PATH
    return Redirect(SIGN_IN, query_params={"next": wanted})


def _path_of(url: str) -> str:
    """The path of a page's address; the first page's when it cannot be read."""
    try:
        return urlsplit(url).path or PATH
    except ValueError:
        return PATH


def _refuse(request: PageRequest, error: Exception) -> Response[Any]:
    return _error_page(request, 403, str(error))


def _answer_http_error(request: PageRequest, error: HTTPException) -> Response[Any]:
    return _error_page(request, error.status_code, error.detail)


def _ask_to_wait(request: PageRequest, error: Exception) -> Response[Any]:
    """Nothing was done, for a reason that passes."""
    _log.warning("console_busy", path=request.scope["path"], reason=str(error))
    return _error_page(request, 503, mark("This takes too long now: look again in a moment."))


def _ask_to_look(request: PageRequest, error: Exception) -> Response[Any]:
    """The database went away: nobody knows whether what was asked for is done."""
    if request.method in SAFE_METHODS:
        return _ask_to_wait(request, error)
    _log.warning("console_outcome_unknown", path=request.scope["path"], reason=str(error))
    sentence = mark("Nobody knows whether this was done: look before you do it again.")
    return _error_page(request, 503, sentence)


def _answer_fault(request: PageRequest, error: Exception) -> Response[Any]:
    _log.error("console_fault", path=request.scope["path"], exc_info=error)
    return _error_page(request, 500, "")


def _error_page(request: PageRequest, status: int, detail: str) -> Response[Any]:
    return page(request, "error.html", status=status, detail=detail, error_status=status)
