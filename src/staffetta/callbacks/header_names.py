"""Names of the headers of a callback: those that are ours to set, and no customer's.

Pure. A customer's header must neither forge what the receiver trusts (the signature) nor change how
the request is framed or routed (request smuggling).
"""

from typing import Final

JSON_TYPE: Final = "application/json"
FORM_TYPE: Final = "application/x-www-form-urlencoded"
CONTENT_TYPES: Final = {"JSON": JSON_TYPE, "POST": FORM_TYPE}  # by callback.method

_RESERVED: Final = frozenset(
    {
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "http2-settings",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_RESERVED_PREFIXES: Final = ("proxy-", "webhook-")


def is_reserved(name: str) -> bool:
    """Whether a header of this name is the server's to set."""
    lower = name.lower()
    return lower in _RESERVED or lower.startswith(_RESERVED_PREFIXES)


def is_ours(name: str, value: str, method: str) -> bool:
    """Whether a reserved header says only what is sent anyway: the usual Content-Type.

    Clients write it out of habit; refusing it would help nobody. `method` is callback.method.
    """
    media_type = value.partition(";")[0].strip().lower()
    return name.lower() == "content-type" and media_type == CONTENT_TYPES[method]
