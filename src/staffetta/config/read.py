"""Reading the settings: from the environment, once, all wrong ones in one message."""

import difflib
import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from staffetta.config.settings import PREFIX, Setting, Settings
from staffetta.config.table import SETTINGS

FILE_SUFFIX: Final = "_FILE"
SECRET_FILE_BYTES_MAX: Final = 65_536
_FOREIGN_PREFIXES: Final = ("STAFFETTA_TEST_",)  # the tests' own


class SettingsError(Exception):
    """Settings that cannot be used: one line for each, with an example of a right value."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_settings(
    environment: Mapping[str, str],
    *,
    is_root: bool | None = None,
    home: Path | None = None,
    core_count: int | None = None,
) -> Settings:
    """The settings in `environment`. Raises SettingsError, which names every wrong one."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    for setting in SETTINGS:
        try:
            text = _text_of(setting, environment)
            values[setting.name.lower()] = None if text is None else setting.parse(text)
        except _WrongValue as wrong:
            problems.append(str(wrong))
        except ValueError as expected:
            problems.append(_problem(setting, str(text), str(expected)))
    if not problems:
        problems = _contradictions(values)
    if problems:
        raise SettingsError(problems)
    if values["data_dir"] is None:
        values["data_dir"] = _default_data_dir(is_root=is_root, home=home)
    if values["api_processes"] is None:
        values["api_processes"] = max(1, (core_count or _core_count()) // 2)
    return Settings(**values)


def unknown_settings(environment: Mapping[str, str]) -> list[str]:
    """A sentence for every variable that looks like a setting and is none."""
    known = [setting.variable for setting in SETTINGS]
    known += [setting.variable + FILE_SUFFIX for setting in SETTINGS if setting.secret]
    warnings = []
    for name in sorted(environment):
        if not name.startswith(PREFIX) or name in known or name.startswith(_FOREIGN_PREFIXES):
            continue
        nearest = difflib.get_close_matches(name, known, n=1)
        hint = f": did you mean {nearest[0]}?" if nearest else ""
        warnings.append(f"{name} is no setting and changes nothing{hint}")
    return warnings


class _WrongValue(Exception):
    """A finished sentence about a setting that could not even be read."""


def _text_of(setting: Setting, environment: Mapping[str, str]) -> str | None:
    """What the environment, or a secret's file, says; an empty variable says nothing."""
    text = environment.get(setting.variable, "")
    file_variable = setting.variable + FILE_SUFFIX
    file_name = environment.get(file_variable, "") if setting.secret else ""
    if file_name:
        if text:
            raise _WrongValue(f"{setting.variable} and {file_variable} are both set: unset one")
        text = _secret_in(file_variable, file_name)
    return text or setting.default


def _secret_in(file_variable: str, file_name: str) -> str:
    try:
        with Path(file_name).expanduser().open("rb") as file:
            text = file.read(SECRET_FILE_BYTES_MAX).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise _WrongValue(
            f"{file_variable} is {file_name!r}, which cannot be read ({reason}): expected the path "
            f"of a file, e.g. {file_variable}=/run/secrets/staffetta"
        ) from None
    if not text:
        raise _WrongValue(f"{file_variable} is {file_name!r}, and that file is empty")
    return text


def _problem(setting: Setting, given: str, expected: str) -> str:
    shown = "not usable" if setting.secret else repr(given)
    return (
        f"{setting.variable} is {shown}: expected {expected}, e.g. {setting.variable}="
        f"{setting.example}"
    )


def _contradictions(values: Mapping[str, Any]) -> list[str]:
    """Settings that are right alone and wrong together."""
    if (values["tls_cert"] is None) != (values["tls_key"] is None):
        missing = "TLS_KEY" if values["tls_key"] is None else "TLS_CERT"
        setting = next(setting for setting in SETTINGS if setting.name == missing)
        sentence = (
            f"{setting.variable} is missing: a certificate and its key go together, e.g. "
            f"{setting.variable}={setting.example}"
        )
        return [sentence]
    return [] if values["tls_cert"] is None else _certificate_problems(values)


def _certificate_problems(values: Mapping[str, Any]) -> list[str]:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            values["tls_cert"], values["tls_key"], password=refuse_password
        )
    except (ssl.SSLError, OSError, ValueError) as error:
        sentence = (
            f"STAFFETTA_TLS_CERT and STAFFETTA_TLS_KEY cannot be used ({error}): expected a "
            "certificate chain and its unencrypted private key, both in PEM"
        )
        return [sentence]
    return []


def refuse_password() -> str:
    """For OpenSSL, which would ask for the password of an encrypted key at the terminal."""
    raise ValueError("the key is encrypted")


def _default_data_dir(*, is_root: bool | None, home: Path | None) -> Path:
    if os.geteuid() == 0 if is_root is None else is_root:
        return Path("/var/lib/staffetta")
    return (home or Path.home()) / ".local" / "share" / "staffetta"


def _core_count() -> int:
    """The cores this process may use, which a container may limit."""
    return len(os.sched_getaffinity(0))
