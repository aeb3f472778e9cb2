"""Taking up server keys that were rotated while this process runs."""

from typing import Final

import structlog

from staffetta.domain.secrets import InvalidServerKey, Keyring

REFRESH_SECONDS: Final = 1.0

_log = structlog.get_logger(__name__)


class KeyWatch:
    """Keeps a keyring equal to the file it came from."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._problem = ""

    async def refresh_once(self) -> int:
        """Take up changed keys. Answers 0, so that the loop pauses: one look sees everything.

        A file that cannot be used is said once, and the keys stay what they are.
        """
        try:
            changed = self._keyring.refresh()
        except InvalidServerKey as error:
            if str(error) != self._problem:
                self._problem = str(error)
                _log.error("server_key_not_read", error=self._problem, what="the known keys stay")
            return 0
        self._problem = ""
        if changed:
            keys = [key_id.hex() for key_id in self._keyring.key_ids]
            _log.info("server_key_changed", newest=keys[0], older=keys[1:])
        return 0
