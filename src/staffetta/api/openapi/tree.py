"""Trees of JSON before they are written: texts become a language's, what is named a reference.

A tree is made of mappings, sequences and plain values. A `Named` in it goes to the components of
the document, once, and a reference takes its place; so nothing stands there that nobody uses.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from staffetta.api.openapi.words import Paragraphs, Points, Words, say_text
from staffetta.domain.languages import Say

Tree = Any
REFERENCE = "$ref"


class Named(msgspec.Struct, frozen=True, eq=False):
    """A component of the document. `kind` is its place there: schemas, headers, parameters..."""

    kind: str
    name: str
    tree: Tree
    example: Any = None  # of a schema: a value that it allows


class Scribe:
    """Writes the trees of one document in one language, and gathers its components."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._named: dict[tuple[str, str], Named] = {}
        self.components: dict[str, dict[str, Any]] = {}

    def write(self, tree: Tree) -> Any:
        """The JSON of a tree."""
        match tree:
            case Words() | Paragraphs() | Points():
                return say_text(tree, self._say)
            case Named():
                return {REFERENCE: self.point_to(tree)}
            case Mapping():
                return {key: self._write_value(key, value) for key, value in tree.items()}
            case str():
                return str(tree)  # an enumeration's member too
            case Sequence():
                return [self.write(one) for one in tree]
        return tree

    def point_to(self, named: Named) -> str:
        """The pointer to a component, which is written when it is first named."""
        place = (named.kind, named.name)
        known = self._named.get(place)
        if known is None:
            self._named[place] = named
            kept = self.components.setdefault(named.kind, {})
            kept[named.name] = {}  # it may name itself
            kept[named.name] = self.write(named.tree)
        elif known.tree is not named.tree:
            raise ValueError(f"two components have the name {named.kind}/{named.name}")
        return f"#/components/{named.kind}/{named.name}"

    def _write_value(self, key: str, value: Tree) -> Any:
        if key == REFERENCE and isinstance(value, Named):
            return self.point_to(value)
        return self.write(value)
