"""A setting's value as somebody types it, as the value that is stored. Pure.

What a setting cannot be is left to whoever stores it: here is only decided how the text is meant.
"""

import json
from typing import Any, Final

from staffetta.connectors.smpp.options import OPTIONS
from staffetta.connectors.smpp.settings import SmppSettings

# Options are tried on it, to see how a value is meant; nothing of it is kept.
_ANY: Final = SmppSettings(
    connector_id=0, name="", host="localhost", port=1, system_id="x", password=""
)


def read_value(key: str, text: str) -> object:
    """A setting's value as typed: JSON where the setting takes that, else the text itself.

    So response_seconds=10, sniffs_reports=false and international_numbering=[1,1] are what they
    look like, and system_type=1234 is a text all the same. KeyError for a key that is none.
    """
    try:
        value = json.loads(text)
    except ValueError:
        return text
    if not isinstance(value, str) and not _takes(key, value) and _takes(key, text):
        return text
    return value


def _takes(key: str, value: object) -> bool:
    option: Any = OPTIONS[key]
    try:
        option(_ANY, value)
    except (TypeError, ValueError):
        return False
    return True
