"""`key=value` of a command line as a change to a connector: what is typed becomes typed values.

Pure but for files: a value that begins with @ is the file it names. A secret is never a value,
because every user of the machine could read it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import typer

from staffetta.cli.failures import CommandFailed
from staffetta.connectors.smpp.options import OPTIONS
from staffetta.connectors.smpp.typed_values import read_value
from staffetta.routing.change_connector import COLUMNS

FILE_BYTES_MAX: Final = 256 * 1024
_SECRETS: Final[Mapping[str, str]] = {
    "password": "--password-file or --password-env",
    "tls_key": "--tls-key-file",
}
_UNLIMITED: Final = "unlimited"


def read_assignments(assignments: Sequence[str]) -> tuple[dict[str, object], dict[str, object]]:
    """The columns and the settings in a list like ["window=50", "system_type=OTA"].

    Wrong usage for what is no assignment, an unknown key, or a secret; CommandFailed for a file
    that cannot be read. What a setting cannot be is left to whoever stores it.
    """
    columns: dict[str, object] = {}
    settings: dict[str, object] = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        key = key.strip()
        if not equals:
            raise _misused(f"{assignment!r} is no assignment: write it like window=50")
        require_known(key)
        if key in columns or key in settings:
            raise _misused(f"{key} is set twice")
        text = _file(key, text[1:]) if text.startswith("@") else text
        if key in COLUMNS:
            columns[key] = _column_value(key, text)
        else:
            settings[key] = read_value(key, text)
    return columns, settings


def require_known(key: str) -> None:
    """Refuse, as wrong usage, a key that no connector has, and a secret."""
    if key in _SECRETS:
        raise _misused(f"{key} never stands on the command line: use {_SECRETS[key]}")
    if key not in COLUMNS and key not in OPTIONS:
        known = ", ".join([*COLUMNS, *sorted(OPTIONS)])
        raise _misused(f"there is no setting {key!r}; the settings are {known}")


def _column_value(key: str, text: str) -> object:
    if COLUMNS[key].field_name in ("host", "system_id"):
        return text
    if key == "rate" and text == _UNLIMITED:
        return 0
    try:
        return int(text)
    except ValueError:
        raise _misused(f"{key} is a number, not {text!r}") from None


def _file(key: str, name: str) -> str:
    return read_text_file(Path(name), f"the file for {key}")


def read_text_file(file: Path, what: str) -> str:
    """The text in a file of at most 256 KiB; raises CommandFailed."""
    try:
        with file.open("rb") as opened:
            content = opened.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise CommandFailed(f"{what}, {file}, cannot be read: {error.strerror}") from None
    if len(content) > FILE_BYTES_MAX:
        raise CommandFailed(f"{what}, {file}, holds more than {FILE_BYTES_MAX} bytes")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise CommandFailed(f"{what}, {file}, holds no text in UTF-8") from None


def _misused(sentence: str) -> typer.BadParameter:
    return typer.BadParameter(sentence, param_hint="KEY=VALUE")
