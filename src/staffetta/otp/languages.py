"""Which language the people of a country read: CLDR's data, and where we choose otherwise. Pure.

CLDR lists a country's official languages, the most used first. The first that has a text is taken;
where none has, English.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from babel.languages import get_official_languages

from staffetta.otp.texts import TEXTS

FALLBACK: Final = "en"

# What CLDR calls otherwise than we.
_OUR_NAMES: Final[Mapping[str, str]] = {
    "no": "nb",
    "pt": "pt_PT",  # Africa's and Timor's Portuguese is Portugal's, not Brazil's
    "sr": "sr_Latn",
    "zh": "zh_Hans",
}

# Where several languages are official the choice stands here, so that a new order in CLDR's data
# changes nobody's texts; and where CLDR's first choice would not be read best.
CHOSEN: Final[Mapping[str, tuple[str, str]]] = {
    "BA": ("bs", "Latin script is read everywhere, Cyrillic is not"),
    "BE": ("nl", "the language of the majority"),
    "BR": ("pt_BR", "Brazil writes its own Portuguese"),
    "BY": ("ru", "read by all; there is no Belarusian text"),
    "CA": ("en", "the language of the majority"),
    "CH": ("de", "the language of the majority"),
    "CY": ("el", "the language of the majority"),
    "DJ": ("fr", "the language of administration"),
    "FI": ("fi", "the language of the majority"),
    "FO": ("da", "official beside Faroese, for which there is no text"),
    "GL": ("da", "widely read beside Greenlandic, for which there is no text"),
    "IE": ("en", "the language of most people's days; Irish is the first official one"),
    "IL": ("he", "the language of the majority"),
    "IN": ("en", "official in the whole country, where Hindi is read in its north"),
    "KZ": ("ru", "read by all; there is no Kazakh text"),
    "LU": ("fr", "the language of administration and business"),
    "MO": ("zh_Hant", "the language of the majority, in its script"),
    "MT": ("mt", "the national language; English is official beside it"),
    "SD": ("ar", "the language of the majority"),
    "SG": ("en", "the language of administration and business"),
    "UA": ("uk", "the only state language"),
}


@cache  # an entry a country; the first reads CLDR's data, which takes some milliseconds
def language_of(country: str) -> str:
    """The language of TEXTS for a country (ISO 3166); whatever else it is, English."""
    if country in CHOSEN:
        return CHOSEN[country][0]
    official = get_official_languages(country, de_facto=True)
    ours = (_OUR_NAMES.get(name, name) for name in official)
    return next((name for name in ours if name in TEXTS), FALLBACK)


def warm_up() -> None:
    """Read CLDR's data now, and not with the first password."""
    language_of("001")
