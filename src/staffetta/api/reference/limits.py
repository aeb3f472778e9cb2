"""What JSON Schema's limits, and the places of parameters, are called on a page."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from staffetta.domain.languages import mark

LIMIT_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "const": mark("always"),
        "enum": mark("one of"),
        "format": mark("written as"),
        "pattern": mark("matches"),
        "minLength": mark("characters, at least"),
        "maxLength": mark("characters, at most"),
        "minimum": mark("at least"),
        "exclusiveMinimum": mark("more than"),
        "maximum": mark("at most"),
        "exclusiveMaximum": mark("less than"),
        "multipleOf": mark("a multiple of"),
        "minItems": mark("items, at least"),
        "maxItems": mark("items, at most"),
        "maxProperties": mark("fields, at most"),
        "default": mark("when left out"),
    }
)
PLACE_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "path": mark("In the path"),
        "query": mark("In the query"),
        "header": mark("In the headers"),
    }
)
