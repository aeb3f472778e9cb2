"""The settings: read from the environment once, checked at once, frozen ever after.

Nothing else in the product reads environment variables. A wrong setting refuses to start with its
name, what was given and an example; a secret may also come from a file that NAME_FILE names.
"""

from staffetta.config.read import (
    SettingsError,
    read_settings,
    refuse_password,
    unknown_settings,
)
from staffetta.config.server_key import KeyFile, ensure_server_key, key_file
from staffetta.config.settings import Setting, Settings
from staffetta.config.table import SETTINGS
from staffetta.config.values import HostName

__all__ = [
    "SETTINGS",
    "HostName",
    "KeyFile",
    "Setting",
    "Settings",
    "SettingsError",
    "ensure_server_key",
    "key_file",
    "read_settings",
    "refuse_password",
    "unknown_settings",
]
