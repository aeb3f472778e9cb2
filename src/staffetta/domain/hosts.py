"""What may stand in a Host header: a name or an address, with or without a port. Pure.

A Host header is what somebody sent. It is shown, and written into lines to paste, only where it is
one: so nothing in it can break out of a page or of a shell's word.
"""

import re
from typing import Final

from staffetta.domain.ip_addresses import read_address

_NAME: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?", re.ASCII)
_WHOLE: Final = re.compile(r"(\[[^\[\]]{2,45}\]|[^\[\]:]+)(?::(\d{1,5}))?", re.ASCII)
_PORT_MAX: Final = 65_535


def is_host(text: str) -> bool:
    """Whether a text is a host (RFC 9110 section 7.2); IPv6 addresses stand in brackets."""
    found = _WHOLE.fullmatch(text)
    if found is None or not 0 < int(found[2] or 1) <= _PORT_MAX:
        return False
    host = found[1]
    if host.startswith("["):
        return ":" in host and "%" not in host and read_address(host[1:-1]) is not None
    return _NAME.fullmatch(host) is not None


def host_asked_for(header: str, server: tuple[str, int | None] | None) -> str:
    """The host that a request was sent to; where it is none, the socket that took the request."""
    if is_host(header):
        return header
    name, port = server or ("localhost", None)
    host = f"[{name}]" if ":" in name else name
    return f"{host}:{port}" if port else host
