"""What would happen to this number? The very checks of a send, and nothing is sent or stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from babel import Locale
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from staffetta.accounts.email import Email
from staffetta.accounts.errors import AccountError
from staffetta.accounts.read_account import find_account, read_spaces
from staffetta.console.asked import asked_of
from staffetta.console.connector_places import LIST
from staffetta.console.guards import for_operators
from staffetta.console.languages import Language, mark
from staffetta.console.pages.operate.connector_words import Wording
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import operator_page
from staffetta.console.rendering import PageRequest
from staffetta.domain.environments import Environment, Market
from staffetta.domain.number_kinds import NumberFacts, NumberKind, describe_number
from staffetta.domain.replacements import explain_encoding
from staffetta.messaging.explain import Candidate, Explanation
from staffetta.messaging.inspection import SendRequest, Space
from staffetta.routing.connectors import ListedConnector, list_connectors
from staffetta.routing.live_state import LiveConnector, look_at_connectors
from staffetta.routing.table import ANY_COUNTRY

SECTION: Final = "/numbers"
_FIELDS: Final = ("number", "sender", "text", "account", "environment")
_TEXT_CHARACTERS_MAX: Final = 2_000
_ANY_TEXT: Final = "Hello"  # where none is asked about
KINDS: Final[Mapping[NumberKind, str]] = MappingProxyType(
    {
        NumberKind.MOBILE: mark("mobile"),
        NumberKind.FIXED: mark("fixed line"),
        NumberKind.FIXED_OR_MOBILE: mark("fixed line or mobile"),
        NumberKind.TOLL_FREE: mark("toll free"),
        NumberKind.PREMIUM: mark("premium rate"),
        NumberKind.SHARED_COST: mark("shared cost"),
        NumberKind.VOIP: mark("Internet telephone"),
        NumberKind.PERSONAL: mark("personal number"),
        NumberKind.PAGER: mark("pager"),
        NumberKind.COMPANY: mark("company number"),
        NumberKind.VOICEMAIL: mark("voicemail"),
        NumberKind.INVALID: mark("no valid number"),
    }
)


@dataclass(frozen=True, slots=True)
class ShownCandidate:
    """A route that leads there, with its connector."""

    route: Candidate
    connector: LiveConnector | None  # None: it was removed a moment ago
    reason: str  # English; translated when it is shown


def number_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get("/operate/numbers", guards=[for_operators])
    async def numbers(request: PageRequest) -> Response[Any]:
        """The form, and what would happen to the number that it asks for."""
        asked = asked_of(request, _FIELDS)
        # A text is longer than what a search asks for.
        text = request.query_params.get("text", "")[:_TEXT_CHARACTERS_MAX]
        asked["text"] = text.strip().replace("\0", "\ufffd")
        asked["environment"] = asked["environment"] or Environment.PRODUCTION.value
        found = await _found(parts, request, asked) if asked["number"] else {}
        return operator_page(request, "operate/numbers.html", section=SECTION, asked=asked, **found)

    return [numbers]


async def _found(
    parts: ConsoleParts, request: PageRequest, asked: Mapping[str, str]
) -> dict[str, Any]:
    if asked["environment"] not in set(Environment):
        return {"problem": mark("There are two environments: production and sandbox.")}
    try:
        explained = await _explained(parts, asked)
    except AccountError as error:
        return {"problem": str(error)}
    environment = Environment(asked["environment"])
    live = {one.connector_id: one for one in await look_at_connectors(parts.database)}
    async with parts.database.transaction(isolation="repeatable_read", readonly=True) as connection:
        listed = await list_connectors(connection)
    candidates = [
        ShownCandidate(one, live.get(one.connector_id), _reason(one, explained.candidates[0]))
        for one in explained.candidates
    ]
    facts = describe_number(asked["number"])
    return {
        "explained": explained,
        "facts": facts,
        "kind": KINDS[facts.kind] if facts else "",
        "country": _country_name(facts, request.user.language),
        "candidates": candidates,
        "stopped": _stopped(listed, environment, explained),
        "forcing": explain_encoding(asked["text"]),
        "words": Wording(request.user.language, parts.clock.now()),
        "list_path": LIST,
    }


async def _explained(parts: ConsoleParts, asked: Mapping[str, str]) -> Explanation:
    """What a send would meet; raises AccountError for an account that is none."""
    environment, now = Environment(asked["environment"]), parts.clock.now()
    send = _request(asked)
    if not asked["account"]:
        return await parts.explainer.explain_for_nobody(environment, send)
    email = Email.parse(asked["account"])
    async with parts.database.acquire() as connection:
        account = await find_account(connection, email)
        facts = (await read_spaces(connection, account, now))[environment]
    space = Space(facts.space.space_id, environment, facts.terms)
    return await parts.explainer.explain(space, send, now)


def _request(asked: Mapping[str, str]) -> SendRequest:
    """A message to the number, in the market that is right for it."""
    facts = describe_number(asked["number"])
    country = facts.country if facts else None
    return SendRequest(
        market=Market(country) if country in set(Market) else Market.WORLD,
        recipient=asked["number"],
        text=asked["text"] or _ANY_TEXT,
        sender=asked["sender"] or None,
        dry_run=True,
        fail_on_multiple_segments=False,
        callback=None,
        idempotency=None,
    )


def _reason(one: Candidate, chosen: Candidate) -> str:
    """Why a route is taken, or what puts another before it."""
    if one is chosen:
        return mark("It goes first.")
    if one.rank != chosen.rank:
        return mark("Its rank comes later.")
    if one.country == ANY_COUNTRY and chosen.country != ANY_COUNTRY:
        return mark("A route for the country itself goes before one for any.")
    if one.price_micro != chosen.price_micro:
        return mark("It costs more.")
    return mark("The older connector goes first.")


def _stopped(
    listed: Sequence[ListedConnector], environment: Environment, explained: Explanation
) -> Sequence[str]:
    """The connectors that would lead there if they were started."""
    phone = explained.found.phone
    if phone is None:
        return []
    wanted = {phone.country, ANY_COUNTRY}
    return [
        one.name
        for one in listed
        if not one.enabled
        and one.environment is environment
        and wanted & {route.country for route in one.routes}
    ]


def _country_name(facts: NumberFacts | None, language: Language) -> str:
    if facts is None or facts.country is None:
        return ""
    name: str = Locale(language.value).territories.get(facts.country, facts.country)
    return name
