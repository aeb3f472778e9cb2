"""Files with separated values, read: their encoding, separator, heading, columns. Pure.

Spreadsheets write them in many ways, and nobody knows in which. Everything is guessed from the
file, and everything can be said instead of guessed.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

import msgspec

from staffetta.domain.written_numbers import e164_of
from staffetta.messaging.recipient_files.errors import WrongFile

OCTETS_MAX: Final = 8_000_000
ROWS_MAX: Final = 100_000
COLUMNS_MAX: Final = 100
EMPTY_ROWS_MAX: Final = 10_000  # going over them takes time, and nobody sees it
_CELL_CHARACTERS_MAX: Final = 5_000
_LOOKED_AT: Final = 50  # rows that guesses are made from
_SEPARATORS: Final = (";", ",", "\t")
_QUOTED: Final = re.compile(r'"[^"]*"')
_NOT_IN_NAMES: Final = re.compile(r"\W+")
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NAME_CHARACTERS_MAX: Final = 40


class Layout(msgspec.Struct, frozen=True):
    """How a file is written."""

    separator: str
    has_heading: bool
    names: Sequence[str]  # of the columns: words that stand between two pairs of braces
    number_column: int  # from 0


class FileRow(msgspec.Struct, frozen=True):
    """One row."""

    line: int  # of the file, from 1: where its last line is
    cells: Sequence[str]

    def cell(self, column: int) -> str:
        """A cell; "" where the row is shorter."""
        return self.cells[column].strip() if column < len(self.cells) else ""


def decode(octets: bytes) -> str:
    """The text of a file: UTF-8, or UTF-16 with its mark, else Windows-1252; raises WrongFile."""
    if len(octets) > OCTETS_MAX:
        raise WrongFile(f"the file has {len(octets)} bytes, and {OCTETS_MAX} are the most")
    for mark, encoding in _MARKS:
        if octets.startswith(mark):
            text = octets[len(mark) :].decode(encoding, errors="replace")
            break
    else:
        try:
            text = octets.decode("utf-8")
        except UnicodeDecodeError:
            text = octets.decode("cp1252", errors="replace")
    if "\0" in text:
        raise WrongFile("the file is no text: save the table as CSV, in UTF-8")
    # A lone carriage return ends a line in old spreadsheets' files, and in no other.
    return text.replace("\r\n", "\n").replace("\r", "\n")


def count_rows(text: str) -> int:
    """How many rows there are, a heading included; raises WrongFile for none and for too many."""
    count = sum(1 for _ in islice(read_rows(text, separator_of(text)), ROWS_MAX + 2))
    if not count:
        raise WrongFile("the file has no rows")
    if count > ROWS_MAX + 1:
        raise WrongFile(f"the file has more than {ROWS_MAX} rows: send it in parts")
    return count


def layout_of(text: str) -> Layout:
    """How a file is most likely written."""
    separator = separator_of(text)
    rows = list(islice(read_rows(text, separator), _LOOKED_AT))
    first = rows[0].cells if rows else ()
    has_heading = len(rows) > 1 and not any(_looks_like_number(cell) for cell in first)
    return Layout(separator, has_heading, names_of(first, has_heading), _guess_column(rows))


def read_rows(text: str, separator: str) -> Iterator[FileRow]:
    """The rows that hold anything; raises WrongFile for what is no table, or is hardly anything."""
    empty_count = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for cells in reader:
            if len(cells) > COLUMNS_MAX:
                raise WrongFile(f"line {reader.line_num} has more than {COLUMNS_MAX} columns")
            if any(map(str.strip, cells)):
                short = [cell[:_CELL_CHARACTERS_MAX] for cell in cells]
                yield FileRow(reader.line_num, short)
                continue
            empty_count += 1
            if empty_count > EMPTY_ROWS_MAX:
                raise WrongFile(f"more than {EMPTY_ROWS_MAX} rows are empty: delete them first")
    except csv.Error as error:
        raise WrongFile(f"line {reader.line_num} cannot be read: {error}") from None


def separator_of(text: str) -> str:
    """What stands most often between cells of the first line that holds anything."""
    first = next((line for line in text[:_CELL_CHARACTERS_MAX].split("\n") if line.strip()), "")
    bare = _QUOTED.sub("", first)
    return max(_SEPARATORS, key=bare.count) if any(map(bare.count, _SEPARATORS)) else ","


def names_of(first: Sequence[str], has_heading: bool) -> list[str]:
    """A name for each column, each its own: of the heading, or its number."""
    names: list[str] = []
    for place, cell in enumerate(first, 1):
        name = _NOT_IN_NAMES.sub("_", cell.strip())[:_NAME_CHARACTERS_MAX] if has_heading else ""
        name = name.strip("_") or f"column{place}"
        names.append(name if name not in names else f"{name}_{place}")
    return names


def _looks_like_number(cell: str) -> bool:
    """Whether a cell holds a telephone number, with or without its country."""
    return e164_of(cell, "IT") is not None and sum(map(str.isdigit, cell)) >= 6


def _guess_column(rows: Sequence[FileRow]) -> int:
    columns = max((len(row.cells) for row in rows), default=1)
    return max(
        range(columns), key=lambda one: sum(_looks_like_number(row.cell(one)) for row in rows)
    )
