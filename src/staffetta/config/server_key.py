"""The server's key: read from the settings or its file, and made by the first start."""

import os
from pathlib import Path

from staffetta.config.read import SettingsError
from staffetta.config.settings import SERVER_KEY_NAME, Settings
from staffetta.domain.secrets import InvalidServerKey, Keyring, make_server_key_text


def ensure_server_key(settings: Settings) -> Keyring:
    """The server's keys; a first start makes one, readable by its owner alone.

    Raises SettingsError when the file is there and holds something else.
    """
    if settings.server_key is not None:
        return Keyring.parse(settings.server_key)
    path = settings.data_dir / SERVER_KEY_NAME
    try:
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        text = _make_server_key(path)
    try:
        return Keyring.parse(text)
    except InvalidServerKey as error:
        raise SettingsError([f"{path}: {error}; restore it from a backup"]) from None


def _make_server_key(path: Path) -> str:
    """Write a new key so that of two processes one wins, and no reader sees half of it."""
    path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(make_server_key_text() + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(unfinished)
    except FileExistsError:
        pass  # another process was first: its key counts
    finally:
        unfinished.unlink()
    return path.read_text(encoding="ascii")
