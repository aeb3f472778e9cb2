"""Writes every document into a directory: python -m staffetta.api.openapi DIRECTORY."""

import sys
from pathlib import Path

from staffetta.api.openapi.pages import document_names, document_text, file_name


def write_documents(directory: Path) -> None:
    """Write each document; what is there and has no document any more goes."""
    directory.mkdir(parents=True, exist_ok=True)
    names = {file_name(*name): name for name in document_names()}
    for old in directory.glob("*.openapi.json"):
        if old.name not in names:
            old.unlink()
    for name, which in names.items():
        (directory / name).write_bytes(document_text(*which))


if __name__ == "__main__":
    write_documents(Path(sys.argv[1]))
