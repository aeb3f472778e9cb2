"""SMSC message ids: one key for what carriers write differently in answers and in reports.

Pure functions. A carrier that answers in hexadecimal and reports in decimal has one form for each
side, and both give the same key.
"""

import re
from enum import StrEnum
from typing import Final


class IdForm(StrEnum):
    """How a carrier writes an id on one side."""

    AS_IS = "as_is"
    HEXADECIMAL = "hexadecimal"
    DECIMAL = "decimal"


_is_decimal: Final = re.compile(r"[0-9]+", re.ASCII).fullmatch
_is_hexadecimal: Final = re.compile(r"[0-9a-f]+", re.ASCII | re.IGNORECASE).fullmatch
_looks_hexadecimal: Final = re.compile(r"[0-9a-f-]+", re.ASCII | re.IGNORECASE).fullmatch
# The longest id of the specification is 64 characters; longer ones are no numbers to us.
_NUMBER_DIGITS_MAX: Final = 64


def message_id_key(message_id: str, form: IdForm = IdForm.AS_IS) -> str:
    """What two spellings of one id have in common, for comparison alone.

    Numbers become decimal without leading zeros. Ids that are not of the stated form are kept as
    they are, and hexadecimal letters (of UUIDs too) in lower case: carriers change their case.
    Other letters keep theirs, because it may tell two ids apart.
    """
    text = message_id.strip(" \0\t\r\n")
    if len(text) <= _NUMBER_DIGITS_MAX:
        if form is IdForm.HEXADECIMAL and _is_hexadecimal(text):
            return str(int(text, 16))
        if _is_decimal(text):
            return text.lstrip("0") or "0"
    return text.lower() if _looks_hexadecimal(text) else text
