"""Senders that accounts asked for: approved or refused, and where they need it."""

from typing import Any, Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.accounts.audit import record
from staffetta.accounts.email import Email
from staffetta.accounts.errors import AccountError
from staffetta.accounts.read_account import find_account
from staffetta.compliance.decide_sender import (
    decide_sender,
    free_country,
    list_all_senders,
    list_rules,
    require_approval,
)
from staffetta.compliance.errors import InvalidReason, NoSuchSender, UnknownCountry
from staffetta.compliance.senders import SenderState
from staffetta.console.acting import actor_of
from staffetta.console.forms import Form, lead_to, read_form
from staffetta.console.guards import for_operators
from staffetta.console.languages import mark, say_in
from staffetta.console.navigation import OPERATE
from staffetta.console.pages.operate.account_place import (
    NO_TROUBLE,
    Trouble,
    operated_place,
    tab_page,
)
from staffetta.console.pages.operate.accounts import SECTION
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import operator_page
from staffetta.console.refused import Refused
from staffetta.console.rendering import PageRequest

_OF_ACCOUNT: Final = "/operate/accounts/{account_id:int}/senders"
_OF_ALL: Final = "/operate/accounts/senders"
TAB: Final = "/senders"
STATES: Final = {
    SenderState.PENDING: mark("waits"),
    SenderState.APPROVED: mark("approved"),
    SenderState.REJECTED: mark("refused"),
}
_DONE: Final = {
    "approved": mark("The sender is approved; running servers obey within a second."),
    "rejected": mark("The sender is refused; running servers obey within a second."),
    "required": mark("Only approved senders are taken there from now on."),
    "freed": mark("Any sender is taken there from now on."),
}


def account_sender_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get(_OF_ACCOUNT, guards=[for_operators])
    async def of_account(request: PageRequest, account_id: FromPath[int]) -> Response[Any]:
        """The senders of one account."""
        return await _account_page(parts, request, account_id)

    @post(_OF_ACCOUNT, guards=[for_operators], status_code=200)
    async def decide_there(request: PageRequest, account_id: FromPath[int]) -> Response[Any]:
        """Approve or refuse one of them."""
        form = await read_form(request)
        try:
            done = await _decide(parts, request, form, account_id)
        except Refused as refused:
            trouble = Trouble({"reason": form.text("reason")}, {refused.field: str(refused)})
            return await _account_page(parts, request, account_id, trouble)
        return lead_to(f"{OPERATE}{SECTION}/{account_id}{TAB}", done)

    @get(_OF_ALL, guards=[for_operators])
    async def of_all(request: PageRequest) -> Response[Any]:
        """The senders of every account, those that wait first, and where they need approval."""
        return await _all_page(parts, request)

    @post(_OF_ALL, guards=[for_operators], status_code=200)
    async def decide_here(request: PageRequest) -> Response[Any]:
        """Approve or refuse one of them."""
        form = await read_form(request)
        try:
            async with parts.database.acquire() as connection:
                account = await find_account(connection, Email.parse(form.text("account")))
            done = await _decide(parts, request, form, account.account_id)
        except (AccountError, Refused) as error:
            field = error.field if isinstance(error, Refused) else ""
            trouble = Trouble({"reason": form.text("reason")}, {field: str(error)})
            return await _all_page(parts, request, trouble)
        return lead_to(f"{OPERATE}{SECTION}{TAB}", done)

    @post(f"{_OF_ALL}/rules", guards=[for_operators], status_code=200)
    async def rule(request: PageRequest) -> Response[Any]:
        """Take only approved senders in a country, or any."""
        return await _rule(parts, request)

    return [of_account, decide_there, of_all, decide_here, rule]


async def _rule(parts: ConsoleParts, request: PageRequest) -> Response[Any]:
    form = await read_form(request)
    requires, country = form.text("rule") == "require", form.text("country").upper()
    now = parts.clock.now()
    try:
        async with parts.database.transaction() as connection:
            if requires:
                changed = await require_approval(connection, country, now)
            else:
                changed = await free_country(connection, country)
            if changed:
                action = "sender.require" if requires else "sender.free"
                details = {"country": country}
                await record(connection, actor_of(request), action, None, details, now)
    except UnknownCountry as error:
        return await _all_page(
            parts, request, Trouble({"country": country}, {"country": str(error)})
        )
    return lead_to(f"{OPERATE}{SECTION}{TAB}", "required" if requires else "freed")


async def _decide(parts: ConsoleParts, request: PageRequest, form: Form, account_id: int) -> str:
    """Decide about the sender that a form names; answers what was done. Raises Refused."""
    sender, country = form.text("sender"), form.text("country")
    approves = form.text("decision") == "approve"
    state = SenderState.APPROVED if approves else SenderState.REJECTED
    reason = form.text("reason")
    now = parts.clock.now()
    try:
        async with parts.database.transaction() as connection:
            place = await operated_place(connection, parts, account_id, form.text("environment"))
            space = place.facts.space
            await decide_sender(connection, space.space_id, country, sender, state, reason, now)
            details = {"sender": sender, "country": country, "reason": reason}
            action = "sender.approve" if approves else "sender.reject"
            await record(connection, actor_of(request), action, space, details, now)
    except (InvalidReason, NoSuchSender) as error:
        raise Refused(f"{country} {sender}", error) from None
    return "approved" if approves else "rejected"


async def _account_page(
    parts: ConsoleParts, request: PageRequest, account_id: int, trouble: Trouble = NO_TROUBLE
) -> Response[Any]:
    async with parts.database.acquire() as connection:
        place = await operated_place(connection, parts, account_id)
        senders = await list_all_senders(connection, email=place.account.email)
        rules = await list_rules(connection)
    return tab_page(
        request,
        place,
        TAB,
        "operate/account_senders.html",
        trouble=trouble,
        done=_DONE,
        senders=senders,
        states=STATES,
        guarded={country for country, _ in rules},
        target=place.path(TAB),
    )


async def _all_page(
    parts: ConsoleParts, request: PageRequest, trouble: Trouble = NO_TROUBLE
) -> Response[Any]:
    async with parts.database.acquire() as connection:
        senders = await list_all_senders(connection)
        rules = await list_rules(connection)
    say = say_in(request.user.language)
    told = _DONE.get(request.query_params.get("done", ""), "")
    return operator_page(
        request,
        "operate/senders.html",
        section=SECTION,
        status=422 if trouble.problems else 200,
        senders=senders,
        rules=rules,
        guarded={country for country, _ in rules},
        states=STATES,
        target=f"{OPERATE}{SECTION}{TAB}",
        typed={"reason": "", "country": "", **trouble.typed},
        problems=trouble.problems,
        told=say(told) if told else "",
    )
