"""Fields and objects as JSON Schema (2020-12, which OpenAPI 3.1 speaks), with words and examples.

Three ways to an object: `described` for an answer and `asked` for a body that is parsed by hand,
field by field; `body_of` for what a struct decodes, where types, defaults and what is needed come
from the struct, and only words, limits and examples from here. Keywords are JSON Schema's own.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from staffetta.api.openapi.tree import REFERENCE, Named, Tree
from staffetta.api.openapi.words import Text

_NULL: Final = "null"


class Field(msgspec.Struct, frozen=True):
    """A field of an object, or a parameter: its schema, and whether it is always there."""

    schema: Mapping[str, Tree]
    example: Any
    required: bool = True


class Given(msgspec.Struct, frozen=True):
    """What a struct does not tell of its field."""

    said: Text
    example: Any
    keywords: Mapping[str, Tree]
    inner: Named | None = None  # what an object of its type is


def given(said: Text, example: Any, inner: Named | None = None, **keywords: Tree) -> Given:
    """What a struct does not tell of its field: words, an example, limits."""
    return Given(said, example, keywords, inner)


def text(said: Text, example: str | None, **keywords: Tree) -> Field:
    """A string."""
    return _field("string", said, example, keywords)


def moment(said: Text, example: str | None, **keywords: Tree) -> Field:
    """A time, ISO 8601."""
    return _field("string", said, example, {"format": "date-time", **keywords})


def whole(said: Text, example: int, **keywords: Tree) -> Field:
    """A whole number."""
    return _field("integer", said, example, keywords)


def amount(said: Text, example: float, **keywords: Tree) -> Field:
    """A number, money mostly."""
    return _field("number", said, example, keywords)


def flag(said: Text, *, example: bool, **keywords: Tree) -> Field:
    """True or false."""
    return _field("boolean", said, example, keywords)


def either(said: Text, example: Any, kinds: tuple[str, ...], **keywords: Tree) -> Field:
    """One of several JSON types."""
    return _field(list(kinds), said, example, keywords)


def always(said: Text, value: str | float | bool | None) -> Field:
    """The same in every answer."""
    return Field({"const": value, "description": said, "examples": [value]}, value)


def inner(said: Text, named: Named) -> Field:
    """An object that is described on its own."""
    return Field({REFERENCE: named, "description": said}, named.example)


def many(said: Text, of: Named | Field, **keywords: Tree) -> Field:
    """An array of one kind."""
    items = of if isinstance(of, Named) else of.schema
    schema = {"type": "array", "description": said, "items": items, **keywords}
    return Field(schema, [of.example])


def optional(field: Field) -> Field:
    """A field that may be absent."""
    return msgspec.structs.replace(field, required=False)


def nullable(field: Field) -> Field:
    """A field that may be null."""
    schema = dict(field.schema)
    if REFERENCE in schema:
        described = {"description": schema.pop("description")}
        schema = {"anyOf": [schema, {"type": _NULL}], **described}
    else:
        schema["type"] = _or_null(schema["type"])
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    return msgspec.structs.replace(field, schema=schema)


def shown_as(field: Field, example: Any) -> Field:
    """The same field with another example."""
    schema = {**field.schema, "examples": [example]} if "examples" in field.schema else field.schema
    return Field(schema, example, field.required)


def described(name: str, said: Text, fields: Mapping[str, Field], **keywords: Tree) -> Named:
    """An object by its fields; its example is made of theirs."""
    example = {key: one.example for key, one in fields.items() if one.required}
    schema = {
        "type": "object",
        "description": said,
        "properties": {key: one.schema for key, one in fields.items()},
        "required": [key for key, one in fields.items() if one.required],
        **keywords,
    }
    return Named("schemas", name, schema, example)


def asked(name: str, said: Text, fields: Mapping[str, Field], **keywords: Tree) -> Named:
    """An object that callers give: its example has what may be absent, too."""
    example = {key: one.example for key, one in fields.items()}
    return msgspec.structs.replace(described(name, said, fields, **keywords), example=example)


def body_of(name: str, said: Text, struct: type, told: Mapping[str, Given]) -> Named:
    """The object that a struct decodes.

    Raises ValueError when a field of one side is not on the other.
    """
    (_, components) = msgspec.json.schema_components([struct])
    shape = components[struct.__name__]
    properties: dict[str, Any] = shape["properties"]
    if properties.keys() != told.keys():
        raise ValueError(f"{name}: {sorted(properties.keys() ^ told.keys())} is not on both sides")
    required = shape.get("required", [])
    fields = {
        key: Field(_told(properties[key], one), one.example, key in required)
        for key, one in told.items()
    }
    return asked(name, said, fields)


def _told(shape: Mapping[str, Any], one: Given) -> Mapping[str, Tree]:
    """The schema of a struct's field. A default of None says that it may be absent, no more."""
    kinds = [kind for kind in shape.get("anyOf", [shape]) if kind.get("type") != _NULL]
    may_be_null = len(kinds) < len(shape.get("anyOf", [shape]))
    words: dict[str, Tree] = {"description": one.said}
    if one.inner is not None:
        if may_be_null:
            return {"anyOf": [one.inner, {"type": _NULL}], **words}
        return {REFERENCE: one.inner, **words}
    (kind,) = kinds
    if REFERENCE in kind:
        raise ValueError(f"{kind[REFERENCE]} is an object: describe it, and name it as inner")
    keywords = dict(one.keywords)
    if may_be_null:
        kind = {**kind, "type": _or_null(kind["type"])}
        if "enum" in keywords:
            keywords["enum"] = [*keywords["enum"], None]
    return {**kind, **words, **keywords, "examples": [one.example]}


def _or_null(kind: Any) -> list[str]:
    return [*([kind] if isinstance(kind, str) else kind), _NULL]


def _field(kind: Any, said: Text, example: Any, keywords: Mapping[str, Tree]) -> Field:
    schema = {"type": kind, "description": said, **keywords}
    return Field({**schema, "examples": [example]}, example)
