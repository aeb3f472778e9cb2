"""The first rows of a file as they would arrive, and the one that was asked for."""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, Final

from staffetta.console.pages.account.send_many_form import TypedMany, mapped
from staffetta.console.pages.account.send_preview import Preview, preview_of
from staffetta.domain.errors import InvalidText
from staffetta.domain.segments import segment_text
from staffetta.domain.templates import Template
from staffetta.messaging.bulk.accept import PLACEHOLDERS_MAX
from staffetta.messaging.recipient_files.errors import WrongFile
from staffetta.messaging.recipient_files.items import Mapped, number_of_cell
from staffetta.messaging.recipient_files.read import FileRow
from staffetta.messaging.recipient_files.store import RecipientFile

ROWS_SHOWN: Final = 5


async def previews_of(file: RecipientFile, typed: TypedMany, segments_max: int) -> dict[str, Any]:
    """What the page shows of the rows. Far rows are looked for beside the event loop."""
    how, wanted, names = mapped(file, typed), int(typed.row), list[str]()
    try:
        names = list(how.names())
        if wanted > ROWS_SHOWN:
            rows = await asyncio.to_thread(_rows, how, wanted)
        else:
            rows = _rows(how, wanted)
    except WrongFile as wrong:
        return {"previews": [], "columns": names, "unknown": [], "file_problem": str(wrong)}
    body = Template(typed.text)
    places = {name: at for at, name in enumerate(names) if name in how.wanted}
    return {
        "previews": [_preview(row, body, places, typed, segments_max) for row in rows],
        "columns": names,
        "unknown": sorted(how.wanted - set(names)),
        "file_problem": "",
    }


def _rows(how: Mapped, wanted: int) -> Sequence[FileRow]:
    rows = how.rows()
    shown = list(islice(rows, ROWS_SHOWN))
    if wanted > ROWS_SHOWN:
        shown += islice(rows, wanted - ROWS_SHOWN - 1, wanted - ROWS_SHOWN)
    return shown


def _preview(
    row: FileRow,
    body: Template,
    places: Mapping[str, int],
    typed: TypedMany,
    segments_max: int,
) -> dict[str, Any]:
    cell = row.cell(int(typed.column))
    return {
        "line": row.line,
        "cell": cell,
        "number": number_of_cell(cell, typed.country or None),
        "preview": _filled(body, {name: row.cell(at) for name, at in places.items()}, segments_max),
    }


def _filled(body: Template, values: Mapping[str, str], segments_max: int) -> Preview | None:
    """The text for one row; None for one that cannot be sent."""
    if body.placeholder_count > PLACEHOLDERS_MAX:  # filling them in could take for ever
        return None
    text = body.fill(values)
    try:
        found = segment_text(text) if text else None
    except InvalidText:
        return None
    return None if found is None or len(found.parts) > segments_max else preview_of(found)
