"""Who changed what, when and from where: the audit trail, searched."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from staffetta.accounts.audit import Entry, EntryFilter, list_entries
from staffetta.console.asked import asked_of, begin_of_day, end_of_day, number_of
from staffetta.console.guards import for_operators
from staffetta.console.languages import mark
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import operator_page
from staffetta.console.rendering import PageRequest

_SECTION: Final = "/audit"
_PAGE: Final = 50
_FIELDS: Final = ("who", "account", "kind", "from", "until", "before")
# What an action begins with, and how people call what it is about.
KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "account": mark("accounts"),
        "person": mark("people"),
        "apikey": mark("API keys"),
        "token": mark("tokens"),
        "topup": mark("top-ups"),
        "limit": mark("credit limits"),
        "bundle": mark("bundles"),
        "guard": mark("guards"),
        "blocklist": mark("blocks"),
        "sender": mark("senders"),
        "words": mark("forbidden words"),
        "callback": mark("callbacks"),
        "connector": mark("connectors"),
    }
)


def audit_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get("/operate/audit", guards=[for_operators])
    async def audit(request: PageRequest) -> Response[Any]:
        """The trail, and the form to search in it."""
        asked = asked_of(request, _FIELDS)
        entries: list[Entry] = []
        problem = ""
        try:
            wanted = _filter(asked)
        except (ValueError, OverflowError):
            problem = mark("Write days as the calendar has them, like 2026-03-14.")
        else:
            async with parts.reports.acquire() as connection:
                entries = await list_entries(connection, wanted, _PAGE + 1)
        return operator_page(
            request,
            "operate/audit.html",
            section=_SECTION,
            asked=asked,
            kinds=KINDS,
            entries=entries[:_PAGE],
            older=entries[_PAGE - 1].entry_id if len(entries) > _PAGE else None,
            problem=problem,
            told=_told,
        )

    return [audit]


def _filter(asked: Mapping[str, str]) -> EntryFilter:
    """The search that a form asks for; raises ValueError, OverflowError."""
    return EntryFilter(
        account=asked["account"],
        actor=asked["who"],
        action=asked["kind"] or None,
        since=begin_of_day(asked["from"]),
        until=end_of_day(asked["until"]),
        before=number_of(asked["before"]),
    )


def _told(value: object) -> str:
    """One detail of an entry, as people read it."""
    match value:
        case list():
            return ", ".join(map(str, value))
        case dict():
            return ", ".join(f"{name} {_told(one)}" for name, one in value.items())
        case None:
            return "-"
    return str(value)
