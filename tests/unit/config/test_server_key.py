"""The file of the server's keys: who may read it, how it changes, who notices."""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from staffetta.config import KeyFile, SettingsError, ensure_server_key, key_file, read_settings
from staffetta.domain.secrets import CannotUnseal, InvalidServerKey, Keyring

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    file = KeyFile(tmp_path / "server.key")
    file.make(NOW)
    return file


def _live(file: KeyFile) -> Keyring:
    other = KeyFile(file.path)  # as another process would
    return Keyring(other.read(), other.reread)


def test_a_new_key_stands_in_front_and_the_one_before_stays(file: KeyFile) -> None:
    (first,) = file.read()
    second = file.add(NOW)
    assert file.read() == (second, first)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert list(file.path.parent.iterdir()) == [file.path]
    assert f"# key {second.key_id.hex()}, made 2026-03-14T09:26:53+00:00" in file.path.read_text()


def test_dropped_keys_go_with_their_comments_and_other_lines_stay(file: KeyFile) -> None:
    (first,) = file.read()
    file.path.write_text("# kept by hand\n\n" + file.path.read_text())
    second, third = file.add(NOW), file.add(NOW)
    file.drop([first.key_id, second.key_id])
    assert file.read() == (third,)
    text = file.path.read_text()
    assert "# kept by hand" in text
    assert first.key_id.hex() not in text
    assert second.key.hex() not in text


def test_the_newest_key_is_never_dropped(file: KeyFile) -> None:
    with pytest.raises(AssertionError):
        file.drop([file.read()[0].key_id])


def test_a_full_file_takes_no_more(file: KeyFile) -> None:
    for _ in range(15):
        file.add(NOW)
    with pytest.raises(InvalidServerKey, match="staffetta key prune"):
        file.add(NOW)
    assert len(file.read()) == 16


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610])
def test_a_file_that_others_may_read_is_refused_with_what_to_run(file: KeyFile, mode: int) -> None:
    file.path.chmod(mode)
    with pytest.raises(SettingsError, match=f"run `chmod 600 {file.path}`"):
        ensure_server_key(read_settings({"STAFFETTA_DATA_DIR": str(file.path.parent)}))
    file.path.chmod(0o600)
    ensure_server_key(read_settings({"STAFFETTA_DATA_DIR": str(file.path.parent)}))


def test_what_another_process_seals_with_a_new_key_opens_before_anybody_refreshed(
    file: KeyFile,
) -> None:
    rotated, late = _live(file), _live(file)
    old = late.seal(b"before", b"x")
    file.add(NOW)
    assert rotated.refresh()
    sealed = rotated.seal(b"after", b"x")
    assert late.unseal(sealed, b"x") == b"after"
    assert late.is_current(sealed)
    assert late.unseal(old, b"x") == b"before"


def test_a_refresh_tells_whether_keys_changed(file: KeyFile) -> None:
    keyring = _live(file)
    assert not keyring.refresh()
    file.add(NOW)
    assert keyring.refresh()
    assert not keyring.refresh()
    os.utime(file.path)
    assert not keyring.refresh()


def test_a_damaged_file_changes_nothing_for_who_has_the_keys(file: KeyFile) -> None:
    keyring = _live(file)
    sealed = keyring.seal(b"x", b"")
    file.path.write_text("oops")
    with pytest.raises(InvalidServerKey, match="restore it from a backup"):
        keyring.refresh()
    assert keyring.unseal(sealed, b"") == b"x"
    with pytest.raises(CannotUnseal):
        keyring.unseal(Keyring.parse("11" * 32).seal(b"x", b""), b"")
    file.path.unlink()
    with pytest.raises(InvalidServerKey, match="cannot be read"):
        keyring.refresh()
    assert keyring.unseal(sealed, b"") == b"x"


def test_keys_of_the_settings_do_not_change() -> None:
    settings = read_settings({"STAFFETTA_SERVER_KEY": "11" * 32})
    keyring = ensure_server_key(settings)
    assert not keyring.is_live
    assert not keyring.refresh()


def test_the_file_is_in_the_data_directory(tmp_path: Path) -> None:
    settings = read_settings({"STAFFETTA_DATA_DIR": str(tmp_path)})
    assert key_file(settings).path == tmp_path / "server.key"
    assert ensure_server_key(settings).is_live
