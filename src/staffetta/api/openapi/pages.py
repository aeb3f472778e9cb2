"""The documents as this server shows them, at /docs/{language}/{service}.openapi.json.

A document is made when it is first asked for, once in each process, and is the same octets as the
file in docs/openapi.
"""

import hashlib
import json
from collections.abc import Iterator
from functools import cache
from typing import Final

from staffetta.api.asgi import Answer, Header
from staffetta.api.openapi.document import document
from staffetta.api.openapi.services import SERVICES
from staffetta.domain.languages import Language

_NOT_MODIFIED: Final = 304
_CACHING: Final[Header] = (b"cache-control", b"no-cache")  # ask each time; a 304 costs nothing


def document_names() -> Iterator[tuple[str, Language]]:
    """Every service in every language."""
    for service in SERVICES:
        for language in Language:
            yield service, language


def document_path(service: str, language: Language) -> str:
    """Where a document is shown."""
    return f"/docs/{language.value}/{service}.openapi.json"


def file_name(service: str, language: Language) -> str:
    """How its file is called in docs/openapi."""
    return f"{service}.{language.value}.openapi.json"


@cache
def document_text(service: str, language: Language) -> bytes:
    """A document as text."""
    text = json.dumps(document(service, language), ensure_ascii=False, indent=1)
    return f"{text}\n".encode()


def document_answer(service: str, language: Language, known: bytes) -> Answer:
    """The document; a 304 where `known`, an If-None-Match header, names it."""
    body = document_text(service, language)
    tag = _tag(service, language)
    headers = ((b"etag", tag), _CACHING)
    if any(one.strip() in {tag, b"W/" + tag, b"*"} for one in known.split(b",")):
        return Answer(_NOT_MODIFIED, b"", headers)
    return Answer(200, body, headers)


@cache
def _tag(service: str, language: Language) -> bytes:
    digest = hashlib.sha256(document_text(service, language)).hexdigest()
    return f'"{digest[:32]}"'.encode()
