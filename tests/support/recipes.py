"""The recipes of docs/reference/interoperability.md: tests run the very text that people copy."""

import re
from pathlib import Path

_PAGE = Path(__file__).parent.parent.parent / "docs" / "reference" / "interoperability.md"
_RECIPE = re.compile(r"<!-- recipe: (\S+) -->\n```\w*\n(.*?)```\n", re.DOTALL)


def recipe(name: str) -> str:
    """The text under this name."""
    return dict(_RECIPE.findall(_PAGE.read_text()))[name]
