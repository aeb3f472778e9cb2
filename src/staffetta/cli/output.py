"""How results are shown: one table for people, or JSON for programs. Nothing else prints.

Owns that what came from outside (texts of messages, names) can neither style the table nor steer
the terminal.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

_UNPRINTABLE: Final = "\N{REPLACEMENT CHARACTER}"
_PIPE_WIDTH: Final = 240  # what is not a terminal has no width to fit into


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table."""

    title: str
    justify: Literal["left", "right"] = "left"
    whole: bool = False  # never broken over lines, however narrow the terminal


@dataclass(frozen=True, slots=True)
class Result:
    """What a command found or made, in both forms."""

    json: object
    columns: Sequence[Column]
    rows: Sequence[Sequence[object]]
    note: str = ""  # a sentence under the table, for people alone
    pipe_width: int = _PIPE_WIDTH  # where it is not a terminal's


def facts(json_object: object, pairs: Iterable[tuple[str, object]], note: str = "") -> Result:
    """A result with one thing in it: names on the left, values on the right."""
    return Result(json_object, (Column(""), Column("")), list(pairs), note)


def show(result: Result, *, as_json: bool) -> None:
    """Print a result to standard output."""
    if as_json:
        print_json(result.json)
        return
    titled = any(column.title for column in result.columns)
    table = Table(show_header=titled, show_edge=False, pad_edge=False, header_style="bold")
    for column in result.columns:
        # Folded, never cut: a key that lost its end in a narrow terminal is lost for good.
        table.add_column(
            column.title, justify=column.justify, overflow="fold", no_wrap=column.whole
        )
    for row in result.rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else result.pipe_width)
    console.print(table)
    if result.note:
        console.print(Text(f"\n{result.note}"))


def print_alone(value: str) -> None:
    """Print one value and nothing else to standard output, for scripts."""
    typer.echo(_cell(value))


def print_json(value: object) -> None:
    """Print a value as JSON to standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def local_time(moment: datetime) -> str:
    """A time as people read it, in their zone, to the second."""
    return moment.astimezone().isoformat(sep=" ", timespec="seconds")


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or character == "\n" else _UNPRINTABLE
        for character in text
    )
