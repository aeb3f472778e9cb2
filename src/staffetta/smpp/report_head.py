"""How much of a delivery report's text is the carrier's own: its labelled values, no word more.

Pure. Behind them carriers quote the message, with a label or without any, so what is not surely a
value is taken for a quote.
"""

import re
from collections.abc import Iterable
from typing import Final

from staffetta.smpp.report_text import STATE_WORDS

_END: Final = rb"(?![^\s,;\0])"  # a value is over where a blank, a comma or the end follows it
_COUNT: Final = rb" ?[0-9]{0,3}"
_DATE: Final = (
    rb"(?: ?(?:[0-9]{10,14}|[0-9]{2,4}[-/.][0-9]{2}[-/.][0-9]{2,4}"
    rb"(?:[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?)|)"
)
_LABELS: Final = {
    rb"id": rb"\s?[^\s,;\0]{1,80}",
    rb"sub": _COUNT,
    rb"dlvrd": _COUNT,
    rb"submit ?date": _DATE,
    rb"done ?date": _DATE,
    rb"stat(?:us)?": rb" ?[A-Za-z_]{0,20}",
    # Behind a blank a long one may be a quote's first word, or a code that it holds.
    rb"err(?:or)?": rb"(?:[\w.-]{0,12}| ?\w{1,3})",
}
_SEPARATORS: Final = rb"[\s,;]*"


def _pattern(said: bytes) -> re.Pattern[bytes]:
    return re.compile(_SEPARATORS + said + _END, re.IGNORECASE)


_LABELLED: Final = tuple(_pattern(rb"%b ?:%b" % (label, value)) for label, value in _LABELS.items())
# Some carriers leave out `stat:`.
_BARE_STATE: Final = _pattern(b"(?:%b)" % "|".join(sorted(STATE_WORDS)).encode())
_begins: Final = re.compile(rb"\s*id ?:", re.IGNORECASE).match
_quote_label: Final = re.compile(_SEPARATORS + rb"text ?[:=]", re.IGNORECASE).match
_LABELS_MIN: Final = 2  # an id, and something that is said of it


def end_of_report_head(text: bytes) -> int:
    """Where the carrier's own values end in the text of a report; 0 where it is none.

    The first label is `id`, each counts once, and nothing may stand between them: labels may come
    in a quoted text, too. The label of the quote is still the carrier's.
    """
    if _begins(text) is None:
        return 0
    left = [*_LABELLED, _BARE_STATE]
    end = 0
    while (found := _next_value(text, end, left)) is not None:
        left.remove(found.re)
        end = found.end()
    if len(_LABELLED) - sum(one is not _BARE_STATE for one in left) < _LABELS_MIN:
        return 0
    quote = _quote_label(text, end)
    return quote.end() if quote else end


def _next_value(
    text: bytes, at: int, patterns: Iterable[re.Pattern[bytes]]
) -> re.Match[bytes] | None:
    for pattern in patterns:
        found = pattern.match(text, at)
        if found is not None:
            return found
    return None
