"""The page of a connector's settings tells of all of them, and tells the truth."""

import json
import re
from pathlib import Path

import pytest

from staffetta.connectors.smpp.options import OPTIONS
from staffetta.connectors.smpp.shown import default_values
from staffetta.routing.change_connector import COLUMNS

_PAGE = Path(__file__).parents[3] / "docs" / "reference" / "connector-settings.md"
_ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)


def rows() -> dict[str, tuple[str, str, str]]:
    """Value, default and purpose, by name."""
    found = _ROW.findall(_PAGE.read_text())
    assert len({name for name, *_ in found}) == len(found), "a setting stands twice"
    return {name: (value, default, purpose) for name, value, default, purpose in found}


def written(value: object) -> str:
    """A default as the page writes it."""
    if value == "":
        return "empty"
    return value if isinstance(value, str) else json.dumps(value)


def test_the_page_and_the_table_name_the_same_settings() -> None:
    assert sorted(rows()) == sorted([*OPTIONS, *COLUMNS])


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_the_page_tells_the_default(name: str) -> None:
    _value, default, purpose = rows()[name]
    assert default.strip("`") == written(default_values()[name])
    assert purpose


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_the_page_tells_the_default_of_a_column(name: str) -> None:
    default = COLUMNS[name].default
    assert rows()[name][1] == ("none" if default is None else str(default))
