"""Files of recipients: what is guessed of them, and the rows that come out."""

import pytest

from staffetta.messaging.recipient_files.errors import WrongFile
from staffetta.messaging.recipient_files.items import FileRecipients, Mapped
from staffetta.messaging.recipient_files.read import (
    count_rows,
    decode,
    layout_of,
    names_of,
    read_rows,
)


@pytest.mark.parametrize(
    ("text", "separator", "has_heading", "names", "column"),
    [
        ("number;name\n+393331234567;Anna\n", ";", True, ["number", "name"], 0),
        ("name,number\nAnna,+393331234567\n", ",", True, ["name", "number"], 1),
        ("Anna\t333 1234567\nBob\t333 7654321\n", "\t", False, ["column1", "column2"], 1),
        ('"a, b, c";number\n"x, y";+393331234567\n', ";", True, ["a_b_c", "number"], 1),
        ("+393331234567\n", ",", False, ["column1"], 0),
        ("\n\nname;name;\nAnna;x;\n", ";", True, ["name", "name_2", "column3"], 0),
        ("{{x}};<b>\n1;2\n", ";", True, ["x", "b"], 0),
    ],
    ids=["semicolons", "commas", "tabs", "quotes", "one", "twice", "odd names"],
)
def test_a_layout_is_guessed(text, separator, has_heading, names, column) -> None:
    found = layout_of(text)
    assert (found.separator, found.has_heading, found.number_column) == (
        separator,
        has_heading,
        column,
    )
    assert list(found.names) == names


@pytest.mark.parametrize(
    "octets",
    [
        "città;è".encode(),
        "città;è".encode("utf-8-sig"),
        "città;è".encode("cp1252"),
        "città;è".encode("utf-16"),
        b"\xfe\xff" + "città;è".encode("utf-16-be"),
    ],
    ids=["utf-8", "utf-8 with its mark", "windows", "utf-16", "utf-16, the other way"],
)
def test_encodings_are_recognised(octets) -> None:
    assert decode(octets) == "città;è"


def test_lines_are_told_as_an_editor_counts_them() -> None:
    rows = list(read_rows('a;b\n\n"two\nlines";c\n\nd;e\n', ";"))
    assert [(row.line, list(row.cells)) for row in rows] == [
        (1, ["a", "b"]),
        (4, ["two\nlines", "c"]),
        (6, ["d", "e"]),
    ]


def test_rows_become_recipients_with_what_is_filled_in_alone() -> None:
    text = "number;name;secret\n333 1234567;Anna;x\nnobody;Bob;y\n+393337654321\n"
    mapped = Mapped(text, ";", True, 0, "IT", frozenset({"name"}))
    recipients = FileRecipients(mapped, count_rows(text))
    expected = [
        (2, {"number": "+39-3331234567", "fields": {"name": "Anna"}}),
        (3, "nobody"),
        (4, {"number": "+39-3337654321", "fields": {"name": ""}}),
    ]
    assert list(recipients.numbered()) == expected
    assert [item for _, item in expected] == list(recipients) == list(recipients)


@pytest.mark.parametrize(
    "text",
    ["", "\n \n", "a\n" + "\n" * 10_001, "a," * 200, '"' + "x" * 200_000],
    ids=["nothing", "blanks", "empty rows", "columns", "a long cell"],
)
def test_what_is_no_table_is_refused(text) -> None:
    with pytest.raises(WrongFile):
        count_rows(text)


def test_names_are_each_their_own() -> None:
    names = names_of(["a", "a", "a_2", "", "x" * 100], True)
    assert len(set(names)) == 5
