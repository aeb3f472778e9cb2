"""`staffetta words`: what no message and no sender may hold."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from staffetta.accounts.audit import record
from staffetta.cli.actor import whoever_commands
from staffetta.cli.failures import CommandFailed
from staffetta.cli.opened import Opened, with_everything_open
from staffetta.cli.options import AsJson
from staffetta.cli.output import Column, Result, facts, local_time, show
from staffetta.compliance.edit_words import (
    LISTED_MAX,
    Changed,
    ListedEntry,
    Page,
    add_entries,
    list_entries,
    remove_entries,
)
from staffetta.compliance.entries import ANY_COUNTRY, Kind
from staffetta.compliance.live_words import LiveWords
from staffetta.compliance.normalise import read_words, spelled
from staffetta.compliance.patterns import pattern_text
from staffetta.compliance.word_file import NotedEntry, format_lines, make_noted, parse_lines
from staffetta.compliance.words import Finding

app = typer.Typer(no_args_is_help=True, help="Change and try the list of forbidden words.")

_FILE_BYTES_MAX: Final = 16 << 20
_LISTED_DEFAULT: Final = 100
_NOTED_MAX: Final = 100  # numbers of entries that the audit trail names
_COLUMNS: Final = (
    Column("number", "right", whole=True),
    Column("kind", whole=True),
    Column("country", whole=True),
    Column("text"),
    Column("note"),
    Column("since", whole=True),
)
_Country = Annotated[
    str, typer.Option("--country", help="Where: an ISO 3166 code like IT, or '*' for all.")
]


@app.command()
def add(
    text: Annotated[str, typer.Argument(help="The word, phrase or pattern.", show_default=False)],
    kind: Annotated[
        Kind,
        typer.Option("--kind", help="word: a whole word; phrase: words in a row; pattern: RE2."),
    ] = "word",
    country: _Country = ANY_COUNTRY,
    note: Annotated[str, typer.Option("--note", help="Why it is there.")] = "",
    as_json: AsJson = False,
) -> None:
    r"""Forbid a word, a phrase or a pattern. A running server takes it up without a restart.

    Example: staffetta words add viagra

    Example: staffetta words add 'gratta e vinci' --kind phrase --country IT

    Example: staffetta words add 'bit\.ly/\w+' --kind pattern --note 'phishing in March'
    """
    noted = make_noted(kind, text, country, note)
    details = {"kind": kind, "country": noted.entry.country, "text": noted.entry.text}
    show(_changed(_add([noted], "words.add", details)), as_json=as_json)


@app.command()
def remove(
    numbers: Annotated[
        list[int], typer.Argument(help="Of the entries, as the list shows them.", min=1)
    ],
    as_json: AsJson = False,
) -> None:
    """Allow again what some entries forbid.

    Example: staffetta words remove 12 13
    """

    async def work(parts: Opened) -> Changed:
        async with parts.database.transaction() as connection:
            changed = await remove_entries(connection, numbers)
            details = {"count": changed.removed, "numbers": numbers[:_NOTED_MAX]}
            await record(connection, whoever_commands(), "words.remove", None, details, parts.now)
            return changed

    show(_changed(with_everything_open(work)), as_json=as_json)


@app.command("list")
def list_(
    kind: Annotated[Kind | None, typer.Option("--kind", help="These alone.")] = None,
    country: Annotated[
        str | None, typer.Option("--country", help="Entries of this country, or of '*'.")
    ] = None,
    holding: Annotated[
        str, typer.Option("--holding", help="Entries whose text holds these letters.")
    ] = "",
    limit: Annotated[
        int, typer.Option("--limit", help="At most so many.", min=1, max=LISTED_MAX)
    ] = _LISTED_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Show the entries with their numbers.

    Example: staffetta words list --country IT
    """
    page = _read(kind=kind, country=country and country.upper(), holding=holding, limit=limit)
    show(
        Result(
            [_json_of(listed) for listed in page.entries],
            _COLUMNS,
            [
                (
                    listed.entry_id,
                    listed.noted.entry.kind,
                    listed.noted.entry.country,
                    listed.noted.entry.text,
                    listed.noted.note,
                    local_time(listed.created_at),
                )
                for listed in page.entries
            ],
            _note_of(page),
        ),
        as_json=as_json,
    )


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="KIND COUNTRY TEXT on each line; - is the input.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Remove every entry that the file does not have.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Forbid what a file lists: all of it, or nothing when a line is wrong.

    Example: staffetta words import forbidden.txt
    """
    entries = parse_lines(_text_of(file).splitlines())
    if replace and not entries:
        raise CommandFailed(f"{file} has no entry: with --replace it would empty the list")
    show(_changed(_add(entries, "words.import", {}, replace=replace)), as_json=as_json)


@app.command()
def export() -> None:
    """Print the whole list as `staffetta words import` reads it.

    Example: staffetta words export > forbidden.txt
    """
    for line in format_lines(listed.noted for listed in _read().entries):
        typer.echo(line)


@app.command("test")
def try_(
    text: Annotated[str, typer.Argument(help="What a message would say.", show_default=False)],
    sender: Annotated[str, typer.Option("--sender", help="Whom it would be from.")] = "",
    country: Annotated[
        str, typer.Option("--country", help="Where it would go: an ISO 3166 code.")
    ] = "IT",
    as_json: AsJson = False,
) -> None:
    """Say whether a message would be refused, and how its text is compared. Nothing is sent.

    Example: staffetta words test 'V.1.A.G.R.A for you' --country IT
    """

    async def work(parts: Opened) -> Finding | None:
        live = LiveWords(parts.database)
        await live.refresh_once()
        return live.list.find(text, sender, country.upper())

    show(_tested(with_everything_open(work), _compared(text)), as_json=as_json)


def _add(
    entries: list[NotedEntry],
    action: str,
    details: Mapping[str, object],
    *,
    replace: bool = False,
) -> Changed:
    """Add entries, and note it where anything changed."""

    async def work(parts: Opened) -> Changed:
        async with parts.database.transaction() as connection:
            changed = await add_entries(connection, entries, parts.now, replace=replace)
            if changed.added or changed.removed:
                counts = {"added": changed.added, "removed": changed.removed}
                told = {**details, **counts, "total": changed.total}
                await record(connection, whoever_commands(), action, None, told, parts.now)
            return changed

    return with_everything_open(work)


def _read(
    *,
    kind: Kind | None = None,
    country: str | None = None,
    holding: str = "",
    limit: int = LISTED_MAX,
) -> Page:
    async def work(parts: Opened) -> Page:
        async with parts.database.acquire() as connection:
            return await list_entries(
                connection, kind=kind, country=country, holding=holding, limit=limit
            )

    return with_everything_open(work)


def _text_of(file: Path) -> str:
    try:
        if str(file) == "-":
            content = sys.stdin.buffer.read(_FILE_BYTES_MAX + 1)
        else:
            with file.open("rb") as opened:
                content = opened.read(_FILE_BYTES_MAX + 1)
        if len(content) > _FILE_BYTES_MAX:
            raise CommandFailed(f"{file} is larger than {_FILE_BYTES_MAX >> 20} MiB")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CommandFailed(f"{file} is not UTF-8 text") from None


def _changed(changed: Changed) -> Result:
    said = {
        "added": changed.added,
        "present": changed.present,
        "removed": changed.removed,
        "total": changed.total,
    }
    return facts(
        said,
        [
            ("added", changed.added),
            ("there already", changed.present),
            ("removed", changed.removed),
            ("entries now", changed.total),
        ],
    )


def _json_of(listed: ListedEntry) -> dict[str, object]:
    entry = listed.noted.entry
    return {
        "number": listed.entry_id,
        "kind": entry.kind,
        "country": entry.country,
        "text": entry.text,
        "note": listed.noted.note,
        "createdAt": listed.created_at.isoformat(),
    }


def _note_of(page: Page) -> str:
    if not page.entries:
        return "There is no such entry: `staffetta words add --help`."
    if len(page.entries) < page.total:
        return f"These are {len(page.entries)} of {page.total} entries: --limit shows more."
    return ""


def _compared(text: str) -> dict[str, object]:
    """What a text is compared as: its words in both readings, what it spells, what patterns see."""
    readings = [read_words(text, symbols=symbols) for symbols in (False, True)]
    words, with_symbols = ([word.text for word in reading] for reading in readings)
    spelling = [
        "".join(letter.text for letter in letters)
        for reading in readings
        for letters in spelled(reading)
    ]
    return {
        "words": words,
        "withSymbols": with_symbols,
        "spelled": list(dict.fromkeys(spelling)),
        "patternText": pattern_text(text),
    }


def _tested(finding: Finding | None, compared: dict[str, object]) -> Result:
    rows: list[tuple[str, object]] = [("refused", "no" if finding is None else "yes")]
    said: dict[str, object] = {"refused": finding is not None}
    if finding is not None:
        entry = finding.entry
        rows += [
            ("reason", finding.reason),
            ("found", finding.matched),
            ("entry", f"{entry.kind} {entry.country} {entry.text}"),
        ]
        said |= {
            "reason": finding.reason,
            "found": finding.matched,
            "where": finding.where,
            "entry": {"kind": entry.kind, "country": entry.country, "text": entry.text},
        }
    rows.append(("words", _spaced(compared["words"])))
    if compared["withSymbols"] != compared["words"]:
        rows.append(("with symbols as letters", _spaced(compared["withSymbols"])))
    if compared["spelled"]:
        rows.append(("spelled", _spaced(compared["spelled"])))
    rows.append(("patterns see", compared["patternText"]))
    return facts({**said, "compared": compared}, rows)


def _spaced(words: object) -> str:
    assert isinstance(words, list)
    return " · ".join(words)
