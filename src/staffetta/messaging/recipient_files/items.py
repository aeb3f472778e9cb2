"""Rows of a file as the recipients of a message, made while they are gone through. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import msgspec

from staffetta.domain.written_numbers import dashed_of, e164_of
from staffetta.messaging.recipient_files.read import FileRow, names_of, read_rows


class Mapped(msgspec.Struct, frozen=True):
    """How a file becomes recipients."""

    text: str
    separator: str
    has_heading: bool
    number_column: int
    country: str | None  # ISO 3166: of numbers written without one
    wanted: frozenset[str]  # names of the columns that are filled in

    def rows(self) -> Iterator[FileRow]:
        """The rows below the heading."""
        return islice(read_rows(self.text, self.separator), int(self.has_heading), None)

    def names(self) -> Sequence[str]:
        """The names of the columns."""
        first = next(read_rows(self.text, self.separator), None)
        return names_of(first.cells if first else (), self.has_heading)

    def item(self, row: FileRow, places: Mapping[str, int]) -> object:
        """A row as v1's messages take a recipient; the cell as it is where it holds no number."""
        cell = row.cell(self.number_column)
        number = number_of_cell(cell, self.country)
        if number is None:
            return cell
        return {"number": number, "fields": {name: row.cell(at) for name, at in places.items()}}

    def places(self) -> dict[str, int]:
        """Where the columns stand that are filled in."""
        return {name: at for at, name in enumerate(self.names()) if name in self.wanted}


class FileRecipients:
    """The recipients of a file; they can be gone through again and again."""

    def __init__(self, mapped: Mapped, row_count: int) -> None:
        self._mapped = mapped
        self._row_count = row_count

    def __len__(self) -> int:
        """How many rows there may be."""
        return self._row_count

    def __iter__(self) -> Iterator[object]:
        """The recipients."""
        return (item for _, item in self.numbered())

    def numbered(self) -> Iterator[tuple[int, object]]:
        """The recipients, each with its line of the file."""
        places = self._mapped.places()
        return ((row.line, self._mapped.item(row, places)) for row in self._mapped.rows())


def number_of_cell(cell: str, country: str | None) -> str | None:
    """A number as v1 writes them; None for what is none."""
    e164 = e164_of(cell, country)
    return None if e164 is None else dashed_of(e164)
