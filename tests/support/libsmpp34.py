"""libsmpp34 reads a PDU: a decoder in C that keeps to SMPP 3.4, field by field.

It reports the first thing that is wrong: an address or a time that is too long, a missing NUL, an
octet that belongs to nothing, a TLV that runs over the end. tshark lets the first of these pass.
"""

import ctypes
import re
from dataclasses import dataclass
from functools import cache

from peers import library

_STRUCT_OCTETS = 65_536  # larger than any of the library's structures
_ERROR_OCTETS = 2048
_FIELD = re.compile(
    r"\[(?:len\((\w+)\)|([\w. ]+)):(.*?)\((OK|[A-Z][\w !=]+)\)\](?=\[|\Z)", re.DOTALL
)
_FINE = "OK"


@dataclass(frozen=True)
class Reading:
    """What it made of one PDU."""

    fields: dict[str, str]  # as it writes them: numbers in hex, octets of text as "<bin>"
    complaint: str  # "" when it found nothing wrong


@cache
def _library() -> ctypes.CDLL:
    found = library("libsmpp34.so.1")
    found.smpp34_unpack2.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
    return found


def read_with_libsmpp34(pdu: bytes) -> Reading:
    """Let it decode one whole PDU."""
    decoder = _library()
    told = (ctypes.c_char * _ERROR_OCTETS).in_dll(decoder, "smpp34_strerror")
    told.value = b""
    code = decoder.smpp34_unpack2(ctypes.create_string_buffer(_STRUCT_OCTETS), pdu, len(pdu))
    text = told.value.decode("latin-1")
    fields, faults = {}, []
    for length_of, name, value, judgement in _FIELD.findall(text):
        if judgement == _FINE:
            fields[name] = value
        else:
            faults.append(f"{length_of or name}: {judgement}")
    if code == 0 and not faults:
        return Reading(fields, "")
    return Reading(fields, "; ".join(faults) or text or "not decoded, without a word why")
