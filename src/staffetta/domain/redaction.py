"""Taking secrets out of text that people will read: log lines, sentences of refusals.

Pure. A secret is known by its shape where no other thing looks like it (an API key, a signing
secret, a server key), and by what stands before it where others do: a token has 24 hexadecimal
digits, and so has the id of a message, which must stay readable. What is hidden too much costs a
look at the database; what is hidden too little costs the secret.
"""

import re
from typing import Final

HIDDEN: Final = "[hidden]"

# What a secret is called: as the key of a logged value, in JSON, or before an equals sign.
_NAMES: Final = (
    r"(?:password|passwd|secret|secrets|token|tokens|refreshtoken|apikey"
    r"|api[_-]keys?|authorization|server[_-]key|otp|cookie|passphrase)"
)
# Only for whole names: searched for, what may stand before would be tried at every dash again, and
# what is behind a dash or an underscore is found without it.
_SECRET_NAME: Final = re.compile(rf"(?:[a-z0-9_-]*[_-])?{_NAMES}", re.IGNORECASE)
_RULES: Final = (
    # Authorization, as a header or quoted.
    (re.compile(r"\b(bearer|basic)(\s+)[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE), rf"\1\2{HIDDEN}"),
    # Tokens in paths (contract sections 6 and 7).
    (re.compile(r"(/tokens?/)[^/\s\"'`?#,;\\]+", re.IGNORECASE), rf"\1{HIDDEN}"),
    # The password of an address.
    (re.compile(r"(://[^/\s:@\"']*):[^@\s/]*@"), rf"\1:{HIDDEN}@"),
    # "password": "...", password=..., with the quotes escaped or not.
    (
        re.compile(
            rf"(?<![a-z0-9])({_NAMES}\\?[\"']\s*:\s*\\?[\"'])((?:[^\"'\\]|\\[^\"'])+)",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
    (
        re.compile(rf"(?<![a-z0-9])({_NAMES}=)(?!\[hidden\])([^\s\"'&,;)\]}}\\]+)", re.IGNORECASE),
        rf"\1{HIDDEN}",
    ),
    # Signing secrets of callbacks.
    (re.compile(r"whsec_[A-Za-z0-9+/=]+"), f"whsec_{HIDDEN}"),
    # Server keys.
    (re.compile(r"(?<![0-9A-Za-z])[0-9a-fA-F]{64}(?![0-9A-Za-z])"), HIDDEN),
    # API keys: 32 small letters and digits, and among them what no hexadecimal number has.
    (
        re.compile(r"(?<![0-9A-Za-z])(?=[0-9a-f]*[g-z])(?=[a-z]*[0-9])[0-9a-z]{32}(?![0-9A-Za-z])"),
        HIDDEN,
    ),
)


def is_secret_name(name: str) -> bool:
    """Whether what is called so is a secret."""
    return _SECRET_NAME.fullmatch(name) is not None


def redact(text: str) -> str:
    """The text without the secrets that can be told in it."""
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return text
