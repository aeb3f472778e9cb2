"""How the values of settings about texts are read: languages, payloads, TLVs.

Pure. As in `options`, a reader raises TypeError or ValueError with the rest of a sentence that
begins with the setting's name.
"""

import re
from typing import Any, Final

from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.domain.shift_tables import Language
from staffetta.domain.text_rules import PAYLOAD_OCTETS_MAX
from staffetta.domain.writing import Alphabet, LongMessages
from staffetta.smpp.pdus import Tlvs
from staffetta.smpp.tlvs import Tag

_LANGUAGES: Final = {one.name.lower(): one for one in Language if one is not Language.DEFAULT}
_PAYLOAD_OCTETS_MIN: Final = 160  # less would not be more than a segment
_TLVS_MAX: Final = 20
_TLV_OCTETS_MAX: Final = 255
_TAG: Final = re.compile(r"0[xX][0-9a-fA-F]{4}")
_OCTETS: Final = re.compile(r"0[xX]((?:[0-9a-fA-F]{2})*)")
# What we write ourselves, and an operator cannot know the value of.
_OURS: Final = frozenset(
    {
        Tag.MESSAGE_PAYLOAD,
        Tag.SAR_MSG_REF_NUM,
        Tag.SAR_TOTAL_SEGMENTS,
        Tag.SAR_SEGMENT_SEQNUM,
        Tag.DEST_ADDR_SUBUNIT,
    }
)


def read_languages(value: Any) -> tuple[Language, ...]:
    """Languages by name, each once."""
    if not isinstance(value, list) or not all(
        isinstance(one, str) and one in _LANGUAGES for one in value
    ):
        raise ValueError(f"is a list of {', '.join(sorted(_LANGUAGES))}, not {value!r}")
    return tuple(_LANGUAGES[name] for name in dict.fromkeys(value))


def read_payload_octets(value: Any) -> int:
    """The longest message_payload that a carrier takes."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"is a number of octets, not {value!r}")
    if not _PAYLOAD_OCTETS_MIN <= value <= PAYLOAD_OCTETS_MAX:
        raise ValueError(
            f"is {value}: it lies between {_PAYLOAD_OCTETS_MIN} and {PAYLOAD_OCTETS_MAX}"
        )
    return value


def read_coding(value: Any) -> int | None:
    """A data_coding, or null for none."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 0xFF:
        raise ValueError(f"is a data_coding from 0 to 255, or null, not {value!r}")
    return value


def read_tlvs(value: Any) -> Tlvs:
    """TLVs by tag, in their order. A value is ASCII as it stands, or octets as 0x… digits."""
    if not isinstance(value, dict):
        raise TypeError(f'is a table like {{"0x1400": "1201159"}}, not {value!r}')
    if len(value) > _TLVS_MAX:
        raise ValueError(f"has {len(value)} entries: {_TLVS_MAX} are the most")
    return tuple((_tag(tag), _octets(tag, octets)) for tag, octets in value.items())


def _tag(text: str) -> int:
    if _TAG.fullmatch(text) is None:
        raise ValueError(f"names a tag with four hexadecimal digits like 0x1400, not {text!r}")
    tag = int(text, 16)
    if tag == 0 or tag in _OURS:
        raise ValueError(f"cannot hold {text}: what stands there is not a setting's")
    return tag


def _octets(tag: str, value: Any) -> bytes:
    if not isinstance(value, str) or not value.isascii():
        raise TypeError(f"has under {tag} a text in ASCII or digits like 0x31FF, not {value!r}")
    digits = _OCTETS.fullmatch(value)
    octets = value.encode("ascii") if digits is None else bytes.fromhex(digits[1])
    if len(octets) > _TLV_OCTETS_MAX:
        raise ValueError(f"has {len(octets)} octets under {tag}: {_TLV_OCTETS_MAX} are the most")
    return octets


def fault_of_texts(settings: SmppSettings) -> str | None:
    """What settings about texts say against each other, as a sentence; None for nothing."""
    if settings.texts.languages and not settings.texts.takes_septets:
        return (
            f"shift_tables needs septets: with alphabet {settings.texts.alphabet} give"
            " septet_data_coding too"
        )
    if settings.texts.septet_coding is not None and settings.texts.alphabet is Alphabet.GSM_7:
        return (
            "septet_data_coding is for another alphabet than gsm7: septets go under"
            " gsm7_data_coding, so set that one, or alphabet"
        )
    is_payload = settings.texts.long_messages is LongMessages.PAYLOAD
    if settings.texts.payload_octets_max != PAYLOAD_OCTETS_MAX and not is_payload:
        return (
            f"payload_octets_max needs long_messages payload, not {settings.texts.long_messages}:"
            " set that too, or leave this one out"
        )
    return None
