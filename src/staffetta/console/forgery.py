"""Whether a form was filled in on a page of ours, by the one who sends it.

Two guards, each enough by itself. A browser says where a request comes from (Sec-Fetch-Site, or
Origin for older ones), and a page of another site cannot make it lie. And each form holds a token
that follows from the session's id, which no page can read.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

FIELD: Final = "form_token"
HEADER: Final = "x-form-token"  # for requests that a page's script makes
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_TRUSTED_SITES: Final = frozenset({"same-origin", "none"})  # none: typed, or from a bookmark
_PURPOSE: Final = b"staffetta console form"


def form_token(session_id: str) -> str:
    """The token that forms of this session hold."""
    digest = hmac.digest(session_id.encode(), _PURPOSE, hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def is_token_of(token: str, session_id: str) -> bool:
    """Whether a form's token is that of the session that sends it."""
    return hmac.compare_digest(token.encode(), form_token(session_id).encode())


def is_from_here(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that a request comes from a page of this server.

    What says nothing of where it comes from is no browser, and holds nobody's session by chance.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in _TRUSTED_SITES
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host", "")
