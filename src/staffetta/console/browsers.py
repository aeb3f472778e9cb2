"""Browsers as people call them, from what they say of themselves."""

from collections.abc import Sequence
from typing import Final

# By a word in the text; what says it is several things counts as the first of them.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_name(user_agent: str) -> str:
    """Like "Firefox, Linux"; the text itself, cut, where nothing in it is known."""
    found = [name for name in (_first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)) if name]
    return ", ".join(found) or user_agent[:40]


def _first(table: Sequence[tuple[str, str]], text: str) -> str:
    return next((name for word, name in table if word in text), "")
