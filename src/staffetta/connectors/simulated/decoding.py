"""What the octets of a message mean: to the SMSC, by its alphabet, and then to a phone.

Pure, and it never fails: what cannot be read becomes U+FFFD, a question mark or hex.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from staffetta.domain.encodings import GSM_7, decode_ucs2
from staffetta.domain.shift_tables import (
    DEFAULT_TABLES,
    ShiftTables,
    alphabet_of,
    known_tables,
)
from staffetta.domain.text_rules import CHARACTERS_OF
from staffetta.domain.writing import Alphabet
from staffetta.smpp.constants import DataCoding, EsmClass
from staffetta.smpp.pdus import SubmitSm
from staffetta.smpp.tlvs import Tag, find, find_integer
from staffetta.smpp.user_data import UserData, read_languages, read_user_data

# data_coding values that Python's codecs know; GSM and UCS-2 have functions of their own.
_CODECS: Final[Mapping[int, str]] = MappingProxyType(
    {
        DataCoding.IA5: "ascii",
        DataCoding.LATIN_1: "latin-1",
        DataCoding.JIS: "shift_jis",
        DataCoding.CYRILLIC: "iso8859-5",
        DataCoding.HEBREW: "iso8859-8",
        DataCoding.PICTOGRAM: "shift_jis",
        DataCoding.ISO_2022_JP: "iso2022_jp",
        DataCoding.KOREAN: "euc_kr",
    }
)
_OCTETS: Final = frozenset({DataCoding.OCTETS_IA5, DataCoding.OCTETS})
_USER_DATA_OCTETS: Final = 140
_NARROW_HEADER_OCTETS: Final = 6
_FITS_ALWAYS: Final = 70  # even when each becomes an escape and a header stands before them
_LOST: Final = "?"  # what an SMSC makes of a character that no septet stands for


@dataclass(frozen=True, slots=True)
class SmscAlphabet:
    """What the SMSC takes the octets of its default data_coding for."""

    alphabet: Alphabet = Alphabet.GSM_7
    septet_coding: int | None = None  # the data_coding of septets, where the alphabet is another


GSM_7_SMSC: Final = SmscAlphabet()


def user_data_of(pdu: SubmitSm) -> UserData:
    """The elements of the user data header, if it has one, and the text's octets."""
    data = pdu.short_message
    if not data and pdu.tlvs:
        data = find(pdu.tlvs, Tag.MESSAGE_PAYLOAD) or b""
    if not pdu.esm_class & EsmClass.UDH_INDICATOR:
        return UserData((), data)
    return read_user_data(data)


def text_of(pdus: Sequence[SubmitSm], smsc: SmscAlphabet = GSM_7_SMSC) -> str:
    """The text of the segments of one message, in their order."""
    if plain_coding(pdus[0].data_coding) != DataCoding.SMSC_DEFAULT:
        # Joined before it is decoded: a sender may have cut a surrogate pair in two.
        octets = b"".join(user_data_of(pdu).body for pdu in pdus)
        return decode_text(octets, pdus[0].data_coding, smsc)
    # Each segment names its tables, and an escape does not reach into the next one.
    return "".join(_text_of_segment(pdu, smsc) for pdu in pdus)


def _text_of_segment(pdu: SubmitSm, smsc: SmscAlphabet) -> str:
    user_data = user_data_of(pdu)
    tables = known_tables(*read_languages(user_data)) if user_data.elements else DEFAULT_TABLES
    return decode_text(user_data.body, pdu.data_coding, smsc, tables)


def decode_text(
    octets: bytes,
    data_coding: int,
    smsc: SmscAlphabet = GSM_7_SMSC,
    tables: ShiftTables = DEFAULT_TABLES,
) -> str:
    """The text of whole user data; `tables` are those that a segment names for its septets."""
    coding = plain_coding(data_coding)
    codec = _CODECS.get(coding)
    if data_coding == smsc.septet_coding:
        return alphabet_of(tables).decode(octets)
    if coding == DataCoding.SMSC_DEFAULT:
        return alphabet_of(tables).decode(_septets(octets, _alphabet(data_coding, smsc)))
    if coding == DataCoding.UCS2:
        return decode_ucs2(octets)
    if coding in _OCTETS:
        return octets.hex(" ")
    return GSM_7.decode(octets) if codec is None else octets.decode(codec, errors="replace")


def plain_coding(data_coding: int) -> int:
    """The alphabet behind a data_coding that also names a class (TS 23.038 section 4)."""
    if data_coding & 0xF0 == 0xF0:
        return DataCoding.OCTETS if data_coding & 0x04 else DataCoding.SMSC_DEFAULT
    if data_coding & 0xD0 == 0x10:
        alphabets = (DataCoding.SMSC_DEFAULT, DataCoding.OCTETS, DataCoding.UCS2)
        return (*alphabets, DataCoding.SMSC_DEFAULT)[data_coding >> 2 & 0x03]
    return data_coding


def fits(pdu: SubmitSm, smsc: SmscAlphabet = GSM_7_SMSC) -> bool:
    """Whether a phone has room for the segment, as the SMSC packs it (TS 23.040 9.2.3.16).

    A text in message_payload always has: the SMSC cuts it.
    """
    text = pdu.short_message
    if len(text) <= _FITS_ALWAYS:
        return True
    body = user_data_of(pdu).body
    header = len(text) - len(body) or _header_of_tlvs(pdu)
    coding = pdu.data_coding
    if coding == smsc.septet_coding:
        return _packed(header, len(body)) <= _USER_DATA_OCTETS
    if plain_coding(coding) == DataCoding.SMSC_DEFAULT:
        septets = _septets(body, _alphabet(coding, smsc))
        return _packed(header, len(septets)) <= _USER_DATA_OCTETS
    return header + len(body) <= _USER_DATA_OCTETS


def _header_of_tlvs(pdu: SubmitSm) -> int:
    """The octets of the header that an SMSC writes for sar_msg_ref_num."""
    reference = find_integer(pdu.tlvs, Tag.SAR_MSG_REF_NUM) if pdu.tlvs else None
    if reference is None:
        return 0
    return _NARROW_HEADER_OCTETS + (reference > 0xFF)


def _packed(header: int, septet_count: int) -> int:
    return -(-(8 * header + 7 * septet_count) // 8)


def _alphabet(data_coding: int, smsc: SmscAlphabet) -> Alphabet:
    """The alphabet of a text's octets: one with a class names GSM-7 (TS 23.038 section 4)."""
    is_default = data_coding == DataCoding.SMSC_DEFAULT
    return smsc.alphabet if is_default else Alphabet.GSM_7


def _septets(octets: bytes, alphabet: Alphabet) -> bytes:
    """What the SMSC makes of octets in its alphabet."""
    if alphabet is Alphabet.GSM_7:
        return octets
    carried = CHARACTERS_OF[alphabet]
    text = "".join(c if c in carried else _LOST for c in octets.decode("latin-1"))
    return GSM_7.encode(text)
