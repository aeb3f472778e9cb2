"""The certificate that HTTPS presents, kept equal to its files without a restart.

Owns the TLS contexts. What a connection began with it keeps; the next one gets the new certificate.
A context that is in use is never changed: the one that sockets were opened with hands each new
connection to the newest, so nobody meets a new certificate with an old key.
"""

import os
import ssl
from pathlib import Path
from typing import Final

import structlog

from staffetta.config import refuse_password
from staffetta.config.certificates import certificate_ends_at

REFRESH_SECONDS: Final = 1.0
_PROTOCOLS: Final = ["http/1.1"]

_log = structlog.get_logger(__name__)

Mark = tuple[tuple[int, int, int], ...]


class LiveCertificate:
    """A certificate chain and its key, in PEM."""

    def __init__(self, certificate: Path, key: Path) -> None:
        """Load the files. Raises ssl.SSLError, OSError."""
        self._certificate = certificate
        self._key = key
        self._seen: Mark | None = self._mark()
        self._problem = ""
        self._newest = self._load()
        self.front = self._load()
        # With or without a name in its hello, each client comes by here.
        self.front.sni_callback = self._hand_on

    def _hand_on(
        self, connection: ssl.SSLObject, _name: str | None, _front: ssl.SSLContext
    ) -> None:
        connection.context = self._newest

    async def refresh_once(self) -> int:
        """Take up files that changed. Answers 0, so that the loop pauses: one look sees all.

        A pair that cannot be used is said once, and the certificate stays what it is; the next look
        tries again, since files are often written one after the other.
        """
        try:
            mark = self._mark()
            if mark == self._seen:
                return 0
            self._newest = self._load()
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            self._say(str(error))
            return 0
        self._seen = mark
        self._problem = ""
        ends_at = certificate_ends_at(self._certificate)
        _log.info("certificate_changed", certificate=str(self._certificate), ends_at=str(ends_at))
        return 0

    def _say(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            _log.error(
                "certificate_not_taken_up",
                certificate=str(self._certificate),
                error=problem,
                what="the one before stays in use",
            )

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certificate, self._key, password=refuse_password)
        context.set_alpn_protocols(_PROTOCOLS)
        return context

    def _mark(self) -> Mark:
        """What differs when a file was replaced or written; links are followed."""
        marks = []
        for path in (self._certificate, self._key):
            status = os.stat(path)  # noqa: PTH116 - Path.stat would be the same call
            marks.append((status.st_ino, status.st_mtime_ns, status.st_size))
        return tuple(marks)
