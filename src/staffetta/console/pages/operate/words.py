"""The list of forbidden words: searched, added to, changed, and as a file."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.accounts.audit import record
from staffetta.compliance.edit_words import (
    Changed,
    add_entries,
    change_entry,
    find_entry,
    list_entries,
    remove_entries,
)
from staffetta.compliance.entries import ANY_COUNTRY, KINDS
from staffetta.compliance.errors import InvalidEntry, ListFull, NoSuchEntry
from staffetta.compliance.word_file import NotedEntry, format_lines, make_noted, parse_lines
from staffetta.console.acting import actor_of
from staffetta.console.asked import NUMBER_MAX, asked_of, skip_of
from staffetta.console.forms import FILE_OCTETS_MAX, Form, lead_to, read_form
from staffetta.console.guards import for_operators
from staffetta.console.languages import mark, say_in
from staffetta.console.navigation import OPERATE
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import operator_page
from staffetta.console.rendering import PageRequest

SECTION: Final = "/words"
_WORDS: Final = "/operate/words"
_PAGE: Final = 50
_TOLD_CHARACTERS_MAX: Final = 80  # of each text that an audit entry names
_ASKED: Final = ("search", "kind", "country", "skip")
_FIELDS: Final = ("kind", "text", "country", "note")
KIND_NAMES: Final = {
    "word": mark("word"),
    "phrase": mark("phrase"),
    "pattern": mark("pattern"),
}
_DONE: Final = {
    "added": mark("Forbidden from now on: running servers take it up by themselves."),
    "there": mark("The list had it already, and was left as it is."),
    "changed": mark("The entry is changed."),
    "removed": mark("Allowed again."),
    "imported": mark("The file is imported."),
}


def word_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get(_WORDS, guards=[for_operators])
    async def words(request: PageRequest) -> Response[Any]:
        """The list, the tester, and the forms that change the list."""
        return await words_page(parts, request)

    @post(_WORDS, guards=[for_operators], status_code=200)
    async def add(request: PageRequest) -> Response[Any]:
        """Forbid a word, a phrase or a pattern."""
        form = await read_form(request)
        try:
            return await _add(parts, request, _entry_of(form))
        except (InvalidEntry, ListFull) as error:
            return await words_page(parts, request, _typed(form), {"text": str(error)})

    @post(f"{_WORDS}/remove", guards=[for_operators], status_code=200)
    async def remove(request: PageRequest) -> Response[Any]:
        """Allow again what the ticked entries forbid."""
        numbers = _numbers((await read_form(request)).texts("entry"))
        try:
            return await _remove(parts, request, numbers)
        except NoSuchEntry:  # somebody else was first
            return lead_to(f"{OPERATE}{SECTION}")

    @get(f"{_WORDS}/{{entry_id:int}}", guards=[for_operators])
    async def entry(request: PageRequest, entry_id: FromPath[int]) -> Response[Any]:
        """One entry, to be changed."""
        return await _entry_page(parts, request, entry_id)

    @post(f"{_WORDS}/{{entry_id:int}}", guards=[for_operators], status_code=200)
    async def change(request: PageRequest, entry_id: FromPath[int]) -> Response[Any]:
        """Write another entry in its place."""
        form = await read_form(request)
        try:
            return await _change(parts, request, entry_id, _entry_of(form))
        except NoSuchEntry as error:
            raise NotFoundException(str(error)) from None
        except (InvalidEntry, ListFull) as error:
            return await _entry_page(parts, request, entry_id, _typed(form), {"text": str(error)})

    return [words, add, remove, entry, change]


def word_file_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The list as a file, out and in."""

    @get(f"{_WORDS}/forbidden.txt", guards=[for_operators])
    async def export() -> Response[Any]:
        """The whole list, as it can be imported."""
        async with parts.reports.acquire() as connection:
            page = await list_entries(connection)
        lines = format_lines(listed.noted for listed in page.entries)
        return Response(
            "".join(f"{line}\n" for line in lines).encode(),
            media_type="text/plain",
            headers={"content-disposition": 'attachment; filename="forbidden.txt"'},
        )

    @post(
        f"{_WORDS}/import",
        guards=[for_operators],
        status_code=200,
        request_max_body_size=FILE_OCTETS_MAX,
    )
    async def take(request: PageRequest) -> Response[Any]:
        """Forbid what a file lists: all of it, or nothing when a line is wrong."""
        form = await read_form(request)
        try:
            return await _import(parts, request, form)
        except (InvalidEntry, ListFull) as error:
            say = say_in(request.user.language)
            return await words_page(parts, request, {}, {"file": say(str(error))})

    return [export, take]


async def words_page(
    parts: ConsoleParts,
    request: PageRequest,
    typed: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    **tested: Any,
) -> Response[Any]:
    """The page; `tested` is what the tester found."""
    asked = asked_of(request, _ASKED)
    skip = skip_of(asked["skip"])
    async with parts.reports.acquire() as connection:
        page = await list_entries(
            connection,
            kind=asked["kind"] if asked["kind"] in KINDS else None,
            country=asked["country"].upper() or None,
            holding=asked["search"],
            limit=_PAGE,
            skip=skip,
        )
    return operator_page(
        request,
        "operate/words.html",
        section=SECTION,
        status=422 if problems else 200,
        asked=asked,
        page=page,
        skip=skip,
        more=skip + _PAGE if skip + len(page.entries) < page.total else None,
        kinds=KIND_NAMES,
        typed={**dict.fromkeys(_FIELDS, ""), "country": ANY_COUNTRY, **(typed or {})},
        problems=problems or {},
        told=_told(request),
        **{"tested": None, "tried": {"message": "", "sender": "", "where": "IT"}, **tested},
    )


async def _entry_page(
    parts: ConsoleParts,
    request: PageRequest,
    entry_id: int,
    typed: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
) -> Response[Any]:
    if entry_id > NUMBER_MAX:
        raise NotFoundException(f"the list has no entry {entry_id}")
    try:
        async with parts.database.acquire() as connection:
            listed = await find_entry(connection, entry_id)
    except NoSuchEntry as error:
        raise NotFoundException(str(error)) from None
    entry = listed.noted.entry
    return operator_page(
        request,
        "operate/word.html",
        section=SECTION,
        status=422 if problems else 200,
        listed=listed,
        kinds=KIND_NAMES,
        typed=typed
        or {
            "kind": entry.kind,
            "text": entry.text,
            "country": entry.country,
            "note": listed.noted.note,
        },
        problems=problems or {},
    )


async def _add(parts: ConsoleParts, request: PageRequest, noted: NotedEntry) -> Response[Any]:
    now = parts.clock.now()
    async with parts.database.transaction() as connection:
        changed = await add_entries(connection, [noted], now)
        if changed.added:
            details = _told_entry(noted)
            await record(connection, actor_of(request), "words.add", None, details, now)
    return lead_to(f"{OPERATE}{SECTION}", "added" if changed.added else "there")


async def _remove(parts: ConsoleParts, request: PageRequest, numbers: list[int]) -> Response[Any]:
    """Remove entries by their numbers; raises NoSuchEntry."""
    now = parts.clock.now()
    async with parts.database.transaction() as connection:
        removed = await remove_entries(connection, numbers)
        if removed.removed:
            details = {"count": removed.removed, "texts": _told_texts(removed)}
            await record(connection, actor_of(request), "words.remove", None, details, now)
    return lead_to(f"{OPERATE}{SECTION}", "removed" if numbers else "")


async def _change(
    parts: ConsoleParts, request: PageRequest, entry_id: int, noted: NotedEntry
) -> Response[Any]:
    """Change an entry; raises NoSuchEntry, InvalidEntry, ListFull."""
    if entry_id > NUMBER_MAX:
        raise NoSuchEntry(f"the list has no entry {entry_id}")
    now = parts.clock.now()
    async with parts.database.transaction() as connection:
        before = await change_entry(connection, entry_id, noted)
        if noted != before:
            details = {"before": _told_entry(before), **_told_entry(noted)}
            await record(connection, actor_of(request), "words.change", None, details, now)
    return lead_to(f"{OPERATE}{SECTION}", "changed")


async def _import(parts: ConsoleParts, request: PageRequest, form: Form) -> Response[Any]:
    """Import a file; raises InvalidEntry, ListFull."""
    file = form.file("file")
    if file is None:
        raise InvalidEntry(mark("choose a file: one entry a line, like: phrase IT gratta e vinci"))
    entries = await asyncio.to_thread(_entries_in, await file.read())
    replace = form.is_ticked("replace")
    if replace and not entries:
        raise InvalidEntry(mark("the file has no entry: it would empty the list"))
    now = parts.clock.now()
    async with parts.database.transaction() as connection:
        changed = await add_entries(connection, entries, now, replace=replace)
        if changed.added or changed.removed:
            details = _told_import(changed)
            await record(connection, actor_of(request), "words.import", None, details, now)
    return lead_to(f"{OPERATE}{SECTION}", "imported")


def _entries_in(octets: bytes) -> list[NotedEntry]:
    """The entries of a file; computes, so never in the event loop. InvalidEntry, ListFull."""
    try:
        return parse_lines(octets.decode("utf-8-sig").splitlines())
    except UnicodeDecodeError:
        raise InvalidEntry(mark("the file is not UTF-8 text")) from None


def _numbers(ticked: Sequence[str]) -> list[int]:
    """The numbers of entries among what was ticked; what cannot be one is nobody's."""
    return sorted({number for one in ticked if 0 < (number := skip_of(one)) < NUMBER_MAX})


def _entry_of(form: Form) -> NotedEntry:
    """The entry that a form describes; raises InvalidEntry."""
    country = form.text("country") or ANY_COUNTRY
    return make_noted(form.text("kind"), form.text("text"), country, form.text("note"))


def _typed(form: Form) -> dict[str, str]:
    return {name: form.text(name) for name in _FIELDS}


def _told_entry(noted: NotedEntry) -> dict[str, str]:
    entry = noted.entry
    return {"kind": entry.kind, "country": entry.country, "text": entry.text, "note": noted.note}


def _told_texts(changed: Changed) -> list[str]:
    """The first texts that were removed, cut: an entry of the audit trail has its limit."""
    return [text[:_TOLD_CHARACTERS_MAX] for text in changed.removed_texts]


def _told_import(changed: Changed) -> dict[str, object]:
    counts = {"added": changed.added, "removed": changed.removed, "total": changed.total}
    return {**counts, "texts": _told_texts(changed)} if changed.removed else {**counts}


def _told(request: PageRequest) -> str:
    sentence = _DONE.get(request.query_params.get("done", ""), "")
    return say_in(request.user.language)(sentence) if sentence else ""
