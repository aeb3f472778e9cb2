"""Texts for a reader, as they stand in the tables: in English, to be translated when written."""

import msgspec

from staffetta.domain.languages import Say


class Words(msgspec.Struct, frozen=True):
    """A paragraph in English. `values` take the places that it names in braces."""

    sentence: str
    values: tuple[tuple[str, object], ...] = ()


class Paragraphs(msgspec.Struct, frozen=True):
    """Several, one after the other."""

    parts: tuple["Text", ...]


class Points(msgspec.Struct, frozen=True):
    """A list: what each point is about, as it is, and its text."""

    points: tuple[tuple[str, "Text"], ...]


Text = Words | Paragraphs | Points


def words(sentence: str, **values: object) -> Words:
    """A text that catalogues know. Braces in it name `values`, where there are any."""
    return Words(sentence, tuple(values.items()))


def paragraphs(*texts: Text) -> Paragraphs:
    """Texts as the paragraphs of one."""
    return Paragraphs(texts)


def say_text(text: Text, say: Say) -> str:
    """The text in a language, as Markdown."""
    match text:
        case Paragraphs(parts):
            return "\n\n".join(say_text(part, say) for part in parts)
        case Points(points):
            return "\n".join(f"- `{about}`: {say_text(one, say)}" for about, one in points)
        case Words(sentence, values):
            return say(sentence).format(**dict(values)) if values else say(sentence)
