"""The server's keys: from the settings, or a file that the first start makes and rotation changes.

Owns the file: who may read it, how it is written (whole or not at all), and noticing that it
changed. What the keys seal is nobody's business here. Each key stands on a line of its own, newest
first, below a comment that says its id and when it was made.
"""

import os
import tempfile
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from staffetta.config.read import SettingsError
from staffetta.config.settings import SERVER_KEY_NAME, Settings
from staffetta.domain.secrets import (
    SERVER_KEYS_MAX,
    InvalidServerKey,
    Keyring,
    ServerKey,
    make_server_key_text,
    parse_server_keys,
)

_FILE_BYTES_MAX: Final = 65_536
_OTHERS: Final = 0o077
_COMMENT: Final = "# key "


def ensure_server_key(settings: Settings) -> Keyring:
    """The server's keys; a first start makes one, readable by its owner alone.

    Keys of the file are live: see domain.secrets.Keyring. Raises SettingsError when the file is
    there and others may read it, or it holds something else.
    """
    if settings.server_key is not None:
        return Keyring.parse(settings.server_key)
    file = key_file(settings)
    try:
        with suppress(FileExistsError):  # another process may be first: its key counts
            if not file.path.exists():
                file.make(datetime.now(UTC))
        return Keyring(file.read(), file.reread)
    except InvalidServerKey as error:
        raise SettingsError([str(error)]) from None


def key_file(settings: Settings) -> "KeyFile":
    """The file of the server's keys, which counts when the settings hold none."""
    return KeyFile(settings.data_dir / SERVER_KEY_NAME)


class KeyFile:
    """The file that holds the server's keys."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None

    def read(self) -> tuple[ServerKey, ...]:
        """The keys, newest first. Raises InvalidServerKey, which says what to do."""
        text = self._text()
        try:
            return parse_server_keys(text)
        except InvalidServerKey as error:
            raise InvalidServerKey(f"{self.path}: {error}; restore it from a backup") from None

    def reread(self) -> tuple[ServerKey, ...] | None:
        """The keys when the file changed since it was last read, else None.

        Raises InvalidServerKey.
        """
        try:
            status = self.path.stat()
        except OSError as error:
            raise InvalidServerKey(_unreadable(self.path, error)) from None
        return self.read() if _mark(status) != self._seen else None

    def changed_at(self) -> datetime:
        """When the keys last changed. Raises OSError."""
        return datetime.fromtimestamp(self.path.stat().st_mtime, UTC)

    def make(self, now: datetime) -> None:
        """Write a first key. Raises FileExistsError when another process was first."""
        self.path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        unfinished = self._write_beside(_lines_of_new_key(now))
        try:
            self.path.hardlink_to(unfinished)
        finally:
            unfinished.unlink()
        _sync_directory(self.path.parent)

    def add(self, now: datetime) -> ServerKey:
        """Put a new key in front; whoever shares the file must be locked out.

        Raises InvalidServerKey when there is no room for one more.
        """
        if len(self.read()) >= SERVER_KEYS_MAX:
            raise InvalidServerKey(
                f"{self.path} holds {SERVER_KEYS_MAX} keys, which is as many as can be:"
                " drop those that nothing uses any more with `staffetta key prune`"
            )
        self._replace(_lines_of_new_key(now) + self._text().splitlines())
        return self.read()[0]

    def drop(self, key_ids: Collection[bytes]) -> None:
        """Leave these keys out, never the newest; whoever shares the file must be locked out."""
        assert self.read()[0].key_id not in key_ids, "the newest key seals"
        self._replace(_without(self._text().splitlines(), key_ids))

    def _text(self) -> str:
        try:
            with self.path.open("rb") as file:
                status = os.fstat(file.fileno())
                if status.st_mode & _OTHERS:
                    raise InvalidServerKey(_too_open(self.path, status.st_mode))
                text = file.read(_FILE_BYTES_MAX).decode("ascii")
        except OSError as error:
            raise InvalidServerKey(_unreadable(self.path, error)) from None
        except UnicodeDecodeError:
            raise InvalidServerKey(f"{self.path} holds no text; restore it from a backup") from None
        self._seen = _mark(status)
        return text

    def _replace(self, lines: Sequence[str]) -> None:
        """Put these lines in the place of the file's, at once and for good."""
        try:
            unfinished = self._write_beside(lines, self.path.stat())
            unfinished.replace(self.path)
            _sync_directory(self.path.parent)
        except OSError as error:
            raise InvalidServerKey(
                f"{self.path}, which holds the server's key, cannot be changed: {error.strerror}"
            ) from None

    def _write_beside(self, lines: Sequence[str], like: os.stat_result | None = None) -> Path:
        """A file beside ours, with mode 0600, that is on the disk when we return.

        It belongs to whom `like` belongs to: root may work here for another user.
        """
        descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            if like is not None and like.st_uid != os.geteuid():
                os.fchown(file.fileno(), like.st_uid, like.st_gid)
            file.write("\n".join(lines) + "\n")
            file.flush()
            os.fsync(file.fileno())
        return Path(name)


def _lines_of_new_key(now: datetime) -> list[str]:
    text = make_server_key_text()
    key_id = parse_server_keys(text)[0].key_id
    return [f"{_COMMENT}{key_id.hex()}, made {now.isoformat(timespec='seconds')}", text]


def _without(lines: Sequence[str], key_ids: Collection[bytes]) -> list[str]:
    """The lines without these keys and the comments that name them."""
    kept = []
    for line in lines:
        word = line.strip()
        if word.startswith(_COMMENT):
            is_dropped = any(word.startswith(_COMMENT + one.hex()) for one in key_ids)
        else:
            is_key = bool(word) and not word.startswith("#")
            is_dropped = is_key and parse_server_keys(word)[0].key_id in key_ids
        if not is_dropped:
            kept.append(line)
    return kept


def _mark(status: os.stat_result) -> tuple[int, int, int]:
    """What differs when a file was replaced or written."""
    return status.st_ino, status.st_mtime_ns, status.st_size


def _too_open(path: Path, mode: int) -> str:
    return (
        f"{path} holds the server's key, and others may read it (mode {mode & 0o777:04o}):"
        f" run `chmod 600 {path}`, and think about `staffetta key rotate`"
    )


def _unreadable(path: Path, error: OSError) -> str:
    return f"{path}, which holds the server's key, cannot be read: {error.strerror}"


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
